"""Who may go, and when; over a real server in ``test_transport``."""

from __future__ import annotations

import asyncio

import pytest
import stamina

from openai_steps import APITimeoutError, RateLimitError, Timeouts
from openai_steps._http.requests import Request
from openai_steps._sending.admission import Admission
from openai_steps._sending.deadline import Call
from openai_steps._sending.rate_limit import FIRST_PLACES

PATIENT = Timeouts(total=1000)


def new_call(timeouts: Timeouts = PATIENT) -> Call:
    return Call(Request("https://host/v1/threads/t", "/threads/t"), timeouts)


def enter_all(admission: Admission) -> list[Call]:
    """Take every place that is free."""
    calls: list[Call] = []
    while admission.enter_at_once(call := new_call()):
        calls.append(call)
    return calls


async def test_the_first_go_at_once_and_the_next_when_one_has_left() -> None:
    admission = Admission()
    calls = enter_all(admission)
    assert len(calls) == FIRST_PLACES
    waiting = asyncio.create_task(admission.enter(new_call()))
    await asyncio.sleep(0)
    assert not waiting.done()
    admission.leave(calls[0])
    await asyncio.wait_for(waiting, 20)
    assert not admission.enter_at_once(new_call())


async def test_who_gets_no_place_in_time_is_told() -> None:
    admission = Admission()
    enter_all(admission)
    with pytest.raises(APITimeoutError, match="waited for other requests to be answered"):
        await admission.enter(new_call(Timeouts(total=0.01)))


async def test_answers_make_places() -> None:
    admission = Admission()
    for _ in range(20):
        admission.served()
    assert len(enter_all(admission)) > FIRST_PLACES


async def test_a_rejection_holds_all_back_and_tells_who_has_no_time() -> None:
    admission = Admission()
    admission.rejected(sent_at=0.0, retry_after=100)
    assert not admission.enter_at_once(new_call())
    in_a_hurry = new_call(Timeouts(total=50))
    with pytest.raises(RateLimitError, match="no place for another"):
        admission.hold_for(in_a_hurry)
    with pytest.raises(RateLimitError, match="no place for another"):
        await admission.enter(in_a_hurry)
    assert 90 < admission.hold_for(new_call()) <= 100


async def test_who_is_refused_at_the_gate_keeps_no_place() -> None:
    admission = Admission()
    calls = enter_all(admission)
    waiting = asyncio.create_task(admission.enter(new_call(Timeouts(total=50))))
    await asyncio.sleep(0)
    admission.rejected(sent_at=0.0, retry_after=100)
    admission.leave(calls.pop())
    with pytest.raises(RateLimitError):
        await asyncio.wait_for(waiting, 20)
    with stamina.set_testing(True):  # nobody sleeps
        await asyncio.wait_for(admission.enter(new_call()), 20)


async def test_calls_that_hang_make_room_for_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission()
    monkeypatch.setattr("openai_steps._sending.admission._SLOW", 0.01)
    hanging = enter_all(admission)
    await asyncio.wait_for(asyncio.gather(*(admission.enter(new_call()) for _ in range(3 * FIRST_PLACES))), 20)
    for call in hanging:
        admission.leave(call)
    assert admission.enter_at_once(new_call())


async def test_what_goes_while_others_wait_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that was under way is slow already, so that nobody looks, until the next goes."""
    admission = Admission()
    monkeypatch.setattr("openai_steps._sending.admission._SLOW", 0.0)
    enter_all(admission)
    await asyncio.wait_for(asyncio.gather(*(admission.enter(new_call()) for _ in range(50))), 20)
