"""A thread in true order, though its times are whole seconds."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from builders import Body, step_body, tool_step_body
from hypothesis import given
from hypothesis import strategies as st
from thread_bodies import MCP_CALL, message_body, run_body

from openai_steps import Message, OtherToolCall, Run, RunStep, structure_message, structure_run, structure_step
from openai_steps.testing.strategies import WholeThread, whole_threads
from openai_steps.turns import BrokenArguments, MessageTurn, OrderedThread, StepTurn, order_turns, parse_arguments

# --- Threads of which the true order is known -----------------------------------------------------------------------


@attrs.define
class Told:
    """A thread as a client reads it, and the ids of its turns in the order in which they happened."""

    messages: list[Message]
    runs: list[Run]
    steps: dict[str, list[RunStep]]
    truth: list[str]
    orphans: list[str]

    def ordered(self) -> OrderedThread:
        return order_turns(self.messages, self.runs, self.steps)


def told(whole: WholeThread) -> Told:
    return Told(
        list(map(structure_message, whole.messages)),
        list(map(structure_run, whole.runs)),
        {run_id: list(map(structure_step, steps)) for run_id, steps in whole.steps.items()},
        whole.order,
        whole.orphans,
    )


threads = whole_threads().map(told)


def ids(thread: OrderedThread) -> list[str]:
    return [turn.message.id if isinstance(turn, MessageTurn) else turn.step.id for turn in thread.turns]


@given(threads)
def test_turns_stand_in_the_order_in_which_they_happened(thread: Told) -> None:
    ordered = thread.ordered()
    assert ids(ordered) == thread.truth
    assert sorted(step.id for step in ordered.orphans) == sorted(thread.orphans)
    assert ordered.unknown_runs == ()


@given(threads)
def test_messages_need_not_say_of_which_run_they_are(thread: Told) -> None:
    thread.messages = [attrs.evolve(message, run_id=None) for message in thread.messages]  # bee-api
    assert ids(thread.ordered()) == thread.truth


@given(threads, st.randoms(use_true_random=False))
def test_steps_put_the_messages_of_a_run_right(thread: Told, chance: random.Random) -> None:
    """Some servers mix up what they list of one second."""
    mixed: list[Message] = []
    for message in thread.messages:
        last = mixed[-1] if mixed else None
        is_like_last = last and last.run_id and (last.run_id, last.created_at) == (message.run_id, message.created_at)
        mixed.insert(len(mixed) - 1 if is_like_last and chance.random() < 0.5 else len(mixed), message)
    thread.messages = mixed
    assert ids(thread.ordered()) == thread.truth


@given(threads)
def test_each_turn_knows_its_run_and_step(thread: Told) -> None:
    runs = {run.id: run for run in thread.runs}
    for turn in thread.ordered().turns:
        match turn:
            case StepTurn():
                assert turn.run == runs[str(turn.step.run_id)]
            case MessageTurn(step=None):
                assert turn.run is None
                assert turn.message.run_id is None
            case MessageTurn(step=step):
                assert step is not None
                assert step.message_id == turn.message.id
                assert turn.run == runs[str(step.run_id)]


@given(threads, st.data())
def test_nothing_is_lost_whatever_is_missing(thread: Told, data: st.DataObject) -> None:
    def some(items: Sequence[Any]) -> list[Any]:
        return [item for item in items if data.draw(st.booleans())]

    thread.messages, thread.runs = some(thread.messages), some(thread.runs)
    thread.steps = {run_id: some(steps) for run_id, steps in thread.steps.items() if data.draw(st.booleans())}
    ordered = thread.ordered()
    steps = [step for own in thread.steps.values() for step in own]
    there = {message.id for message in thread.messages}
    turns = {message.id for message in thread.messages} | {step.id for step in steps if step.message_id is None}
    assert sorted(ids(ordered)) == sorted(turns)
    assert {step.id for step in ordered.orphans} == {
        step.id for step in steps if step.message_id is not None and step.message_id not in there
    }
    named = {message.run_id for message in thread.messages} | {run_id for run_id, own in thread.steps.items() if own}
    assert set(ordered.unknown_runs) == named - {None} - {run.id for run in thread.runs}


# --- By hand ----------------------------------------------------------------------------------------------------------


def user(message_id: str, created_at: int, **fields: Any) -> Message:
    return structure_message(message_body(id=message_id, created_at=created_at, **{"role": "user", **fields}))


def answer(message_id: str, created_at: int, run_id: str) -> Message:
    return user(message_id, created_at, role="assistant", run_id=run_id)


def run(run_id: str, created_at: int) -> Run:
    return structure_run(run_body(id=run_id, created_at=created_at))


def called(step_id: str, created_at: int) -> RunStep:
    return structure_step(tool_step_body(MCP_CALL, id=step_id, created_at=created_at))


def wrote(step_id: str, created_at: int, message_id: str) -> RunStep:
    details = {"type": "message_creation", "message_creation": {"message_id": message_id}}
    return structure_step(step_body(id=step_id, created_at=created_at, step_details=details))


SAMPLES = json.loads((Path(__file__).parent / "sample_threads.json").read_text("utf-8"))
IN_ORDER = {
    "thread_weather": "msg_w1 step_w1 msg_w2",
    "thread_report": "msg_r1 step_r1 step_r2 msg_r2 msg_r3 step_r4 msg_r4",
    "thread_refund": "msg_f1 step_f1 msg_f2 msg_f3 step_f3 step_f4 msg_f4",
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["thread"]["id"]))
def test_samples(sample: Body) -> None:
    thread = order_turns(
        map(structure_message, sample["messages"]),
        map(structure_run, sample["runs"]),
        {run_id: list(map(structure_step, steps)) for run_id, steps in sample["steps"].items()},
    )
    assert " ".join(ids(thread)) == IN_ORDER[sample["thread"]["id"]]
    assert (thread.orphans, thread.unknown_runs) == ((), ())


def test_an_empty_thread_has_no_turns() -> None:
    assert order_turns([], [], {}) == OrderedThread(turns=())


def test_failed_runs_stand_where_they_began() -> None:
    messages = [user("u1", 10), user("u2", 20), answer("a", 31, "r3"), user("u3", 40)]
    runs = [run("r1", 10), run("r2", 30), run("r3", 30), run("r4", 41)]
    steps = {"r4": [called("s4", 41)], "r1": [called("s1", 12)], "r2": [called("s2", 30)], "r3": [wrote("s3", 31, "a")]}
    assert ids(order_turns(messages, runs, steps)) == ["u1", "s1", "u2", "s2", "a", "u3", "s4"]


def test_what_follows_the_last_message_of_a_run_comes_before_the_next_user() -> None:
    thread = order_turns(
        [user("u1", 10), answer("a", 11, "r"), user("u2", 11)],
        [run("r", 10)],
        {"r": [wrote("s1", 11, "a"), called("s2", 12)]},
    )
    assert ids(thread) == ["u1", "a", "s2", "u2"]


def test_where_no_step_names_the_message_times_must_do() -> None:
    thread = order_turns(
        [user("u1", 10), answer("a", 12, "r"), answer("b", 15, "r")],
        [run("r", 10)],
        {"r": [called("s1", 11), called("s2", 12), called("s3", 13), wrote("s4", 15, "b"), called("s5", 16)]},
    )
    assert ids(thread) == ["u1", "s1", "s2", "a", "s3", "b", "s5"]


def test_times_take_no_step_beyond_one_that_wrote_a_message() -> None:
    thread = order_turns(
        [answer("a", 15, "r"), answer("b", 15, "r")],
        [run("r", 10)],
        {"r": [called("s1", 11), wrote("s2", 15, "b"), called("s3", 15)]},
    )
    assert ids(thread) == ["s1", "a", "b", "s3"]


def test_a_message_that_a_user_adds_with_a_run_comes_before_its_steps() -> None:
    """open-assistant-api gives such messages the run's id."""
    thread = order_turns(
        [user("u1", 10, run_id="r"), answer("a", 10, "r")],
        [run("r", 10)],
        {"r": [called("s1", 10), wrote("s2", 10, "a")]},
    )
    assert ids(thread) == ["u1", "s1", "a"]


def test_a_message_that_two_steps_name_has_one_place() -> None:
    thread = order_turns([answer("a", 12, "r")], [run("r", 10)], {"r": [wrote("s1", 11, "a"), wrote("s2", 12, "a")]})
    assert ids(thread) == ["a"]
    assert [step.id for step in thread.orphans] == ["s2"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("messages", ([user("b", 2), user("a", 1)], [], {})),
        ("runs", ([], [run("b", 2), run("a", 1)], {})),
        ("steps of 'r'", ([], [], {"r": [called("b", 2), called("a", 1)]})),
    ],
)
def test_lists_that_are_newest_first_are_refused(name: str, arguments: Any) -> None:
    with pytest.raises(ValueError, match=f"The {name} are newest first: read them with order='asc'"):
        order_turns(*arguments)


# --- Arguments --------------------------------------------------------------------------------------------------------


def call(body: Body) -> Any:
    (only,) = structure_step(tool_step_body({"id": "call_1", **body})).tool_calls
    return only


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ({"type": "function", "function": {"name": "f", "arguments": '{"a": [1]}'}}, {"a": [1]}),
        ({"type": "function", "function": {"name": "f", "arguments": ""}}, {}),
        ({"type": "function", "function": {"name": "f", "arguments": " \n"}}, {}),
        ({"type": "mcp", "name": "m", "arguments": "{}"}, {}),
        ({"type": "code_interpreter", "code_interpreter": {"input": "{1}"}}, {"input": "{1}"}),
        ({"type": "file_search", "file_search": {}}, {}),
        ({"type": "azure_ai_search", "azure_ai_search": {"input": "q", "output": "o"}}, {"input": "q"}),
        ({"type": "bing_grounding", "bing_grounding": {"requesturl": "u"}}, {"requesturl": "u"}),
        ({"type": "openapi", "openapi": {"name": "n", "arguments": '{"a": 1}'}}, {"a": 1}),
        ({"type": "hologram"}, {}),
    ],
)
def test_arguments_as_an_object(body: Body, arguments: Body) -> None:
    assert parse_arguments(call(body)) == arguments


@pytest.mark.parametrize("text", ['{"order": 7', "[1]", "7", "null", "{'a': 1}", '{"a": NaN}', "[" * 5000])
def test_broken_arguments_are_kept(text: str) -> None:
    broken = parse_arguments(call({"type": "function", "function": {"name": "f", "arguments": text}}))
    assert isinstance(broken, BrokenArguments)
    assert broken.text == text
    assert broken.reason


def test_arguments_that_are_an_object_already_are_taken_as_they_are() -> None:
    assert parse_arguments(OtherToolCall({"type": "x", "x": {"arguments": {"a": 1}}})) == {"a": 1}
