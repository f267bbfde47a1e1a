"""Prefetch, without a network: each answer waits until the test lets it through."""

from __future__ import annotations

import asyncio
import gc

import pytest
from page_server import Server
from sample_steps import step_ids
from serving import ids

from openai_steps import NotFoundError, RunStep
from openai_steps._tasks.prefetch import PageReader


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
    server = Server(35, fail=lambda query: len(server.asked) == 3)
    reader = server.reader()
    with pytest.raises(NotFoundError) as caught:
        await read_all(reader, start=start)
    assert (caught.value.resume_after, caught.value.resume_before) == ("step_0018", None)
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
