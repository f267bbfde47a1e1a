"""Runs: what they wait for, why they are incomplete, and when they ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import Body, page_body
from hypothesis import given
from hypothesis import strategies as st
from reaching import check_reachable
from thread_bodies import ACTIONS, EVERY_RUN, run_body

from openai_steps import (
    FunctionToolCall,
    McpToolCall,
    OtherRequiredAction,
    RunPage,
    StepPage,
    SubmitToolApprovalAction,
    SubmitToolOutputsAction,
    structure_page,
    structure_run,
    unstructure,
)


def test_every_field_of_the_wire_can_be_reached() -> None:
    body = page_body(*EVERY_RUN, total=None)
    check_reachable(structure_page(body, RunPage), body)


@pytest.mark.parametrize("body", EVERY_RUN)
def test_what_is_documented_has_a_field(body: Body) -> None:
    assert structure_run(body).extra == {"config_values": None}


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


@given(st.sampled_from(["completed_at", "failed_at", "cancelled_at"]))
def test_a_run_ends_however_it_ends(name: str) -> None:
    run = structure_run(run_body(expires_at=1700000600, **{name: 1700000007.5}))
    assert run.finished_at == datetime(2023, 11, 14, 22, 13, 27, 500_000, UTC)
    assert run.duration == timedelta(seconds=7.5)


def test_an_expired_run_ended_when_it_expired_and_another_does_not() -> None:
    expired, going_on = (
        structure_run(run_body(status=status, expires_at=1700000600)) for status in ("expired", "in_progress")
    )
    assert expired.duration == timedelta(minutes=10)
    assert (going_on.finished_at, going_on.duration) == (None, None)


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        *[(status, True) for status in ("completed", "cancelled", "failed", "expired", "incomplete")],
        *[(status, False) for status in ("queued", "in_progress", "requires_action", "cancelling", "something_new")],
    ],
)
def test_a_run_is_finished(status: str, finished: bool) -> None:
    assert structure_run({"id": "run_1", "status": status, "created_at": 1700000000}).is_finished is finished


def test_an_empty_page_is_a_value() -> None:
    assert StepPage(data=()) == StepPage(data=(), has_more=None, first_id=None, last_id=None, object=None, extra={})
