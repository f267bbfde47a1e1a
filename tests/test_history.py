"""Threads are read with as few requests as can be, and one that cannot be read stops no other."""

from typing import Any

import pytest
from thread_samples import HISTORIES, make_thread_store

from openai_steps import AsyncStepsClient, NotFoundError
from openai_steps.conversation import ThreadHistory
from openai_steps.emulator import Emulator
from openai_steps.history import FailedThread, read_thread, read_threads


def told(history: Any) -> list[Any]:
    assert isinstance(history, ThreadHistory)
    return [
        history.thread_id,
        [message.id for message in history.messages],
        [run.id for run in history.runs],
        {run_id: [step.id for step in own] for run_id, own in history.steps.items()},
    ]


@pytest.mark.parametrize("thread_id", HISTORIES)
async def test_a_thread_is_read_whole(thread_id: str) -> None:
    async with Emulator(store=make_thread_store()).serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        assert told(await read_thread(client, thread_id)) == told(HISTORIES[thread_id])


@pytest.mark.parametrize(("thread_id", "lists"), [("thread_weather", 3), ("thread_refund", 4)])
async def test_a_request_for_each_list_and_few_to_check_its_end(thread_id: str, lists: int) -> None:
    emulator = Emulator(store=make_thread_store())
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        for _ in range(16):
            await read_thread(client, thread_id)
    # The end of the longest list so far is looked at from the other side the first, second, fourth, eighth … time.
    assert 16 * lists < len(emulator.requests) <= 16 * lists + 24


async def test_threads_come_in_order_and_one_that_is_gone_stops_no_other() -> None:
    ids = ["thread_report", "thread_gone", "thread_weather"]
    async with Emulator(store=make_thread_store()).serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        found = [thread async for thread in read_threads(client, ids, concurrency=2)]
        assert [thread.thread_id for thread in found] == ids
        assert isinstance(found[1], FailedThread)
        assert isinstance(found[1].error, NotFoundError)
        with pytest.raises(NotFoundError):
            await read_thread(client, "thread_gone")


async def test_the_thread_itself_is_read_where_it_is_asked_for() -> None:
    async with Emulator(store=make_thread_store()).serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        (found,) = [thread async for thread in read_threads(client, ["thread_weather"], with_object=True)]
        assert isinstance(found, ThreadHistory)
        assert found.thread is not None
        assert found.thread.id == "thread_weather"
        assert (await read_thread(client, "thread_weather")).thread is None


async def test_a_closed_client_ends_it() -> None:
    async with Emulator(store=make_thread_store()).serve() as base_url:
        async with AsyncStepsClient(base_url=base_url) as client:
            pass
        with pytest.raises(RuntimeError, match="closed"):
            [thread async for thread in read_threads(client, ["thread_weather"])]


@pytest.mark.parametrize("arguments", [{"concurrency": 0}, {"concurrency": 1.5}, {"thread_ids": "x"}, {"include": "x"}])
async def test_bad_arguments(arguments: dict[str, Any]) -> None:
    async with AsyncStepsClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(ValueError, match=r"concurrency must be|write \['x'\]"):
            await anext(read_threads(client, **{"thread_ids": [], **arguments}))
