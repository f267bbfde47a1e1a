"""Who may go, and when; over a real server in ``test_sending_transport``."""

from __future__ import annotations

import asyncio
import time

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import APITimeoutError, RateLimitError, Timeouts
from openai_steps._http.requests import Request
from openai_steps._sending.pending import PendingRequest
from openai_steps._sending.rate_limit import FIRST_CONCURRENCY
from openai_steps._sending.throttle import Throttle

PATIENT = Timeouts(total=1000)


def new_request(timeouts: Timeouts = PATIENT) -> PendingRequest:
    return PendingRequest(Request("https://host/v1/threads/t", "/threads/t"), timeouts)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def enter_all(throttle: Throttle) -> list[PendingRequest]:
    """Take every slot that is free."""
    entered: list[PendingRequest] = []
    while True:
        request = new_request()
        entering = asyncio.create_task(throttle.enter(request))
        await settle()
        if not entering.done():
            entering.cancel()
            await settle()
            return entered
        entered.append(request)


async def test_the_first_go_at_once_and_the_next_when_one_has_left() -> None:
    throttle = Throttle()
    entered = await enter_all(throttle)
    assert len(entered) == FIRST_CONCURRENCY
    waiting = asyncio.create_task(throttle.enter(new_request()))
    await settle()
    assert not waiting.done()
    throttle.leave(entered[0])
    await asyncio.wait_for(waiting, 20)
    assert await enter_all(throttle) == []


async def test_who_gets_no_slot_in_time_is_told() -> None:
    throttle = Throttle()
    await enter_all(throttle)
    with pytest.raises(APITimeoutError, match="waited for other requests to be answered"):
        await throttle.enter(new_request(Timeouts(total=0.01)))


async def test_answers_make_slots() -> None:
    throttle = Throttle()
    for _ in range(30):
        throttle.served(sent_at=0.0)
    assert len(await enter_all(throttle)) > FIRST_CONCURRENCY


async def test_a_rejection_holds_all_back_and_tells_who_has_no_time() -> None:
    throttle = Throttle()
    throttle.rejected(sent_at=0.0, retry_after=100)
    assert await enter_all(throttle) == []
    in_a_hurry = new_request(Timeouts(total=50))
    with pytest.raises(RateLimitError, match="no request through for another"):
        throttle.check_hold(in_a_hurry)
    with pytest.raises(RateLimitError, match="no request through for another"):
        await throttle.enter(in_a_hurry)
    assert 90 < throttle.check_hold(new_request()) <= 100


async def test_what_the_server_asked_for_is_told_and_not_when_a_probe_is_due() -> None:
    throttle = Throttle()
    throttle.rejected(sent_at=0.0, retry_after=86_400)
    with pytest.raises(RateLimitError, match="no request through for another") as caught:
        throttle.check_hold(new_request(Timeouts(total=5)))
    assert caught.value.retry_after == pytest.approx(86_400, abs=100)
    assert 10 < throttle.check_hold(new_request()) <= 30


async def test_an_answer_lets_go_who_is_held_back() -> None:
    throttle = Throttle()
    throttle.rejected(sent_at=0.0, retry_after=86_400)
    waiting = asyncio.create_task(throttle.enter(new_request()))
    await settle()
    assert not waiting.done()
    throttle.served(sent_at=time.monotonic())
    await asyncio.wait_for(waiting, 20)


async def test_who_is_refused_for_want_of_time_keeps_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai_steps._sending.throttle._SLOW", 1000.0)  # else a second makes another
    throttle = Throttle()
    entered = await enter_all(throttle)
    waiting = asyncio.create_task(throttle.enter(new_request(Timeouts(total=50))))
    await settle()
    throttle.rejected(sent_at=0.0, retry_after=100)
    throttle.leave(entered.pop())
    with pytest.raises(RateLimitError):
        await asyncio.wait_for(waiting, 20)
    with stamina.set_testing(True):  # nobody sleeps
        await asyncio.wait_for(throttle.enter(new_request()), 20)


async def test_requests_that_hang_make_room_for_those_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    hanging = await enter_all(throttle)
    monkeypatch.setattr("openai_steps._sending.throttle._SLOW", 0.01)
    await asyncio.wait_for(asyncio.gather(*(throttle.enter(new_request()) for _ in range(3 * FIRST_CONCURRENCY))), 20)
    monkeypatch.undo()
    for request in hanging:
        throttle.leave(request)
    assert len(await enter_all(throttle)) == FIRST_CONCURRENCY


async def test_what_goes_while_others_wait_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that was under way is slow already, so that nobody looks, until the next goes."""
    throttle = Throttle()
    await enter_all(throttle)
    monkeypatch.setattr("openai_steps._sending.throttle._SLOW", 0.0)
    await asyncio.wait_for(asyncio.gather(*(throttle.enter(new_request()) for _ in range(50))), 20)


@given(st.lists(st.sampled_from(["enter", "leave", "cancel first", "cancel last", "settle", "leave and cancel first"])))
async def test_slots_are_neither_lost_nor_doubled_and_go_to_the_first(events: list[str]) -> None:
    throttle = Throttle()
    requests: list[PendingRequest] = []
    tasks: list[asyncio.Task[None]] = []
    left: set[int] = set()
    for event in events * 3:
        inside = [i for i, task in enumerate(tasks) if task.done() and not task.cancelled() and i not in left]
        undecided = [task for task in tasks if not task.done() and not task.cancelling()]
        if event == "enter":
            requests.append(new_request())
            tasks.append(asyncio.create_task(throttle.enter(requests[-1])))
        if event == "settle":
            await settle()
        if "leave" in event and inside:
            throttle.leave(requests[inside[0]])
            left.add(inside[0])
        if "cancel" in event and undecided:
            undecided[-1 if "last" in event else 0].cancel()
    await settle()
    entered = [i for i, task in enumerate(tasks) if task.done() and not task.cancelled()]
    waiting = [i for i, task in enumerate(tasks) if not task.done()]
    assert len(entered) - len(left) == min(FIRST_CONCURRENCY, len(entered) + len(waiting) - len(left))
    assert not waiting or max(entered) < min(waiting)
    for number in waiting:
        tasks[number].cancel()
    await settle()
    for number in set(entered) - left:
        throttle.leave(requests[number])
    assert len(await enter_all(throttle)) == FIRST_CONCURRENCY
