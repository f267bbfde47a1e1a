"""JSON to models and back: nothing lost, nothing coerced, every error at its place."""

import json
from collections.abc import Iterator
from typing import Any

import attrs
import orjson
import pytest
from builders import (
    KINDS,
    TIMES,
    Body,
    any_object,
    full,
    json_like_ours,
    json_path,
    json_values,
    normal,
    page_body,
    pages,
    places,
    recorded,
    replaced,
    step_body,
    steps,
    tool_calls,
    tool_step_body,
    value_at,
)
from hypothesis import assume, given
from hypothesis import strategies as st

import openai_steps
from openai_steps import (
    CodeInterpreter,
    LastError,
    Misfit,
    OtherOutput,
    OtherStepDetails,
    OtherToolCall,
    ResponseDecodeError,
    Run,
    RunRef,
    RunStep,
    StepDetails,
    StepPage,
    ToolCall,
    dumps,
    structure_page,
    structure_step,
    unstructure,
)
from openai_steps._json.converter import structure

# --- Recorded bodies: one list for both directions ---------------------------------------------------------------

CASES: list[tuple[str, Any, Any]] = [
    *((name, StepPage, body) for name, body in recorded("list", "list_maximum_set")),
    *((name, RunStep, body) for name, body in recorded("step", "sse_step")),
    *((name, StepDetails, body) for name, body in recorded("step_details")),
    *((name, StepDetails, body["delta"]["step_details"]) for name, body in recorded("sse_delta")),
    *((name, ToolCall, body) for name, body in recorded("tool_call", "delta_tool_call")),
    *((name, ToolCall, body) for name, bodies in recorded("other_tool_calls") for body in bodies),
]


def test_every_recorded_body_is_a_case() -> None:
    cases = {name for name, _, _ in CASES}
    assert cases | {name for name, _ in recorded("error")} == {name for name, _ in recorded()}
    assert {kind for _, kind, _ in CASES} == {StepPage, RunStep, StepDetails, ToolCall}


def as_it_may_come_back(kind: Any, body: Any) -> Any:
    return normal(body) if kind in (RunStep, StepPage) else full(body)


@pytest.mark.parametrize(("name", "kind", "body"), CASES, ids=[name for name, _, _ in CASES])
class TestRecorded:
    def test_comes_back(self, name: str, kind: Any, body: Any) -> None:
        back = unstructure(structure(body, kind))
        assert as_it_may_come_back(kind, back) == as_it_may_come_back(kind, body)

    def test_is_read_from_what_was_written(self, name: str, kind: Any, body: Any) -> None:
        value = structure(body, kind)
        assert structure(unstructure(value), kind) == value
        assert structure(orjson.loads(dumps(value)), kind) == value

    def test_keeps_nulls_that_openai_sends(self, name: str, kind: Any, body: Any) -> None:
        back = unstructure(structure(body, kind))
        if kind is RunStep:
            assert {"cancelled_at", "completed_at", "failed_at", "last_error", "usage"} <= back.keys()


def test_the_input_is_not_changed() -> None:
    for _, kind, body in CASES:
        before = json.dumps(body)
        structure(body, kind)
        assert json.dumps(body) == before


# --- Laws, on bodies of every kind --------------------------------------------------------------------------------


@given(steps)
def test_a_step_comes_back(body: Body) -> None:
    assert normal(unstructure(structure_step(body))) == normal(body)


@given(pages)
def test_a_page_comes_back(body: Any) -> None:
    assert normal(unstructure(structure_page(body))) == normal(body)


@given(pages)
def test_what_is_written_is_read_as_the_same(body: Any) -> None:
    page = structure_page(body)
    assert structure_page(unstructure(page)) == page
    assert structure_page(orjson.loads(dumps(page))) == page
    assert orjson.loads(dumps(page)) == unstructure(page)


@given(tool_calls)
def test_a_tool_call_comes_back_and_answers_alike(body: Body) -> None:
    call: ToolCall = structure(body, ToolCall)  # type: ignore[arg-type]
    assert full(unstructure(call)) == full(body)
    assert isinstance(call.id, str)
    assert isinstance(call.name, str)
    assert isinstance(call.type, str | None)
    assert isinstance(call.arguments, str | None)
    assert isinstance(call.output, str | None)


@given(any_object)
def test_unknown_areas_come_back_with_their_nulls(unknown: Body) -> None:
    call = {"id": "call_1", "type": "quark_search", "quark_search": unknown}
    body = tool_step_body(call, metadata=unknown, news=unknown)
    back = unstructure(structure_step(body))
    assert back["step_details"]["tool_calls"] == [call]
    assert back["metadata"] == unknown
    assert back["news"] == unknown


@given(st.sampled_from(["activities", "thought", ""]) | st.none() | st.integers(), any_object)
def test_what_has_no_class_is_kept_whole(tag: Any, rest: Body) -> None:
    body = {**rest, "type": tag}
    assert structure(body, StepDetails) == OtherStepDetails(body)  # type: ignore[arg-type]
    call: ToolCall = structure(body, ToolCall)  # type: ignore[arg-type]
    assert call == OtherToolCall(body)
    assert isinstance(call, OtherToolCall)
    assert call.problem == (Misfit("$.type", "text") if isinstance(tag, int) else None)
    output = structure({"input": "", "outputs": [body]}, CodeInterpreter).outputs
    assert output == (OtherOutput(body),)
    assert OtherOutput(body).type == (tag if isinstance(tag, str) else None)


def test_the_class_is_the_public_one_everywhere() -> None:
    def types(value: Any) -> set[type]:
        if isinstance(value, tuple | list):
            return set().union(*map(types, value))
        if not attrs.has(type(value)):
            return set()
        return {type(value)}.union(*(types(getattr(value, field.name)) for field in attrs.fields(type(value))))

    seen = set().union(*(types(structure(body, kind)) for _, kind, body in CASES))
    assert len(seen) > 12
    assert all(vars(openai_steps)[kind.__name__] is kind for kind in seen)


# --- The ways of saying nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("unset", [None, -1])
def test_unset_times(name: str, unset: Any) -> None:
    assert getattr(structure_step(step_body(**{name: unset})), name) is None


@pytest.mark.parametrize(
    ("name", "unset"),
    [("usage", None), ("usage", {}), ("last_error", None), ("last_error", {"code": "", "message": ""})],
)
def test_unset_objects(name: str, unset: Any) -> None:
    assert getattr(structure_step(step_body(**{name: unset})), name) is None


def test_an_error_with_empty_texts_and_more_is_an_error() -> None:
    step = structure_step(step_body(last_error={"code": "", "message": "", "inner": 7}))
    assert step.last_error == LastError("", "", extra={"inner": 7})


@pytest.mark.parametrize("body", [[], {"data": []}, {"data": None}, {"data": [], "has_more": None}])
def test_empty_pages(body: Any) -> None:
    assert structure_page(body) == StepPage(data=())


def test_a_time_after_the_year_5138_stays_what_it_is() -> None:
    step = structure_step(step_body(expires_at="9999-12-31T23:59:59Z"))
    assert step.expires_at is not None
    assert step.expires_at.year == 9999
    assert structure_step(unstructure(step)) == step


# --- Wrong bodies -------------------------------------------------------------------------------------------------

WRONG: list[Any] = [None, True, 7, 1.5, "text", [], [1], {}, {"a": 1}]
WHOLE = page_body(
    step_body(usage={"prompt_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 2}}, metadata={"a": "b"}),
    step_body(last_error={"code": "c", "message": "m"}, cancelled_at=1700000001, started_at=1700000002),
    tool_step_body(
        {
            "id": "1",
            "type": "code_interpreter",
            "index": 0,
            "code_interpreter": {
                "input": "1",
                "outputs": [{"type": "logs", "logs": "1"}, {"type": "image", "image": {"file_id": "f"}}],
            },
        },
        {
            "id": "2",
            "type": "file_search",
            "file_search": {
                "ranking_options": {"ranker": "auto", "score_threshold": 0.5},
                "results": [
                    {
                        "file_id": "f",
                        "file_name": "n",
                        "score": 0.5,
                        "attributes": {},
                        "content": [{"type": "text", "text": "t"}],
                    }
                ],
            },
        },
        {"id": "3", "type": "function", "function": {"name": "f", "arguments": "{}", "output": "1"}},
        {"id": "4", "type": "retrieval", "retrieval": {}},
        {"id": "5", "type": "mcp", "name": "n", "arguments": "{}", "output": "o", "server_label": "s"},
        {"id": "6", "type": "bing_grounding", "bing_grounding": {"requesturl": "u"}},
    ),
    first_id="step_1",
    last_id="step_1",
)


@pytest.mark.parametrize("place", list(places(WHOLE)), ids=json_path)
def test_a_wrong_type_at_any_place_is_kept_and_its_place_is_named(place: tuple[Any, ...]) -> None:
    for wrong in WRONG:
        costs_itself_alone(replaced(WHOLE, place, wrong), place)


@given(st.data(), pages, json_values)
def test_anything_anywhere_is_kept_and_its_place_is_named(data: st.DataObject, body: Any, wrong: Any) -> None:
    found = list(places(body))
    assume(found)
    place = data.draw(st.sampled_from(found))
    assume(place[-1] != "type" or not isinstance(wrong, str) or wrong not in KINDS)
    costs_itself_alone(replaced(body, place, wrong), place)


def costs_itself_alone(body: Any, place: tuple[Any, ...]) -> None:
    """Check that nothing is lost, and that no step is hurt but the one with the wrong value."""
    page = model_or_error(body, StepPage)
    if isinstance(page, ResponseDecodeError):
        assert place == ("data",)
        assert page.path == "$.data"
        assert page.path in page.message
        assert page.body is body
        return
    assert normal(unstructure(page)) == normal(body)
    index = next((number for number, key in enumerate(place) if isinstance(key, int)), None)
    if index is not None:
        hurt = [number for number, item in enumerate(in_order(page)) if [*misfits_in(item)]]
        assert hurt in ([], [place[index]])
        for misfit in misfits_in(page):
            assert misfit.path.startswith(json_path(place[index + 1 :]))


def in_order(page: StepPage) -> list[Any]:
    items: list[Any] = list(page.data)
    for item in page.unreadable:
        items.insert(item.index, item)
    return items


def misfits_in(value: Any) -> Iterator[Misfit]:
    if isinstance(value, Misfit):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from misfits_in(item)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from misfits_in(getattr(value, field.name))


def test_what_is_required_is_missed() -> None:
    missed = set()
    for place in places(WHOLE):
        *inside, key = place
        if isinstance(key, str) and key != "data":
            parent = dict(value_at(WHOLE, tuple(inside)))
            del parent[key]
            page = structure(replaced(WHOLE, tuple(inside), parent) if inside else parent, StepPage)
            for misfit in misfits_in(page):
                assert misfit.path == json_path(tuple(place[2:]))
                missed.add(key)
    assert missed == {
        *["id", "created_at", "step_details", "message_creation", "message_id", "tool_calls", "code_interpreter"],
        *["input", "logs", "image", "file_id", "file_search", "ranker", "score_threshold", "file_name", "score"],
        *["function", "name", "arguments", "retrieval", "code", "message"],
    }
    with pytest.raises(ResponseDecodeError, match=r"^\$\.data should be an array, but is missing\."):
        structure_page({"object": "list"})


def model_or_error(body: Any, kind: Any = StepPage) -> Any:
    try:
        return structure(body, kind)
    except ResponseDecodeError as error:
        return error


@pytest.mark.parametrize("kind", [RunStep, StepPage, StepDetails, ToolCall, Run], ids=str)
@given(body=json_like_ours)
def test_any_json_decodes_or_is_a_decode_error(kind: Any, body: Any) -> None:
    found = model_or_error(body, kind)
    if isinstance(found, ResponseDecodeError):
        assert found.path.startswith("$")
    else:
        assert structure(unstructure(found), kind) == found


def nested(depth: int) -> Any:
    return orjson.loads("[" * depth + "]" * depth)


@pytest.mark.parametrize("name", ["id", "created_at"])
@pytest.mark.parametrize(
    "wrong",
    [nested(1000), ["x" * 10_000] * 10_000, [{"x" * 10_000: 1}], 10**400],
    ids=["deep", "long", "long key", "big number"],
)
def test_an_error_shows_any_value_and_stays_short(name: str, wrong: Any) -> None:
    with pytest.raises(ResponseDecodeError) as caught:
        structure_step(step_body(**{name: wrong}))
    assert len(caught.value.message) < 200


# --- JSON text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [2**70, "\ud800", nested(300)], ids=["65 bits", "lone surrogate", "300 levels"])
def test_dumps_what_json_can_read(value: Any) -> None:
    step = structure_step(step_body(news=value))
    assert structure_step(json.loads(dumps(step))) == step


def test_dumps_lists() -> None:
    step = structure_step(step_body())
    assert orjson.loads(dumps([step, step])) == unstructure((step, step)) == [unstructure(step)] * 2


def test_unstructure_of_a_value_that_is_not_on_the_wire() -> None:
    assert unstructure(RunRef("thread_1", "run_1")) == {"thread_id": "thread_1", "run_id": "run_1"}


def test_what_is_written_is_a_copy() -> None:
    step = structure_step(step_body(metadata={"a": {"b": 1}}, news={"c": [1]}))
    back = unstructure(step)
    back["metadata"]["a"]["b"] = 2
    back["news"]["c"].append(2)
    assert step.metadata == {"a": {"b": 1}}
    assert step.extra == {"news": {"c": [1]}}
