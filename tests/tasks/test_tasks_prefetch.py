"""Prefetch, without a network: each answer waits until the test lets it through."""

from __future__ import annotations

import asyncio
import gc

import pytest
from page_server import Server
from sample_steps import step_ids
from serving import ids
from walk_servers import full_trust

from openai_steps import NotFoundError, RunStep, StepPage
from openai_steps._tasks.prefetch import PageReader
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk


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


async def test_what_no_steps_error_is_ends_the_walk_too_and_says_where_to_go_on() -> None:
    server = Server(35)

    async def fetch(query: PageQuery) -> StepPage:
        if query.after is not None:
            raise ZeroDivisionError
        return await server.fetch(query)

    reader = PageReader(start_walk(order="asc", page_size=10, trust=full_trust()), fetch, prefetch=False)
    await reader.read()
    with pytest.raises(ZeroDivisionError) as caught:
        await reader.read()
    assert "step_0009" in "".join(caught.value.__notes__)


def test_a_walk_does_not_go_on_in_another_loop() -> None:
    server = Server(35)
    reader = server.reader()

    async def begin() -> None:
        await reader.read()
        server.held = True
        reader.start()
        await turns()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(begin())
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(reader.read())
        asyncio.run(reader.aclose())
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_what_is_on_its_way_in_another_loop_is_left_to_it() -> None:
    """Nobody here could wait for it."""
    server = Server(35)
    reader = server.reader()

    async def begin() -> None:
        await reader.read()
        server.held = True
        reader.start()
        await turns()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(begin())
        asyncio.run(asyncio.wait_for(reader.aclose(), 20))
        assert server.called_off == 0
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def test_a_failure_because_it_was_called_off_is_no_complaint() -> None:
    """Code that turns a cancellation into an error of its own, as a user's credential may."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    server = Server(35)

    async def fetch(query: PageQuery) -> StepPage:
        try:
            return await server.fetch(query)
        except asyncio.CancelledError:
            raise NotFoundError("called off", status=404) from None

    reader = PageReader(start_walk(order="asc", page_size=10, trust=full_trust()), fetch, prefetch=True)
    await reader.read()
    server.held = True
    reader.start()
    await turns()
    await reader.aclose()
    assert server.called_off == 1
    del reader
    gc.collect()
    await turns()
    assert complaints == []
