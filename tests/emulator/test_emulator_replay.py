"""A recorded run that goes on again in a server's store."""

from __future__ import annotations

import asyncio

from openai_steps import AsyncStepsClient, Endpoint, PollInterval
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator
from openai_steps.emulator._replay import replay


async def test_each_recorded_step_goes_on_and_ends_as_it_did() -> None:
    emulator = Emulator.demo()
    recorded = emulator.store.steps(DEMO_THREAD, DEMO_RUN)
    emulator.store.add_run("t", "r", status="in_progress")
    met: dict[str, list[str | None]] = {}
    async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
        happening = asyncio.create_task(replay(emulator.store, "t", "r", steps=recorded, speed=300))
        async for step in client.follow_steps("t", "r", poll_interval=PollInterval.every(0.002)):
            met.setdefault(step.id, []).append(step.status)
        await happening
    assert list(met) == [step["id"] for step in recorded]
    ends = [states[-1] for states in met.values()]
    assert ends == [{"in_progress": "completed"}.get(step["status"], step["status"]) for step in recorded]
    assert sum("in_progress" in states for states in met.values()) > len(met) / 2
