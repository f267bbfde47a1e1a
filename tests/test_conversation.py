"""A run sees what came before it, and nothing of what came after."""

import copy
from typing import Any

from thread_samples import BODIES, HISTORIES, history_of

from openai_steps.conversation import run_of, runs_of
from openai_steps.turns import MessageTurn, StepTurn, Turn


def names(turns: tuple[Turn, ...]) -> list[str]:
    return [turn.message.id if isinstance(turn, MessageTurn) else turn.step.id for turn in turns]


def test_a_failed_run_does_not_see_the_future() -> None:
    failed, good = runs_of(HISTORIES["thread_refund"])
    assert (names(failed.before), names(failed.own)) == (["msg_f1"], ["step_f1"])
    assert names(good.before) == ["msg_f1", "step_f1", "msg_f2"]
    assert names(good.own) == ["msg_f3", "step_f3", "step_f4", "msg_f4"]
    assert (failed.question, failed.answer) == ("Refund order 7, please.", None)
    assert (good.question, good.answer) == ('Hello? "7" \U0001f64f', "Done: order 7 is refunded.")


def test_one_run_is_the_same_as_among_all() -> None:
    for history in HISTORIES.values():
        assert [run_of(history, run.run.id) for run in runs_of(history)] == list(runs_of(history))
        assert run_of(history, "run_of_nobody") is None


def test_a_run_that_left_nothing_behind_has_its_place_in_time() -> None:
    body = copy.deepcopy(BODIES["thread_refund"])
    body["steps"]["run_refund1"] = []
    empty, good = runs_of(history_of(body))
    assert (names(empty.before), names(empty.own)) == (["msg_f1"], [])
    assert names(good.before) == ["msg_f1", "msg_f2"]


def test_several_questions_are_one() -> None:
    body = copy.deepcopy(BODIES["thread_weather"])
    more: dict[str, Any] = copy.deepcopy(body["messages"][0])
    more["id"] = "msg_more"
    more["content"][0]["text"]["value"] = "In Celsius."
    body["messages"].insert(1, more)
    (run,) = runs_of(history_of(body))
    assert run.question == "How warm is it in Paris and in Zürich?\nIn Celsius."


def test_calls_know_whether_they_were_answered() -> None:
    answered = {
        call.call.id: (call.is_answered, call.went_unanswered)
        for history in HISTORIES.values()
        for run in runs_of(history)
        for call in run.calls
    }
    assert answered == {
        "call_w1": (True, False),
        "call_w2": (True, False),
        "call_r1": (True, False),
        "call_r2": (True, False),
        "call_r4": (True, False),
        "call_r5": (False, False),  # Bing never shows its results
        "call_f1": (False, True),
        "call_f2": (True, False),
        "call_f3": (True, False),  # "" is an answer
    }


def test_each_turn_is_of_one_run_at_most() -> None:
    for history in HISTORIES.values():
        own = [name for run in runs_of(history) for name in names(run.own)]
        assert len(own) == len(set(own))
        assert sum(isinstance(turn, StepTurn) for turn in history.turns.turns) <= len(own)
