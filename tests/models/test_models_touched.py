"""What waits to be touched: nobody sees that it was not there."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import threading
from typing import Any

import attrs
import pytest
from builders import page_body, step_body, tool_step_body

from openai_steps import (
    FunctionToolCall,
    Misfit,
    OtherToolCall,
    RunStep,
    StepPage,
    ToolCallsDetails,
    structure_step,
    unstructure,
)
from openai_steps._json.decoder import decode, decode_by_items


def text(body: Any) -> bytes:
    return json.dumps(body).encode()


def untouched() -> RunStep:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return decode(text(tool_step_body(call, {**call, "function": {"name": 7}})), RunStep)


def same() -> RunStep:
    return structure_step(unstructure(untouched()))


def is_made(step: Any) -> bool:
    try:
        object.__getattribute__(step, type(step).touched)
    except AttributeError:
        return False
    return True


def test_details_and_calls_are_made_when_touched_and_once() -> None:
    step = untouched()
    assert not is_made(step)
    details = step.step_details
    assert isinstance(details, ToolCallsDetails)
    assert is_made(step)
    assert not is_made(details)
    assert details.tool_calls is step.tool_calls is step.step_details.tool_calls  # type: ignore[union-attr]
    good, odd = step.tool_calls
    assert isinstance(good, FunctionToolCall)
    assert isinstance(odd, OtherToolCall)
    assert odd.problem == Misfit("$.step_details.tool_calls[1].function.name", "text")


@pytest.mark.parametrize(
    "look",
    [
        lambda step: step == same() and same() == step,
        lambda step: hash(step) == hash(same()),
        lambda step: repr(step) == repr(same()),
        lambda step: copy.copy(step) == same(),
        lambda step: copy.deepcopy(step) == same(),
        lambda step: all(pickle.loads(pickle.dumps(step, protocol)) == same() for protocol in range(2, 6)),
        lambda step: attrs.evolve(step, status="failed").step_details == same().step_details,
        lambda step: attrs.asdict(step) == attrs.asdict(same()),
        lambda step: attrs.astuple(step) == attrs.astuple(same()),
        lambda step: unstructure(step) == unstructure(same()),
        lambda step: attrs.fields(type(step)) == attrs.fields(type(same())),
        lambda step: hasattr(step, "step_details"),
        lambda step: not hasattr(step, "surprise") and not hasattr(step, "__deepcopy__"),
    ],
)
def test_nobody_sees_that_it_was_not_there(look: Any) -> None:
    assert look(untouched())


def test_match_sees_it() -> None:
    match untouched():
        case RunStep(step_details=ToolCallsDetails(tool_calls=(FunctionToolCall(), OtherToolCall()))):
            pass
        case _:
            pytest.fail("no match")


def test_what_is_not_there_is_missed_in_the_usual_words() -> None:
    with pytest.raises(AttributeError, match=r"^'RunStep' object has no attribute 'surprise'$"):
        getattr(untouched(), "surprise")  # noqa: B009 - type checkers know better
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(untouched(), "step_details", None)  # noqa: B010


def test_two_threads_get_the_same() -> None:
    for _ in range(50):
        step, barrier = untouched(), threading.Barrier(4)
        met: list[Any] = []

        def touch(step: RunStep = step, barrier: threading.Barrier = barrier, met: list[Any] = met) -> None:
            barrier.wait()
            met.append((step.step_details, step.tool_calls))

        threads = [threading.Thread(target=touch) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(details is met[0][0] and calls is met[0][1] for details, calls in met)


def test_a_step_does_not_keep_its_page() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    body = text(page_body(step_body(), tool_step_body(call)))
    references = sys.getrefcount(body)
    steps = decode(body, StepPage).data, decode_by_items(body, StepPage, raw=True)
    assert steps
    assert sys.getrefcount(body) == references
