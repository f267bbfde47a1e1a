"""The values that a user holds."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from builders import Body, page_body, step_body, tool_step_body
from hypothesis import given
from hypothesis import strategies as st
from reaching import check_reachable
from thread_bodies import EVERY_RUN

from openai_steps import (
    OtherToolCall,
    Page,
    RunPage,
    RunRef,
    RunStep,
    RunSteps,
    StepPage,
    ToolCallsDetails,
    structure_page,
    structure_run,
    structure_step,
)
from openai_steps._models import actions, pages, runs, steps, tool_calls

CLASSES = {
    value: None
    for module in (tool_calls, steps, actions, runs, pages)
    for value in vars(module).values()
    if isinstance(value, type) and attrs.has(value) and value is not Page
}

# Every kind of tool call seen anywhere: the call, and what it answers as name, arguments and output.
TOOL_CALLS: list[tuple[Body, str, str | None, str | None]] = [
    (
        {
            "type": "code_interpreter",
            "code_interpreter": {
                "input": "plot()",
                "outputs": [
                    {"type": "logs", "logs": "drawn"},
                    {"type": "image", "image": {"file_id": "file_1"}},
                    {"type": "resource", "resource": {"file_id": "file_2"}},
                ],
            },
        },
        "code_interpreter",
        "plot()",
        'drawn\n[image file_1]\n{"type": "resource", "resource": {"file_id": "file_2"}}',
    ),
    ({"type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": []}}, "code_interpreter", "1", None),
    ({"type": "code_interpreter", "code_interpreter": {"input": "1"}}, "code_interpreter", "1", None),
    (
        {
            "type": "file_search",
            "file_search": {
                "ranking_options": {"ranker": "auto", "score_threshold": 0.5},
                "results": [
                    {
                        "file_id": "file_1",
                        "file_name": "a.txt",
                        "score": 0.75,
                        "attributes": {"year": 2024},
                        "content": [{"type": "text", "text": "found"}],
                    },
                    {"file_id": "file_2", "file_name": "b.txt", "score": 0.5, "content": None},
                ],
            },
        },
        "file_search",
        None,
        "a.txt\nb.txt",
    ),
    ({"type": "file_search", "file_search": {"results": []}}, "file_search", None, ""),
    ({"type": "file_search", "file_search": {}}, "file_search", None, None),
    (
        {"type": "file_search", "file_search": {"input": "q", "output": [{"content": "c", "source": "s"}]}},
        "file_search",
        "q",
        '[{"content": "c", "source": "s"}]',
    ),
    ({"type": "function", "function": {"name": "f", "arguments": "{}", "output": "42"}}, "f", "{}", "42"),
    ({"type": "function", "function": {"name": "f", "arguments": "{}", "output": None}}, "f", "{}", None),
    ({"type": "retrieval", "retrieval": {}}, "retrieval", None, None),
    ({"type": "retrieval", "retrieval": {"found": 1}}, "retrieval", None, '{"found": 1}'),
    ({"type": "mcp", "name": "n", "arguments": "{}", "output": "o", "server_label": "docs"}, "n", "{}", "o"),
    ({"type": "quark_search", "quark_search": {"input": "{}", "output": "[]"}}, "quark_search", "{}", "[]"),
    ({"type": "azure_ai_search", "azure_ai_search": {"input": "q", "output": "r"}}, "azure_ai_search", "q", "r"),
    ({"type": "azure_ai_search", "azure_ai_search": {"query": "q"}}, "azure_ai_search", "q", None),
    ({"type": "bing_grounding", "bing_grounding": {"requesturl": "u"}}, "bing_grounding", "u", None),
    ({"type": "bing_custom_search", "bing_custom_search": {"requesturl": "u"}}, "bing_custom_search", "u", None),
    (
        {"type": "sharepoint_grounding", "sharepoint_grounding": {"query": "q", "output": {"documents": []}}},
        "sharepoint_grounding",
        "q",
        '{"documents": []}',
    ),
    (
        {"type": "fabric_dataagent", "fabric_dataagent": {"input": "q", "output": {"rows": []}}},
        "fabric_dataagent",
        "q",
        '{"rows": []}',
    ),
    ({"type": "openapi", "openapi": {"name": "weather", "arguments": "{}", "output": "o"}}, "weather", "{}", "o"),
    ({"type": "azure_function", "azure_function": {"name": "g", "arguments": "{}", "output": "o"}}, "g", "{}", "o"),
    (
        {
            "type": "connected_agent",
            "connected_agent": {
                "name": "helper",
                "arguments": "{}",
                "output": "o",
                "run_id": "r",
                "thread_id": "t",
                "assistant_id": "a",
            },
        },
        "helper",
        "{}",
        "o",
    ),
    ({"type": "deep_research", "deep_research": {"input": "q", "output": "o"}}, "deep_research", "q", "o"),
    (
        {
            "type": "browser_automation",
            "browser_automation": {
                "input": "buy",
                "output": "bought",
                "steps": [{"last_step_result": "1", "current_state": "2", "next_step": "3"}],
            },
        },
        "browser_automation",
        "buy",
        "bought",
    ),
    (
        {
            "type": "computer_use_preview",
            "computer_use_preview": {
                "action": {"type": "click", "x": 1, "y": 2, "button": "left"},
                "pending_safety_checks": [{"id": "c", "code": None, "message": None}],
                "acknowledged_safety_checks": [],
                "output": {"type": "computer_screenshot", "file_id": "f", "image_url": "u"},
            },
        },
        "computer_use_preview",
        '{"type": "click", "x": 1, "y": 2, "button": "left"}',
        '{"type": "computer_screenshot", "file_id": "f", "image_url": "u"}',
    ),
    ({"type": "user", "user": {"tool": {"id": "u"}, "arguments": "{}", "output": None}}, "user", "{}", None),
    ({"type": "system", "system": {"id": "weather", "input": {"q": 1}, "output": 7}}, "system", '{"q": 1}', "7"),
    ({"type": "hologram"}, "hologram", None, None),
    ({"type": None, "output": "o"}, "unknown", None, "o"),
    ({}, "unknown", None, None),
]
for _body, *_ in TOOL_CALLS:
    _body["id"] = "call_1"

EVERYTHING = page_body(
    tool_step_body(
        *({**body, "index": 3} for body, *_ in TOOL_CALLS),
        expired_at=1,
        expires_at=2,
        cancelled_at=3,
        failed_at=4,
        started_at=5,
        updated_at=6,
        last_error={"code": "server_error", "message": "m"},
        usage={
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "input_tokens": 4,
            "output_tokens": 5,
            "prompt_token_details": {"cached_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 7},
            "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 9},
        },
        metadata={"a": "b"},
        message_id="msg_1",
    ),
    step_body(step_details={"type": "activities", "activities": [{"type": "mcp_list_tools", "tools": {}}]}),
    step_body(step_details={"type": "thought", "thought": {"content": "hm"}}),
    step_body(step_details={"type": "step", "name": "n", "input": 1, "output": [2]}),
    step_body(),
    first_id="step_1",
    last_id="step_1",
    total_count=5,
    total=5,
)


def test_every_field_of_the_wire_can_be_reached() -> None:
    check_reachable(structure_page(EVERYTHING), EVERYTHING)


def test_nothing_is_left_in_extra_that_openai_or_azure_document() -> None:
    page = structure_page(EVERYTHING)
    assert page.extra.keys() == {"total_count", "total"}  # bee-api, LLAMPHouse
    assert page.data[0].extra.keys() == {"message_id"}  # open-assistant-api
    usage = page.data[0].usage
    assert usage is not None
    assert usage.extra.keys() == {"prompt_tokens_details"}


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


# --- The classes as values ----------------------------------------------------------------------------------------


def every_value() -> list[Any]:
    """Return at least one instance of every class, as the converter makes them."""
    runs = structure_page(page_body(*EVERY_RUN), RunPage)
    page = structure_page(EVERYTHING)
    found: dict[Any, Any] = {}

    def collect(value: Any) -> None:
        if isinstance(value, tuple):
            for one in value:
                collect(one)
        elif attrs.has(type(value)):
            found.setdefault(type(value), value)
            for field in attrs.fields(type(value)):
                collect(getattr(value, field.name))

    for value in (runs, page, RunRef("t", "r"), RunSteps(thread_id="t", run_id="r", steps=page.data)):
        collect(value)
    return list(found.values())


VALUES = every_value()


def test_every_class_is_among_the_values() -> None:
    assert {type(value) for value in VALUES} == set(CLASSES)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
class TestValue:
    def test_is_frozen_and_slotted(self, value: Any) -> None:
        for field in attrs.fields(type(value)):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(value, field.name, None)
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                delattr(value, field.name)
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            value.surprise = 1
        assert not hasattr(value, "__dict__")

    def test_hash_agrees_with_equality(self, value: Any) -> None:
        assert hash(value) == hash(attrs.evolve(value))
        assert value == attrs.evolve(value)
        assert value != object()
        assert len({value, attrs.evolve(value)}) == 1

    def test_comes_through_pickle_and_copy(self, value: Any) -> None:
        copies = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for other in (*copies, copy.copy(value), copy.deepcopy(value)):
            assert other == value
            assert type(other) is type(value)
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(other, attrs.fields(type(other))[0].name, None)

    def test_repr_shows_every_field_by_its_public_name(self, value: Any) -> None:
        assert repr(value).startswith(f"{type(value).__name__}(")
        for field in attrs.fields(type(value)):
            assert f"{field.name}={getattr(value, field.name)!r}" in repr(value)

    def test_matches_a_value_made_by_hand(self, value: Any) -> None:
        fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        assert type(value)(**fields) == value


def test_evolve_changes_one_field() -> None:
    step = structure_step(step_body())
    changed = attrs.evolve(step, status="failed")
    assert type(changed) is RunStep
    assert (changed.status, step.status) == ("failed", "completed")
    assert changed != step


def test_match_by_class() -> None:
    (step, *_) = structure_page(EVERYTHING).data
    match step.step_details:
        case ToolCallsDetails(tool_calls=[first, *_]):
            assert first.type == "code_interpreter"
        case other:
            pytest.fail(f"{other!r} is no ToolCallsDetails")


# --- What a step tells --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        *[(status, True) for status in ("completed", "cancelled", "failed", "expired")],
        *[(status, False) for status in ("in_progress", "incomplete", "something_new", None)],
    ],
)
def test_a_step_is_finished(status: str | None, finished: bool) -> None:
    assert structure_step(step_body(status=status)).is_finished is finished


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        *[(status, True) for status in ("completed", "cancelled", "failed", "expired", "incomplete")],
        *[(status, False) for status in ("queued", "in_progress", "requires_action", "cancelling", "something_new")],
    ],
)
def test_a_run_is_finished(status: str, finished: bool) -> None:
    assert structure_run({"id": "run_1", "status": status, "created_at": 1700000000}).is_finished is finished


@pytest.mark.parametrize("name", ["completed_at", "failed_at", "cancelled_at", "expired_at"])
def test_times_of_a_finished_step(name: str) -> None:
    step = structure_step(step_body(**{"completed_at": None, name: 1700000007.5}))
    assert step.finished_at == datetime(2023, 11, 14, 22, 13, 27, 500_000, UTC)
    assert step.duration == timedelta(seconds=7.5)


def test_times_of_an_unfinished_step() -> None:
    step = structure_step(step_body(completed_at=None, expires_at=1700000600))
    assert step.finished_at is None
    assert step.duration is None


@given(st.booleans())
def test_tool_calls_and_message_id_are_of_one_kind_each(is_message: bool) -> None:
    step = structure_step(step_body() if is_message else tool_step_body({"type": "x"}))
    assert step.message_id == ("msg_1" if is_message else None)
    assert len(step.tool_calls) == (0 if is_message else 1)


@pytest.mark.parametrize(("flat", "message_id"), [("msg_2", "msg_2"), (7, None), (None, None)])
def test_message_id_where_open_assistant_api_puts_it(flat: Any, message_id: str | None) -> None:
    assert structure_step(tool_step_body(message_id=flat)).message_id == message_id


def test_extra_is_no_positional_argument() -> None:
    for cls in (tool_calls.LogsOutput, tool_calls.ImageFile, steps.MessageCreation):
        with pytest.raises(TypeError):
            cls("text", {})  # type: ignore[call-arg]


def test_an_empty_page_is_a_value() -> None:
    assert StepPage(data=()) == StepPage(data=(), has_more=None, first_id=None, last_id=None, object=None, extra={})
