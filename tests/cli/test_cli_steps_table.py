"""The look of a step in a table."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from sample_steps import make_step

from openai_steps import structure_step
from openai_steps.cli._console import make_console
from openai_steps.cli._steps_table import STATUS_STYLES, StepsTable, describe
from openai_steps.cli._terminal import safe
from openai_steps.timeline._palette import PALETTE, STATUS_TONES


def tool_step(*calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    return make_step(0, **{"type": "tool_calls", "step_details": details, **fields})


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (make_step(7), ["message  msg_7"]),
        (tool_step(), ["no tool call"]),
        (tool_step(status="in_progress"), ["no tool call yet"]),
        (
            tool_step(
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{\n "x": 1}', "output": None}},
                {"id": "b", "type": "code_interpreter", "code_interpreter": {"input": "a = 1\nb = 2", "outputs": []}},
            ),
            ['f  { "x": 1}', "code_interpreter  a = 1 b = 2"],
        ),
        (
            tool_step(
                {
                    "id": "c",
                    "type": "file_search",
                    "file_search": {
                        "results": [{"file_id": str(n), "file_name": f"{n}.md", "score": 0.5} for n in range(2)]
                    },
                }
            ),
            ["file_search  found 0.md, 1.md"],
        ),
        (tool_step({"id": "d", "type": "file_search", "file_search": {}}), ["file_search"]),
        (tool_step({"type": "new", "new": {"query": "q"}}), ["new  q"]),
        (
            make_step(0, type="think", step_details={"type": "think", "thought": "x"}),
            ['think  {"type": "think", "thought": "x"}'],
        ),
        (
            tool_step(status="failed", last_error={"code": "server_error", "message": "Sorry,\nno."}),
            ["no tool call", "server_error: Sorry, no."],
        ),
    ],
)
def test_what_a_step_did(body: dict[str, Any], lines: list[str]) -> None:
    assert [line.rstrip() for line in describe(structure_step(body)).plain.splitlines()] == lines


@given(
    name=st.text(max_size=60),
    arguments=st.text(max_size=300),
    status=st.sampled_from(["completed", "in_progress", "failed"]) | st.text(max_size=30),
    width=st.integers(60, 200),
)
def test_no_line_is_wider_than_the_terminal(name: str, arguments: str, status: str, width: int) -> None:
    call = {"id": "a", "type": "function", "function": {"name": name, "arguments": arguments, "output": None}}
    step = structure_step(tool_step(call, id="step_" + name, status=status))
    file = io.StringIO()
    table = StepsTable(make_console(file, width=width))
    table.show(step)
    table.show(step)
    lines = [line for line in file.getvalue().splitlines() if line.strip() != safe(step.id).strip()]
    assert len(lines) == 4, "a header, the day, and a line for each step"
    assert all(cell_len(line) <= width for line in lines)
    assert file.getvalue().count(safe(step.id)) >= 2, "ids are never cut"


def test_colours_tell_the_status_and_markup_is_text() -> None:
    file = io.StringIO()
    table = StepsTable(make_console(file, width=100, force_terminal=True, color_system="standard", no_color=False))
    table.show(structure_step(make_step(0, status="failed", id="[bold]x")))
    table.finish()
    assert "\x1b[1;31mfailed" in file.getvalue()
    assert "1 step: 1 failed; 3 tokens" in file.getvalue()


def test_statuses_have_the_colours_of_the_timeline() -> None:
    shown = {status: style.removeprefix("bold ") for status, style in STATUS_STYLES.items() if status != "completed"}
    assert shown == {status: PALETTE[tone].terminal for status, tone in STATUS_TONES.items()}
