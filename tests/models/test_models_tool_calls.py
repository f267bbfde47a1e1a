"""What tool calls answer, whatever their kind and server."""

from typing import Any

import pytest
from builders import Body, tool_step_body
from model_samples import EVERYTHING, TOOL_CALLS

from openai_steps import (
    OtherToolCall,
    ToolCallsDetails,
    structure_page,
    structure_step,
)


@pytest.mark.parametrize(("body", "name", "arguments", "output"), TOOL_CALLS)
def test_every_tool_call_answers_alike(body: Body, name: str, arguments: str | None, output: str | None) -> None:
    (call,) = structure_step(tool_step_body(body)).tool_calls
    assert (call.id, call.type) == ("call_1", body.get("type"))
    assert (call.name, call.arguments, call.output) == (name, arguments, output)


@pytest.mark.parametrize("id_", [None, 7, ""])
def test_an_unknown_call_without_an_id_has_an_empty_one(id_: Any) -> None:
    assert OtherToolCall({"type": "x", "id": id_}).id == ""


def test_an_output_nested_too_deep_to_write_is_no_error() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert OtherToolCall({"type": "x", "output": deep}).output == "…"


def test_match_by_class() -> None:
    (step, *_) = structure_page(EVERYTHING).data
    match step.step_details:
        case ToolCallsDetails(tool_calls=[first, *_]):
            assert first.type == "code_interpreter"
        case other:
            pytest.fail(f"{other!r} is no ToolCallsDetails")


@pytest.mark.parametrize(
    ("payload", "output"),
    [
        ({"outputs": [{"type": "logs", "logs": "4"}, {"image": {"file_id": "f"}}]}, "4\n[image f]"),
        ({"outputs": [{"logs": 4}, {"image": {"file_id": 4}}, {"image": "f"}]},
         '{"logs":4}\n{"image":{"file_id":4}}\n{"image":"f"}'),
        ({"outputs": ["text", None, 5]}, "text\n\n5"),
        ({"results": [{"file_name": "a.pdf", "score": 1}]}, "a.pdf"),
        ({"outputs": []}, None),
        ({"results": []}, ""),
        ({"outputs": {"logs": "4"}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_a_tool_gave_is_shown_where_a_part_of_it_does_not_fit(payload: Any, output: str | None) -> None:
    call = OtherToolCall({"type": "x", "x": payload})
    shown = call.output
    assert (shown.replace(": ", ":") if shown else shown) == output
