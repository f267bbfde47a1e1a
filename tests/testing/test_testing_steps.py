"""Steps built for tests have the shape of the wire."""

from itertools import pairwise

import pytest

from openai_steps import (
    CodeInterpreterToolCall,
    FileSearchToolCall,
    FunctionToolCall,
    LastError,
    McpToolCall,
    OtherStepDetails,
    OtherToolCall,
    RetrievalToolCall,
    testing,
    unstructure,
)
from openai_steps.testing import (
    build_steps,
    code_step,
    failed_step,
    file_search_step,
    function_step,
    mcp_call,
    mcp_step,
    message_step,
    other_call,
    other_step,
    retrieval_call,
    tool_step,
)

EVERY_KIND = [
    message_step(1),
    function_step(2, "get_weather", {"city": "Paris"}, {"celsius": 21}),
    code_step(3, images=["file_plot"]),
    file_search_step(4, {"handbook.md": "Open from 6:30.", "prices.pdf": "Rye 5.20"}),
    mcp_step(5, "search", '{"q": "rye"}', "nothing"),
    tool_step(6, [retrieval_call(), other_call("bing_grounding", {"requesturl": "https://example.org"}, id="call_2")]),
    other_step(7, "activities", activities=[{"id": 1}]),
    failed_step(8, "rate_limit_exceeded", "Slow down."),
    function_step(9, status="in_progress"),
]


def test_every_kind_becomes_its_class() -> None:
    steps = build_steps(EVERY_KIND)
    calls = [call for step in steps for call in step.tool_calls]
    assert [type(call) for call in calls] == [
        FunctionToolCall,
        CodeInterpreterToolCall,
        FileSearchToolCall,
        McpToolCall,
        RetrievalToolCall,
        OtherToolCall,
        FunctionToolCall,
    ]
    assert [(call.name, call.arguments, call.output) for call in calls] == [
        ("get_weather", '{"city": "Paris"}', '{"celsius": 21}'),
        ("code_interpreter", "print(6 * 7)", "42\n\n[image file_plot]"),
        ("file_search", None, "handbook.md\nprices.pdf"),
        ("search", '{"q": "rye"}', "nothing"),
        ("retrieval", None, None),
        ("bing_grounding", "https://example.org", None),
        ("get_weather", "{}", None),
    ]
    assert steps[0].message_id == "msg_1"
    assert steps[6].step_details == OtherStepDetails({"type": "activities", "activities": [{"id": 1}]})
    assert steps[7].last_error == LastError("rate_limit_exceeded", "Slow down.")


def test_what_was_built_is_the_wire_shape() -> None:
    built = [{"thread_id": "thread_1", "run_id": "run_1", **step} for step in EVERY_KIND]
    for wire, step in zip(built, build_steps(EVERY_KIND), strict=True):
        back = unstructure(step)
        assert {key: back.get(key) for key in wire} == wire
        assert not any(back[key] is not None for key in back.keys() - wire.keys())


def test_the_same_arguments_build_the_same_step_that_shares_nothing() -> None:
    first, second = message_step(3), message_step(3)
    assert first == second
    first["usage"]["total_tokens"] = 0
    first["step_details"]["type"] = "other"
    assert message_step(3) == second


def test_steps_grow_older_in_order_and_do_not_overlap() -> None:
    steps = build_steps(message_step(number) for number in range(1, 30))
    assert len({step.id for step in steps}) == len(steps)
    for earlier, later in pairwise(steps):
        assert earlier.finished_at is not None
        assert earlier.created_at < earlier.finished_at < later.created_at


@pytest.mark.parametrize("status", ["in_progress", "completed", "failed", "cancelled", "expired"])
def test_the_times_go_with_the_status(status: testing.Status) -> None:
    (step,) = build_steps([message_step(status=status)])
    times = {name: getattr(step, f"{name}_at") for name in ("completed", "failed", "cancelled", "expired")}
    assert {name for name, time in times.items() if time} == {status} - {"in_progress"}
    assert step.is_finished is (step.finished_at is not None) is (step.usage is not None)


def test_fields_replace_what_was_built() -> None:
    (step,) = build_steps([function_step(id="step_x", usage=None, metadata={"a": "b"}, assistant_id="asst_x")])
    assert (step.id, step.usage, step.metadata, step.assistant_id) == ("step_x", None, {"a": "b"}, "asst_x")
    (failed,) = build_steps([failed_step(last_error=None, calls=[mcp_call("a")])])
    assert (failed.last_error, len(failed.tool_calls)) == (None, 1)
