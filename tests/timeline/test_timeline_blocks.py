"""What a step did, in blocks of text."""

from __future__ import annotations

from typing import Any

import pytest
from timeline_steps import code, function, search, step

from openai_steps.timeline import Block, Found, build_timeline


def test_tool_calls_become_blocks() -> None:
    (bar,) = build_timeline([step(1, 0, 1, function(), code(), search())]).bars
    asked, ran, found = (call.blocks for call in bar.tool_calls)
    assert asked == (Block(title="Arguments", text='{\n  "city": "Ulm"\n}'), Block(title="Output", text="rain"))
    assert ran == (Block(title="Code", text="print(6 * 7)"), Block(title="Logs", text="42"))
    assert found == (Block(title="Found", found=(Found(name="guide.md", score=0.875, text="the passage"),)),)


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        (
            {"type": "mcp", "id": "m", "name": "find", "arguments": "{}", "output": "[1]", "server_label": "shop"},
            [("Server", "shop"), ("Arguments", "{}"), ("Output", "[\n  1\n]")],
        ),
        ({"type": "bing", "id": "b", "bing": {"input": "bread"}}, [("Arguments", "bread")]),
        ({"type": "new", "id": "n"}, [("Call", '{\n  "type": "new",\n  "id": "n"\n}')]),
        ({"type": "file_search", "id": "f", "file_search": {"results": []}}, [("Found", "")]),
        (
            {
                "type": "code_interpreter",
                "id": "c",
                "code_interpreter": {
                    "input": "plot()",
                    "outputs": [{"type": "image", "image": {"file_id": "file_1"}}, {"type": "sound"}],
                },
            },
            [("Code", "plot()"), ("Image", "file_1"), ("Output", '{\n  "type": "sound"\n}')],
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_every_kind_of_call_is_shown(call: dict[str, Any], shown: list[tuple[str, str]]) -> None:
    (bar,) = build_timeline([step(1, 0, 1, call)]).bars
    assert [(block.title, block.text) for block in bar.tool_calls[0].blocks] == shown


def test_a_step_of_an_unknown_kind_shows_all_of_its_details() -> None:
    (bar,) = build_timeline([step(1, 0, 1, type="thought", step_details={"type": "thought", "x": 1})]).bars
    assert (bar.kind, bar.label) == ("other", "thought")
    assert bar.blocks == (Block(title="Details", text='{\n  "type": "thought",\n  "x": 1\n}'),)


def test_what_is_too_deep_to_be_spread_out_is_left_out() -> None:
    deep: list[Any] = []
    for _ in range(985):
        deep = [deep]
    arguments = "[" * 985 + "]" * 985
    (bar,) = build_timeline([step(1, 0, 1, type="thought", step_details={"type": "thought", "x": deep})]).bars
    (called,) = build_timeline([step(1, 0, 1, function(arguments=arguments))]).bars
    assert bar.blocks[0].text[0] in "…{"  # newer versions of Python write more levels
    assert called.tool_calls[0].blocks[0].text[0] in "…["
