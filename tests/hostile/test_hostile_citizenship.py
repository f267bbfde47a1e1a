"""asyncio citizenship: however a request or a walk ends, no task, socket or warning is left."""

from __future__ import annotations

import asyncio
import gc
import random
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

import aiohttp
import pytest
from attrs import frozen
from census import nothing_left, settle, sockets
from raw import AT_ONCE
from sample_steps import RUN, THREAD, make_steps
from serving import serving
from waiting import until

from openai_steps import AsyncStepsClient, Endpoint, Limits, RetryPolicy, RunRef, StepsError
from openai_steps.emulator import Answer, Delay, Emulator, Stall

Verb = Callable[[AsyncStepsClient], Awaitable[Any]]

COUNT = 10
EMPTY = "run_empty"


async def drain(generator: AsyncGenerator[Any, None]) -> None:
    async with aclosing(generator):
        async for _ in generator:
            pass


VERBS: dict[str, Verb] = {
    "get_step": lambda client: client.get_step(THREAD, RUN, make_steps(1)[0]["id"]),
    "get_run": lambda client: client.get_run(THREAD, RUN),
    "list_steps_page": lambda client: client.list_steps_page(THREAD, RUN),
    "iter_step_pages": lambda client: drain(client.iter_step_pages(THREAD, RUN, page_size=2)),
    "iter_steps": lambda client: drain(client.iter_steps(THREAD, RUN, page_size=2)),
    "backward": lambda client: drain(client.iter_steps(THREAD, RUN, page_size=2, before=make_steps(COUNT)[5]["id"])),
    "collect_steps": lambda client: client.collect_steps(THREAD, RUN, page_size=2),
    "follow_steps": lambda client: drain(client.follow_steps(THREAD, RUN, poll_interval=0.01)),
    "read_runs": lambda client: drain(client.read_runs([RunRef(THREAD, RUN)] * 5, concurrency=3, page_size=2)),
}
WALKS: dict[str, Callable[[AsyncStepsClient], AsyncGenerator[Any, None]]] = {
    "iter_step_pages": lambda client: client.iter_step_pages(THREAD, RUN, page_size=2),
    "iter_steps": lambda client: client.iter_steps(THREAD, RUN, page_size=2),
    "follow_steps": lambda client: client.follow_steps(THREAD, RUN, poll_interval=0.01),
    "read_runs": lambda client: client.read_runs(
        [RunRef(THREAD, EMPTY), *[RunRef(THREAD, RUN)] * 5], concurrency=3, page_size=2
    ),
}
REQUESTS_FOR_THE_FIRST = {"iter_step_pages": 2, "iter_steps": 2, "follow_steps": 2, "read_runs": 3}


@pytest.mark.parametrize("verb", VERBS)
async def test_a_call_may_be_called_off_at_any_moment(verb: str) -> None:
    """After each number of turns of the loop, until it is done before it can be called off."""
    async with nothing_left(), serving(COUNT, retry=AT_ONCE) as (client, emulator):
        finished, turns = False, 0
        while not finished:
            if random.Random(turns).random() < 0.3:
                emulator.inject(Answer(500))
            task = asyncio.ensure_future(VERBS[verb](client))
            for _ in range(turns):
                await asyncio.sleep(0)
            finished = (verb != "follow_steps" and task.done()) or turns > 300
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            emulator.clear_faults()
            turns += 1 + turns // 10
        assert len((await client.list_steps_page(THREAD, RUN)).data) == COUNT  # and is as good as new


@pytest.mark.parametrize("verb", VERBS)
async def test_a_call_that_waits_may_be_called_off(verb: str) -> None:
    """For an answer that does not come; and for the next try."""
    patient = RetryPolicy(attempts=3, wait_initial=1000, wait_max=1000)
    for fault in (Stall(), Answer(500), Answer(429, headers={"Retry-After": "5"})):
        async with nothing_left(), serving(COUNT, retry=patient, timeout=5000) as (client, emulator):
            emulator.inject(fault, times=100)
            task = asyncio.ensure_future(VERBS[verb](client))
            await until(lambda: bool(emulator.requests))
            await settle()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.mark.parametrize("way", ["break", "aclose", "error", "dropped", "athrow", "timeout"])
@pytest.mark.parametrize("prefetching", ["answered", "stalled", "failing"])
@pytest.mark.parametrize("walk", WALKS)
async def test_a_walk_may_be_left_in_any_way(walk: str, prefetching: str, way: str) -> None:
    async with nothing_left(), serving(COUNT, timeout=1000) as (client, emulator):
        emulator.store.add_run(THREAD, EMPTY, steps=[])
        if prefetching != "answered":
            fault = Stall() if prefetching == "stalled" else Answer(404)
            emulator.inject(fault, times=100, matching=lambda _: len(emulator.requests) > REQUESTS_FOR_THE_FIRST[walk])
        generator = WALKS[walk](client)
        with suppress(StepsError, KeyError, TimeoutError):
            await _leave(generator, way)
        if way in ("aclose", "athrow"):
            with pytest.raises(StopAsyncIteration):
                await anext(generator)
        del generator
        await settle()


async def _leave(generator: AsyncGenerator[Any, None], way: str) -> None:
    if way == "timeout":
        async with aclosing(generator), asyncio.timeout(0.1):
            async for _ in generator:
                await asyncio.sleep(0.01)
            await asyncio.Event().wait()
    elif way == "dropped":
        await _first(generator)
    elif way in ("break", "error"):
        async with aclosing(generator):
            async for _ in generator:
                await asyncio.sleep(0)  # the request for the next page leaves
                if way == "error":
                    raise KeyError("in the consumer")
                break
    else:
        await _first(generator)
        await asyncio.sleep(0)
        await (generator.aclose() if way == "aclose" else generator.athrow(KeyError("thrown in")))


async def _first(generator: AsyncGenerator[Any, None]) -> None:
    async with asyncio.timeout(60):
        await anext(generator)


async def test_asyncio_timeout_round_a_walk() -> None:
    async with nothing_left(), serving(300) as (client, emulator):
        emulator.inject(Delay(30), times=100, matching=lambda request: "after=" in request.raw_query)
        seen = 0
        with pytest.raises(TimeoutError):  # noqa: PT012
            async with asyncio.timeout(2):
                async for _ in client.iter_steps(THREAD, RUN):
                    seen += 1
        assert seen == 100
        gc.collect()


async def test_a_client_closed_under_requests_ends_them() -> None:
    async with nothing_left(), serving(COUNT, retry=AT_ONCE, timeout=1000) as (client, emulator):
        emulator.inject(Stall(), times=1000)
        tasks = [asyncio.create_task(client.list_steps_page(THREAD, RUN)) for _ in range(10)]
        await until(lambda: bool(emulator.requests))
        await client.aclose()
        await client.aclose()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, StepsError | RuntimeError)
        with pytest.raises(RuntimeError, match="closed"):
            await client.list_steps_page(THREAD, RUN)


async def test_a_session_of_the_users_own_is_left_open() -> None:
    async with nothing_left(), aiohttp.ClientSession() as session:
        async with serving(COUNT, session=session) as (client, _):
            await client.list_steps_page(THREAD, RUN)
        assert not session.closed


async def test_a_client_that_was_never_used_opens_nothing() -> None:
    before = sockets()
    client = AsyncStepsClient(Endpoint.compatible("http://h/v1"))
    assert sockets() == before
    await client.aclose()


async def test_a_thousand_connections_are_never_open() -> None:
    most = 0

    @frozen
    class Counted:
        async def play(self, exchange: Any) -> Any:
            nonlocal most
            most = max(most, len(sockets() - before))
            return exchange.normal()

    async with nothing_left(), serving(COUNT, limits=Limits(max_connections=5)) as (client, emulator):
        before = sockets()
        emulator.inject(Counted(), times=500)
        await asyncio.gather(*(client.get_run(THREAD, RUN) for _ in range(200)))
    assert 1 <= most <= 2 * 5  # both ends are of this process


# --- Loops ------------------------------------------------------------------------------------------------------


def test_a_client_belongs_to_the_loop_that_first_used_it() -> None:
    emulator = Emulator()
    emulator.store.add_run(THREAD, RUN, steps=make_steps(COUNT))

    async def use(client: AsyncStepsClient | None = None) -> AsyncStepsClient:
        async with emulator.serve() as base_url:
            client = client or AsyncStepsClient(Endpoint.compatible(base_url))
            assert len((await client.list_steps_page(THREAD, RUN)).data) == COUNT
            return client

    async def close(client: AsyncStepsClient) -> None:
        await client.aclose()

    before = sockets()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = asyncio.run(use(), debug=True)
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(use(client))
        asyncio.run(close(client))
        gc.collect()
    assert sockets() == before


def test_a_client_made_outside_of_any_loop_works_in_the_first() -> None:
    emulator = Emulator()
    emulator.store.add_run(THREAD, RUN, steps=make_steps(COUNT))
    client_of_later: list[AsyncStepsClient] = []

    async def use(client: AsyncStepsClient, base_url: str) -> None:
        async with client:
            await client.list_steps_page(THREAD, RUN)

    async def main() -> None:
        async with emulator.serve() as base_url:
            client = await asyncio.to_thread(AsyncStepsClient, Endpoint.compatible(base_url))
            client_of_later.append(client)
            await use(client, base_url)

    asyncio.run(main(), debug=True)
    assert client_of_later


def test_a_generator_that_outlives_its_loop_is_closed_with_it() -> None:
    emulator = Emulator()
    emulator.store.add_run(THREAD, RUN, steps=make_steps(COUNT))
    kept: list[Any] = []

    async def main() -> None:
        async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
            generator = client.iter_steps(THREAD, RUN, page_size=2)
            await anext(generator)
            await anext(generator)
            kept.append(generator)

    before = sockets()
    asyncio.run(main(), debug=True)
    kept.clear()
    gc.collect()
    assert sockets() == before
