"""Odd but real bodies: what does not fit is kept, and costs the smallest thing around it."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from builders import Body, full, page_body, step_body, tool_step_body

from openai_steps import (
    Message,
    Misfit,
    OtherStepDetails,
    OtherToolCall,
    ResponseDecodeError,
    Run,
    RunPage,
    RunStep,
    StepPage,
    ToolCall,
    ToolCallsDetails,
    UnreadableItem,
    UnreadableStep,
    Usage,
    structure_message,
    structure_page,
    structure_run,
    structure_step,
    unstructure,
)
from openai_steps._json.converter import structure

CASES = json.loads((Path(__file__).parents[1] / "cases" / "bodies.json").read_text("utf-8"))


def as_json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"][:60])
class TestBodies:
    def test_calls_answer(self, case: Body) -> None:
        step = structure_step(case["step"])
        found = [[call.name, as_json(call.arguments), as_json(call.output)] for call in step.tool_calls]
        if case["want"] is not None:
            assert found == [[name, as_json(asked), as_json(told)] for name, asked, told in case["want"]]
        if "message_id" in case:
            assert step.message_id == case["message_id"]
        if "error" in case:
            assert step.extra["last_error"] == case["error"]
            assert step.problems == (Misfit("$.last_error", "an object"),)

    def test_others_on_the_page_are_not_hurt(self, case: Body) -> None:
        around = step_body(id="step_0"), step_body(id="step_2")
        data = [around[0], case["step"], around[1]]
        page = structure_page(data if case.get("envelope") == "array" else page_body(*data))
        assert page.data == tuple(map(structure_step, data))

    def test_nothing_is_lost(self, case: Body) -> None:
        step = structure_step(case["step"])
        back = unstructure(step)
        assert structure_step(back) == step
        assert full(back) | {"step_details": 0} == full(case["step"]) | {"step_details": 0}


def test_foundry_locals_step_of_an_mcp_call_is_one_call() -> None:
    (case,) = [case for case in CASES if "mcp_call" in case["about"]]
    (call,) = structure_step(case["step"]).tool_calls
    assert (call.name, call.type) == ("mcp_call", "mcp_call")
    assert as_json(call.arguments) == {"tool": "lookup", "args": {"id": "123"}}
    assert as_json(call.output) == {"result": "found"}


# --- Habits of encoders: the same value, read as what it is ---


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"metadata": []}, {"metadata": {}}),
        ({"usage": []}, {}),
        ({"last_error": []}, {}),
        ({"last_error": {}}, {}),
        ({"usage": {"total_tokens": 12.0}}, {"usage": {"total_tokens": 12}}),
        ({"usage": {"total_tokens": 1e15}}, {"usage": {"total_tokens": 10**15}}),
        ({"created_at": 1700000000.0}, {"created_at": 1700000000}),
        ({"completed_at": 1.7e9}, {"completed_at": 1700000000}),
        ({"usage": {"prompt_token_details": []}}, {"usage": {"prompt_token_details": {}}}),
    ],
    ids=repr,
)
def test_a_habit_is_no_misfit(changes: Body, same: Body) -> None:
    step = structure_step(step_body(**changes))
    assert step == structure_step(step_body(**same))
    assert not step.problems
    assert not step.extra


@pytest.mark.parametrize("empty", [[], {}, None], ids=repr)
def test_an_empty_array(empty: Any) -> None:
    details = {"type": "tool_calls", "tool_calls": empty}
    assert structure_step(step_body(step_details=details)).step_details == ToolCallsDetails(())
    assert structure({"object": "list", "data": empty}, StepPage) == StepPage(data=(), object="list")
    assert structure_message({"id": "m", "created_at": 1, "content": empty or None}).content in ((), None)


# --- Misfits ---


def call_of(**changes: Any) -> Body:
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}", **changes}}


def test_an_odd_call_costs_itself_alone() -> None:
    details = structure_step(tool_step_body(call_of(), call_of(name=7), call_of(output={"a": 1}))).step_details
    assert isinstance(details, ToolCallsDetails)
    one, other, last = details.tool_calls
    assert one == structure(call_of(), ToolCall)  # type: ignore[arg-type]
    assert other == OtherToolCall(call_of(name=7))
    assert isinstance(other, OtherToolCall)
    assert other.problem == Misfit("$.step_details.tool_calls[1].function.name", "text")
    assert (other.id, other.type, other.name, other.arguments, other.output) == (
        *("call_1", "function", "function"),
        *("{}", None),
    )
    assert last.output == '{"a": 1}'


@pytest.mark.parametrize(
    ("call", "output"),
    [
        (
            {
                "type": "code_interpreter",
                "code_interpreter": {
                    "input": 7,
                    "outputs": [{"type": "logs", "logs": "1"}, {"type": "image", "image": {"file_id": "f"}}, {"x": 1}],
                },
            },
            '1\n[image f]\n{"x": 1}',
        ),
        ({"type": "code_interpreter", "code_interpreter": {"input": 7, "outputs": []}}, None),
        ({"type": "file_search", "file_search": {"results": [{"file_name": "a.txt"}, "b"]}}, "a.txt\nb"),
        ({"type": "file_search", "file_search": {"results": [], "ranking_options": {}}}, ""),
        ({"type": "function", "function": {"name": "f", "output": "done"}}, "done"),
        ({"type": "mcp", "id": "m", "name": "n", "arguments": {}, "output": "o"}, "o"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_odd_call_answers_as_its_class_would(call: Body, output: str | None) -> None:
    found: ToolCall = structure(call, ToolCall)  # type: ignore[arg-type]
    assert isinstance(found, OtherToolCall)
    assert found.problem is not None
    assert found.output == output


def test_a_call_that_is_no_object_costs_the_class_of_the_details_and_no_other_call() -> None:
    step = structure_step(tool_step_body(call_of(), None, call_of(name="g")))  # type: ignore[arg-type]
    assert isinstance(step.step_details, OtherStepDetails)
    assert step.step_details.problem == Misfit("$.step_details.tool_calls[1]", "an object")
    assert [call.name for call in step.tool_calls] == ["f", "g"]


@pytest.mark.parametrize("details", [None, "text", 7, [1]], ids=repr)
def test_details_that_are_no_object(details: Any) -> None:
    step = structure_step(step_body(step_details=details))
    assert step.step_details == OtherStepDetails({})
    assert isinstance(step.step_details, OtherStepDetails)
    assert step.step_details.problem == Misfit("$.step_details", "an object")
    assert step.extra == ({} if details is None else {"step_details": details})
    assert unstructure(step)["step_details"] == (details or {})


def test_a_problem_is_no_part_of_the_value() -> None:
    odd, same = OtherToolCall({"a": 1}, problem=Misfit("$", "text")), OtherToolCall({"a": 1})
    assert odd == same
    assert hash(odd) == hash(same)


@pytest.mark.parametrize(
    "name",
    [
        "usage",
        "last_error",
        "completed_at",
        "metadata",
        "status",
        "type",
        "assistant_id",
        "thread_id",
        "run_id",
        "object",
    ],
)
def test_a_field_that_does_not_fit_is_none_and_kept_in_extra(name: str) -> None:
    step = structure_step(step_body(**{name: [7]}))
    assert getattr(step, name) is None
    assert step.extra == {name: [7]}
    assert [misfit.path for misfit in step.problems] == [f"$.{name}"]
    assert unstructure(step)[name] == [7]
    assert step != structure_step(step_body(**{name: None}))


def test_a_misfit_inside_usage_costs_usage() -> None:
    usage = {"total_tokens": 1, "completion_tokens_details": {"reasoning_tokens": "2"}}
    step = structure_step(step_body(usage=usage))
    assert (step.usage, step.extra) == (None, {"usage": usage})
    assert step.problems == (Misfit("$.usage.completion_tokens_details.reasoning_tokens", "a whole number"),)


def test_details_without_a_type_take_the_steps() -> None:
    details = {"message_creation": {"message_id": "msg_1"}}
    step = structure_step(step_body(step_details=details))
    assert step == structure_step(step_body())
    other = structure_step(step_body(type="activities", step_details=details))
    assert other.step_details == OtherStepDetails(details)


# --- Items of other kinds, and what is left to refuse ---


def test_runs_and_messages_are_as_tolerant() -> None:
    run = structure_run({"id": "run_1", "created_at": 1, "required_action": "none", "temperature": "hot"})
    assert (run.required_action, run.temperature) == (None, None)
    assert run.extra == {"required_action": "none", "temperature": "hot"}
    assert [misfit.path for misfit in run.problems] == ["$.required_action", "$.temperature"]
    message = structure_message({"id": "m", "created_at": 1, "content": [{"type": "text", "text": "plain"}]})
    assert isinstance(message, Message)
    assert message.text == "plain"


REFUSED: list[tuple[Any, Misfit]] = [
    (None, Misfit("$", "an object")),
    ("text", Misfit("$", "an object")),
    ({}, Misfit("$.id", "text")),
    (step_body(id=7), Misfit("$.id", "text")),
    (step_body(id=None), Misfit("$.id", "text")),
    (step_body(created_at="soon"), Misfit("$.created_at", "a time in seconds, milliseconds or ISO 8601")),
]


@pytest.mark.parametrize(("body", "problem"), REFUSED, ids=str)
def test_an_item_without_an_id_or_a_time_goes_beside_the_others(body: Any, problem: Misfit) -> None:
    page = structure(page_body(step_body(), body, step_body()), StepPage)
    assert page.data == (structure_step(step_body()),) * 2
    assert page.unreadable == (UnreadableStep(body, problem),)
    assert page.unreadable[0].index == 1
    assert page.unreadable[0].id == ("step_1" if "created_at" in problem.path else None)
    assert unstructure(page)["data"][1] == body
    with pytest.raises(ResponseDecodeError) as caught:
        structure_page(page_body(step_body(), body))
    assert (caught.value.path, caught.value.expected) == (f"$.data[1]{problem.path[1:]}", problem.expected)
    with pytest.raises(ResponseDecodeError) as caught:
        structure_page([body])
    assert caught.value.path == f"$[0]{problem.path[1:]}"


def test_a_page_of_runs_has_items_of_no_special_class() -> None:
    page = structure([{}], RunPage)
    assert [type(item) for item in page.unreadable] == [UnreadableItem]


@pytest.mark.parametrize("name", ["has_more", "first_id", "last_id", "object"])
def test_a_page_is_tolerant_too(name: str) -> None:
    page = structure_page(page_body(step_body(), **{name: [7]}))
    assert getattr(page, name) is None
    assert page.extra == {name: [7]}
    assert [misfit.path for misfit in page.problems] == [f"$.{name}"]


@pytest.mark.parametrize("kind", [RunStep, Run])
def test_absent_and_null_are_told_apart_in_words(kind: Any) -> None:
    with pytest.raises(ResponseDecodeError, match=r"^\$\.id should be text, but is missing\.$"):
        structure({}, kind)
    with pytest.raises(ResponseDecodeError, match=r"^\$\.id should be text, but is null\.$"):
        structure({"id": None}, kind)


@pytest.mark.parametrize("name", [name for name in attrs.fields_dict(Usage) if name != "extra"])
def test_a_usage_that_counts_anything_is_one(name: str) -> None:
    """DashScope sends a usage of nulls for none."""
    nulls = dict.fromkeys(attrs.fields_dict(Usage).keys() - {"extra"})
    count = {"cached_tokens": 1} if name == "prompt_token_details" else {"reasoning_tokens": 1}
    value = count if name.endswith("details") else 0
    assert structure_step(step_body(usage=nulls)).usage is None
    assert structure_step(step_body(usage={**nulls, name: value})).usage is not None
