"""The values that a user holds."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from builders import page_body, step_body, tool_step_body
from hypothesis import given
from hypothesis import strategies as st
from model_samples import EVERYTHING
from reaching import check_reachable
from thread_bodies import EVERY_FILE, EVERY_MESSAGE, EVERY_RUN, EVERY_THREAD

from openai_steps import (
    File,
    Message,
    MessagePage,
    Misfit,
    Page,
    Run,
    RunPage,
    RunRef,
    RunStep,
    RunSteps,
    Thread,
    ThreadPage,
    Tokens,
    UnreadableItem,
    UnreadableStep,
    Usage,
    structure_file,
    structure_page,
    structure_step,
)
from openai_steps._models import actions, messages, pages, runs, steps, threads, tool_calls

CLASSES = {
    value: None
    for module in (tool_calls, steps, actions, runs, messages, threads, pages)
    for value in vars(module).values()
    if isinstance(value, type) and attrs.has(value) and value not in (Page, Tokens)
}


def test_every_field_of_the_wire_can_be_reached() -> None:
    check_reachable(structure_page(EVERYTHING), EVERYTHING)


def test_nothing_is_left_in_extra_that_openai_or_azure_document() -> None:
    page = structure_page(EVERYTHING)
    assert page.extra.keys() == {"total_count", "total"}  # bee-api, LLAMPHouse
    assert page.data[0].extra.keys() == {"message_id"}  # open-assistant-api
    usage = page.data[0].usage
    assert usage is not None
    assert usage.extra.keys() == {"prompt_tokens_details"}


# --- The classes as values ----------------------------------------------------------------------------------------


def every_value() -> list[Any]:
    """Return at least one instance of every class, as the converter makes them."""
    others = (
        structure_page(page_body(*EVERY_RUN), RunPage),
        structure_page(page_body(*EVERY_MESSAGE), MessagePage),
        structure_page(page_body(*EVERY_THREAD), ThreadPage),
        structure_file(*EVERY_FILE),
        UnreadableItem(None, Misfit("$", "an object")),
        UnreadableStep({"id": 1}, Misfit("$.id", "text"), index=1),
    )
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

    for value in (*others, page, RunRef("t", "r"), RunSteps(thread_id="t", run_id="r", steps=page.data)):
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
        if isinstance(value, RunStep | Run | Message | Thread | File | Page | RunSteps | Usage | UnreadableItem):
            return  # one short line: test_models_notebook.py
        for field in attrs.fields(type(value)):
            assert (f"{field.name}={getattr(value, field.name)!r}" in repr(value)) == bool(field.repr)

    def test_matches_a_value_made_by_hand(self, value: Any) -> None:
        fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        assert type(value)(**fields) == value


def test_evolve_changes_one_field() -> None:
    step = structure_step(step_body())
    changed = attrs.evolve(step, status="failed")
    assert type(changed) is RunStep
    assert (changed.status, step.status) == ("failed", "completed")
    assert changed != step


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


@pytest.mark.parametrize("name", ["completed_at", "failed_at", "cancelled_at", "expired_at"])
def test_times_of_a_finished_step(name: str) -> None:
    step = structure_step(step_body(**{"completed_at": None, name: 1700000007.5}))
    assert step.finished_at == datetime(2023, 11, 14, 22, 13, 27, 500_000, UTC)
    assert step.duration == timedelta(seconds=7.5)
    backwards = structure_step(step_body(**{"completed_at": None, name: 1699990000}))
    assert backwards.duration == timedelta()


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
            cls("text", {})  # type: ignore[arg-type, call-arg]


def test_all_times_of_steps_are_known() -> None:
    at = [datetime.fromtimestamp(1_700_000_000 + second, UTC) for second in range(4)]
    step = structure_step(step_body(completed_at=None))
    going_on = attrs.evolve(step, created_at=at[0], updated_at=at[1])
    ended = attrs.evolve(step, created_at=at[2], failed_at=at[3])
    assert steps.known_times([going_on, ended]) == at
    assert steps.known_times([]) == []


def test_without_usage_no_tokens_are_known() -> None:
    assert steps.tokens_of(None) == Tokens()
    assert steps.tokens_of(Usage(input_tokens=2, output_tokens=3)) == Tokens(prompt=2, completion=3, total=5)
