"""One page ahead, without a network: a fetch that the test opens and closes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest
from attrs import define, field
from sample_steps import make_steps, step_ids
from serving import ids

from openai_steps import NotFoundError, RunStep, StepPage, StepsError, structure_page
from openai_steps._tasks.collect import read_both_ends
from openai_steps._tasks.prefetch import PageReader
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.two_ends import TwoEnds
from openai_steps.emulator import Query, list_steps


@define
class Server:
    """Answers from a list of steps, each request when its turn is let through."""

    count: int
    order: str = "asc"
    held: bool = False
    asked: list[PageQuery] = field(factory=list)
    called_off: int = 0
    gate: asyncio.Event = field(factory=asyncio.Event)
    fail: Callable[[PageQuery], bool] = field(default=lambda _: False)

    async def fetch(self, query: PageQuery) -> StepPage:
        self.asked.append(query)
        try:
            if self.held:
                await self.gate.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.called_off += 1
            raise
        if self.fail(query):
            raise NotFoundError("gone", status=404)
        asked = Query(limit=query.limit, order=self.order, after=query.after, before=query.before)  # type: ignore[arg-type]
        return structure_page(list_steps(make_steps(self.count), asked))

    def reader(self, *, prefetch: bool = True, page_size: int = 10) -> PageReader:
        return PageReader(start_walk(page_size=page_size), self.fetch, prefetch=prefetch)


async def turns(number: int = 10) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def read_all(reader: PageReader, *, start: bool) -> list[str]:
    steps: list[RunStep] = []
    while pages := await reader.read():
        for page in pages:
            if start:
                reader.start()
            steps += page.data
    return ids(steps)


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("prefetch", [True, False])
async def test_pages_are_the_same_with_and_without(prefetch: bool, start: bool) -> None:
    server = Server(35)
    assert await read_all(server.reader(prefetch=prefetch), start=start) == step_ids(range(35))
    assert len(server.asked) == 4


async def test_nothing_is_sent_before_it_is_read_or_started() -> None:
    server = Server(35)
    reader = server.reader()
    await turns()
    assert server.asked == []
    await reader.read()
    await turns()
    assert len(server.asked) == 1


async def test_one_page_ahead_and_no_more() -> None:
    server = Server(35)
    reader = server.reader()
    await reader.read()
    for _ in range(3):
        reader.start()
        await turns()
    assert len(server.asked) == 2
    await reader.read()
    assert len(server.asked) == 2
    await reader.aclose()


async def test_nothing_is_started_without_prefetch_or_behind_the_end() -> None:
    server = Server(35)
    reader = server.reader(prefetch=False)
    await reader.read()
    reader.start()
    await turns()
    assert len(server.asked) == 1
    short = Server(5)
    ended = short.reader()
    await ended.read()
    ended.start()
    await turns()
    assert await ended.read() == []
    assert len(short.asked) == 1


async def test_a_request_on_its_way_is_called_off_and_waited_for() -> None:
    server = Server(35)
    reader = server.reader()
    await reader.read()
    server.held = True
    reader.start()
    await turns()
    await reader.aclose()
    assert server.called_off == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await reader.aclose()  # again, which is no matter


async def test_a_request_that_has_not_begun_is_called_off_too() -> None:
    server = Server(35)
    reader = server.reader()
    await reader.read()
    reader.start()
    await reader.aclose()
    assert len(server.asked) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_failure_ahead_that_nobody_reads_is_no_complaint() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    server = Server(35, fail=lambda query: query.after is not None)
    reader = server.reader()
    await reader.read()
    reader.start()
    await turns()
    await reader.aclose()
    del reader
    gc.collect()
    await turns()
    assert complaints == []


@pytest.mark.parametrize("start", [True, False])
async def test_a_failure_says_where_to_go_on(start: bool) -> None:
    server = Server(35, fail=lambda query: query.after == "step_0019")
    reader = server.reader()
    with pytest.raises(NotFoundError) as caught:
        await read_all(reader, start=start)
    assert (caught.value.resume_after, caught.value.resume_before) == ("step_0019", None)
    await reader.aclose()


async def test_a_reader_that_is_called_off_calls_off_its_request() -> None:
    server = Server(35)
    reader = server.reader()
    await reader.read()
    server.held = True
    reader.start()
    task = asyncio.create_task(reader.read())
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await reader.aclose()
    assert server.called_off == 1


# --- From both ends ----------------------------------------------------------------------------------------------


async def both_ends(head: Server, tail: Server) -> list[RunStep]:
    return await read_both_ends(TwoEnds(order="asc", page_size=10), head.fetch, tail.fetch)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 45, 60])
async def test_both_ends_meet(count: int) -> None:
    head, tail = Server(count), Server(count, order="desc")
    assert ids(await both_ends(head, tail)) == step_ids(range(count))
    assert len(head.asked) + len(tail.asked) <= count // 10 + 3
    assert tail.asked == [] or count > 10
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_tail_that_fails_is_done_without() -> None:
    head, tail = Server(45), Server(45, order="desc", fail=lambda _: True)
    assert ids(await both_ends(head, tail)) == step_ids(range(45))


async def test_a_head_that_fails_calls_off_the_tail() -> None:
    head = Server(45, fail=lambda query: query.after is not None)
    tail = Server(45, order="desc", held=True)
    with pytest.raises(StepsError) as caught:
        await both_ends(head, tail)
    assert caught.value.resume_after is None  # the steps before are lost with the list
    assert tail.called_off == len(tail.asked) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}
