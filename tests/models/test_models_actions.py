"""What a run waits for, and the calls in question."""

from typing import Any

import pytest
from builders import Body
from thread_bodies import ACTIONS, run_body

from openai_steps import (
    FunctionToolCall,
    McpToolCall,
    OtherRequiredAction,
    SubmitToolApprovalAction,
    SubmitToolOutputsAction,
    structure_run,
    unstructure,
)


@pytest.mark.parametrize(
    ("action", "kind", "names"),
    list(
        zip(
            ACTIONS,
            (SubmitToolOutputsAction, SubmitToolApprovalAction, *(OtherRequiredAction,) * 3),
            ([("f", "{}")], [("g", "{}")], [("f", "{}")], [], []),
            strict=True,
        )
    ),
)
def test_whatever_a_run_waits_for_names_its_calls(action: Body, kind: type, names: list[tuple[str, str]]) -> None:
    run = structure_run(run_body(status="requires_action", required_action=action))
    assert type(run.required_action) is kind
    assert run.required_action is not None
    assert run.required_action.type == (action["type"] if isinstance(action["type"], str) else None)
    assert [(call.name, call.arguments) for call in run.required_action.tool_calls] == names
    back = unstructure(run)["required_action"]
    assert back["type"] == action["type"]


def test_calls_that_wait_are_of_the_classes_of_calls_that_are_done() -> None:
    outputs, approval = (structure_run(run_body(required_action=action)).required_action for action in ACTIONS[:2])
    match outputs, approval:
        case (
            SubmitToolOutputsAction(tool_calls=(FunctionToolCall(output=None),)),
            SubmitToolApprovalAction(tool_calls=(McpToolCall(server_label="docs"),)),
        ):
            pass
        case other:
            pytest.fail(repr(other))


@pytest.mark.parametrize("nothing", [None, {}, {"type": "", "submit_tool_outputs": None}])  # the last is MiniMax's
def test_an_action_of_nothing_is_none(nothing: Any) -> None:
    assert structure_run(run_body(required_action=nothing)).required_action is None


@pytest.mark.parametrize("payload", [None, 7, {}, {"tool_calls": None}, {"tool_calls": {}}, {"tool_calls": [None, []]}])
def test_an_unknown_action_without_calls_has_none(payload: Any) -> None:
    assert OtherRequiredAction({"type": "x", "x": payload}).tool_calls == ()
