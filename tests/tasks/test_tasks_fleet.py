from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import until

from openai_steps._tasks.fleet import run_fleet

DELAYS = st.lists(st.integers(0, 5), max_size=40)


CONCURRENCY = st.integers(1, 8)


class Watched:
    """Jobs that yield to the loop as often as their delay says, and the most of everything seen at once."""

    def __init__(self, delays: list[int]) -> None:
        self.delays = delays
        self.taken = 0
        self.running = 0
        self.most_running = 0

    def jobs(self) -> Iterator[int]:
        for number in range(len(self.delays)):
            self.taken += 1
            yield number

    async def ajobs(self) -> AsyncIterator[int]:
        for number in self.jobs():
            await asyncio.sleep(0)
            yield number

    async def work(self, number: int) -> int:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        for _ in range(self.delays[number]):
            await asyncio.sleep(0)
        self.running -= 1
        return number


def no_tasks_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


@given(delays=DELAYS, concurrency=CONCURRENCY, in_order=st.booleans(), asynchronous=st.booleans())
async def test_every_job_is_done_once_within_the_bound(
    delays: list[int], concurrency: int, in_order: bool, asynchronous: bool
) -> None:
    watched = Watched(delays)
    jobs = watched.ajobs() if asynchronous else watched.jobs()
    results = [n async for n in run_fleet(jobs, watched.work, concurrency=concurrency, in_order=in_order)]
    assert sorted(results) == list(range(len(delays)))
    assert not in_order or results == sorted(results)
    assert watched.most_running <= concurrency
    assert no_tasks_left()


@given(delays=DELAYS, concurrency=CONCURRENCY, in_order=st.booleans())
async def test_a_slow_consumer_stops_the_source(delays: list[int], concurrency: int, in_order: bool) -> None:
    watched = Watched(delays)
    held = 2 * concurrency if in_order else concurrency
    given_out = 0
    async for _ in run_fleet(watched.jobs(), watched.work, concurrency=concurrency, in_order=in_order):
        given_out += 1
        for _ in range(10):  # long enough for all that may go on
            await asyncio.sleep(0)
        assert watched.taken <= given_out + held


async def test_a_fast_consumer_keeps_all_workers_busy() -> None:
    watched = Watched([3] * 30)
    async for _ in run_fleet(watched.jobs(), watched.work, concurrency=7):
        pass
    assert watched.most_running == 7


async def test_one_slow_job_does_not_stop_the_others_in_order() -> None:
    watched = Watched([50] + [0] * 30)
    async with aclosing(run_fleet(watched.jobs(), watched.work, concurrency=4, in_order=True)) as results:
        assert await anext(results) == 0
        assert watched.taken >= 8


@given(before=st.integers(0, 10), concurrency=CONCURRENCY, in_order=st.booleans(), asynchronous=st.booleans())
async def test_an_error_of_the_source_comes_after_the_results_before_it(
    before: int, concurrency: int, in_order: bool, asynchronous: bool
) -> None:
    watched = Watched([2] * before)

    def jobs() -> Iterator[int]:
        yield from watched.jobs()
        raise LookupError("no more input")

    async def ajobs() -> AsyncIterator[int]:
        for job in jobs():
            yield job

    source = ajobs() if asynchronous else jobs()
    results: list[int] = []

    async def consume() -> None:
        async for number in run_fleet(source, watched.work, concurrency=concurrency, in_order=in_order):
            results.append(number)  # noqa: PERF401 - an extend would lose all of them at the error

    with pytest.raises(LookupError, match="no more input"):
        await consume()
    assert sorted(results) == list(range(before))
    assert no_tasks_left()


async def test_an_exception_of_the_work_ends_everything() -> None:
    stuck = asyncio.Event()

    async def work(number: int) -> None:
        if number == 3:
            raise ZeroDivisionError
        await stuck.wait()

    with pytest.raises(ZeroDivisionError):
        async for _ in run_fleet(range(10), work, concurrency=5):
            pass
    assert no_tasks_left()


@given(delays=DELAYS, concurrency=CONCURRENCY, wanted=st.integers(0, 10), in_order=st.booleans())
async def test_leaving_early_leaves_no_task(delays: list[int], concurrency: int, wanted: int, in_order: bool) -> None:
    watched = Watched(delays)
    async with aclosing(run_fleet(watched.jobs(), watched.work, concurrency=concurrency, in_order=in_order)) as results:
        for _ in range(min(wanted, len(delays))):
            await anext(results)
    assert no_tasks_left()


async def test_a_cancelled_consumer_leaves_no_task() -> None:
    working = asyncio.Event()

    async def work(number: int) -> None:
        working.set()
        await asyncio.Event().wait()

    async def consume() -> None:
        async for _ in run_fleet(range(10), work, concurrency=3):
            pass

    task = asyncio.create_task(consume())
    await working.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert no_tasks_left()


async def test_a_break_leaves_no_task() -> None:
    watched = Watched([1] * 50)
    async for _ in run_fleet(watched.jobs(), watched.work, concurrency=5):
        break
    gc.collect()
    await until(no_tasks_left)


@pytest.mark.parametrize(("in_order", "held"), [(False, 4), (True, 8)])
async def test_as_many_results_as_promised_wait_for_a_slow_consumer(in_order: bool, held: int) -> None:
    watched = Watched([0] * 50)
    given_out = 0
    async for _ in run_fleet(watched.jobs(), watched.work, concurrency=4, in_order=in_order):
        given_out += 1
        for _ in range(50):
            await asyncio.sleep(0)
        assert watched.taken == min(50, given_out + held)


async def test_results_come_as_they_are_ready_unless_their_order_is_asked_for() -> None:
    watched = Watched([30, 0, 0, 0])
    assert [n async for n in run_fleet(watched.jobs(), watched.work, concurrency=2)][-1] == 0


class Asked:
    """Jobs that end, or break, at the third, and would go on if somebody asked again."""

    def __init__(self, end: BaseException) -> None:
        self.end = end
        self.asked = 0

    def next_job(self) -> int:
        self.asked += 1
        if self.asked == 3 or self.asked > 50:  # not for ever, whoever asks on
            raise self.end
        return self.asked


class PlainlyAsked(Asked):
    def __iter__(self) -> PlainlyAsked:
        return self

    def __next__(self) -> int:
        return self.next_job()


class AskedAndAwaited(Asked):
    def __aiter__(self) -> AskedAndAwaited:
        return self

    async def __anext__(self) -> int:
        await asyncio.sleep(0)
        return self.next_job()


@pytest.mark.parametrize(
    "jobs",
    [
        PlainlyAsked(StopIteration()),
        PlainlyAsked(LookupError()),
        AskedAndAwaited(StopAsyncIteration()),
        AskedAndAwaited(LookupError()),
    ],
)
async def test_a_source_that_is_over_is_asked_no_more(jobs: PlainlyAsked | AskedAndAwaited) -> None:
    results: list[int] = []

    async def work(job: int) -> int:
        await asyncio.sleep(0)
        return job

    async def consume() -> None:
        async for result in run_fleet(jobs, work, concurrency=4):
            results.append(result)  # noqa: PERF401 - an extend would lose all of them at the error

    if isinstance(jobs.end, LookupError):
        with pytest.raises(LookupError):
            await consume()
    else:
        await consume()
    assert sorted(results) == [1, 2]
    assert jobs.asked == 3
