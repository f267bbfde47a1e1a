"""What the client's verbs give."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

from openai_steps import (
    APIStatusError,
    AsyncStepsClient,
    Endpoint,
    File,
    Message,
    MessagePage,
    ResponseDecodeError,
    Run,
    RunPage,
    RunRef,
    RunStep,
    RunSteps,
    StepPage,
    StepsError,
    Thread,
    ThreadPage,
    UnreadableItem,
    UnreadableStep,
    dumps,
    structure_page,
    structure_step,
    unstructure,
)


async def reading(client: AsyncStepsClient) -> None:
    async with client as entered:
        assert_type(entered, AsyncStepsClient)
    async for step in client.iter_steps("t", "r", order="asc", max_steps=5):
        assert_type(step, RunStep)
    async for page in client.iter_step_pages("t", "r", before="step_1"):
        assert_type(page, StepPage)
        assert_type(page.data, tuple[RunStep, ...])
    async for step in client.follow_steps("t", "r", stop_when=lambda step: step.is_finished):
        assert_type(step, RunStep)
    async for steps in client.read_runs([RunRef("t", "r")]):
        assert_type(steps, RunSteps)
        assert_type(steps.error, Exception | None)
    assert_type(await client.list_steps_page("t", "r", limit=5), StepPage)
    assert_type(await client.collect_steps("t", "r"), list[RunStep])
    assert_type(await client.get_step("t", "r", "s"), RunStep)
    async for item in client.iter_steps("t", "r", odd="keep", page_size=5):
        assert_type(item, RunStep | UnreadableStep)
    async for item in client.follow_steps("t", "r", odd="keep"):
        assert_type(item, RunStep | UnreadableStep)
    assert_type(await client.collect_steps("t", "r", odd="keep"), list[RunStep | UnreadableStep])
    assert_type(await client.get_step("t", "r", "s", odd="keep"), RunStep | UnreadableStep)
    assert_type((await client.list_steps_page("t", "r", odd="keep")).unreadable, tuple[UnreadableStep, ...])
    assert_type(await client.get_run("t", "r"), Run)
    walk = client.iter_steps("t", "r")
    await walk.aclose()


async def reading_threads(client: AsyncStepsClient) -> None:
    async for run in client.iter_runs("t", max_runs=3):
        assert_type(run, Run)
    async for either in client.iter_runs("t", odd="keep"):
        assert_type(either, Run | UnreadableItem)
    async for page in client.iter_message_pages("t", run_id="r"):
        assert_type(page, MessagePage)
        assert_type(page.data, tuple[Message, ...])
    async for thread in client.iter_threads(order="asc"):
        assert_type(thread, Thread)
    assert_type(await client.collect_messages("t", run_id="r", page_size=5), list[Message])
    assert_type(await client.collect_messages("t", odd="keep"), list[Message | UnreadableItem])
    assert_type(await client.list_threads_page(limit=5), ThreadPage)
    assert_type(await client.list_runs_page("t"), RunPage)
    assert_type(await client.get_thread("t"), Thread)
    assert_type(await client.get_message("t", "m"), Message)
    assert_type(await client.get_file("f"), File)
    assert_type(await client.download_file("f", "to.png"), Path)


def keys() -> None:
    async def fresh() -> str:
        return "key"

    AsyncStepsClient(api_key="key")
    AsyncStepsClient(api_key=lambda: "key")
    AsyncStepsClient(api_key=fresh)
    AsyncStepsClient(Endpoint.compatible("http://host/v1"), timeout=5, rate_limiter=asyncio.Semaphore(4))


def converting(data: dict[str, Any], wire: Mapping[str, Any]) -> None:
    assert_type(structure_step(wire), RunStep)
    assert_type(structure_page([data]), StepPage)
    assert_type(unstructure(structure_step(data)), dict[str, Any])
    assert_type(unstructure([structure_step(data)]), list[dict[str, Any]])
    assert_type(dumps(structure_page(data)), bytes)


def errors(error: StepsError) -> None:
    assert_type(error.resume_after, str | None)
    if isinstance(error, APIStatusError):
        assert_type(error.headers, dict[str, str])
        assert_type(error.retry_after, float | None)
    if isinstance(error, ResponseDecodeError):
        assert_type(error.path, str)
