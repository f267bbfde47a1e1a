"""Many jobs at once, with bounds on how many run and how many results wait. A job can be anything.

A few workers take jobs from one source and put results into one queue; a worker costs less than a task for each job.
A slot is taken before a job, and released when the consumer takes the result, so a slow consumer stops the workers,
and the workers stop the source. Leaving the generator early leaves no task behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Generic, TypeAlias, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
_Finished: TypeAlias = "asyncio.Queue[tuple[int, Result] | asyncio.Task[None]]"  # results, and workers that have ended


async def run_fleet(
    jobs: Iterable[Job] | AsyncIterable[Job],
    work: Callable[[Job], Awaitable[Result]],
    *,
    concurrency: int,
    in_order: bool = False,
) -> AsyncGenerator[Result, None]:
    """Run jobs, at most ``concurrency`` at once.

    Args:
        jobs: Taken one by one, when they can be run; never by two workers at once.
        work: Runs one job. An exception ends everything, so expected failures belong in the result.
        concurrency: The most jobs, 1 or more, that run or have a result waiting; twice as many with ``in_order``, so
            that one slow job does not stop the others.
        in_order: Whether results come in the order of the jobs, or as they are ready.

    Yields:
        The results.

    Raises:
        Exception: What ``jobs`` raised, after the results of the earlier jobs; or what ``work`` raised, at once.
    """
    source = _Source(jobs)
    slots = asyncio.Semaphore(2 * concurrency if in_order else concurrency)
    finished: _Finished[Result] = asyncio.Queue()
    workers = [asyncio.create_task(_work(source, work, slots, finished)) for _ in range(concurrency)]
    for worker in workers:
        worker.add_done_callback(finished.put_nowait)
    ready = _InOrder[Result]() if in_order else _AsFinished[Result]()
    try:
        left = concurrency
        while left:
            item = await finished.get()
            if isinstance(item, asyncio.Task):
                item.result()  # raises what the worker raised
                left -= 1
                continue
            for result in ready.feed(*item):
                slots.release()
                yield result
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
    if source.error is not None:
        raise source.error


async def _work(
    source: _Source[Job],
    work: Callable[[Job], Awaitable[Result]],
    slots: asyncio.Semaphore,
    finished: _Finished[Result],
) -> None:
    while True:
        await slots.acquire()
        numbered = await source.take()
        if numbered is None:
            slots.release()  # for the next worker, which is to see the same
            return
        number, job = numbered
        finished.put_nowait((number, await work(job)))


class _Source(Generic[Job]):
    """Numbers the jobs, from 0, as workers take them, until the jobs end or raise an error."""

    def __init__(self, jobs: Iterable[Job] | AsyncIterable[Job]) -> None:
        self.error: Exception | None = None
        self._taken = 0
        self._over = False
        self._turn = asyncio.Lock()  # an async generator cannot be advanced twice at once
        self._awaited = aiter(jobs) if isinstance(jobs, AsyncIterable) else None
        self._plain = iter(()) if isinstance(jobs, AsyncIterable) else iter(jobs)

    async def take(self) -> tuple[int, Job] | None:
        """Return the next job and its number; None when there are no more."""
        if self._over:
            return None
        try:
            job = next(self._plain) if self._awaited is None else await self._await_next(self._awaited)
        except (StopIteration, StopAsyncIteration):
            self._over = True
            return None
        except Exception as error:
            self._over, self.error = True, error
            return None
        self._taken += 1
        return self._taken - 1, job

    async def _await_next(self, jobs: AsyncIterator[Job]) -> Job:
        async with self._turn:
            if self._over:
                raise StopAsyncIteration
            return await anext(jobs)


class _AsFinished(Generic[Result]):
    """Results as they are ready."""

    def feed(self, number: int, result: Result) -> Iterable[Result]:
        return (result,)


class _InOrder(Generic[Result]):
    """Results in the order of their numbers."""

    def __init__(self) -> None:
        self._early: dict[int, Result] = {}
        self._wanted = 0

    def feed(self, number: int, result: Result) -> Iterator[Result]:
        self._early[number] = result
        while self._wanted in self._early:
            yield self._early.pop(self._wanted)
            self._wanted += 1
