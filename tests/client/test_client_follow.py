"""Following a run: its waits, and a step that cannot be read. `walks/test_walks_follow.py` has the rest."""

from __future__ import annotations

import asyncio

import pytest
from odd_server import IDS, ODD, WITH_ODD, client_of, names, until_error
from sample_steps import RUN, THREAD, make_step, step_id
from serving import ids

from openai_steps import AsyncStepsClient, PollInterval
from openai_steps._client import follow
from openai_steps.emulator import Emulator


async def test_what_can_not_be_read_comes_once_or_ends_it_after_the_steps_before() -> None:
    async with client_of() as client:
        met = [step async for step in client.follow_steps(THREAD, RUN, odd="keep")]
        assert sorted(names(met), key=str) == sorted(WITH_ODD, key=str)  # once, though the steps are listed twice
        met, error = await until_error(client.follow_steps(THREAD, RUN))
        assert ids(met) == IDS[:ODD]
        assert "created_at" in error.message


async def test_between_two_looks_it_waits_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look costs the server a request: who does not wait sends hundreds a second."""
    emulator = Emulator()
    unfinished = make_step(0, status="in_progress", completed_at=None)
    emulator.store.add_run(THREAD, RUN, status="in_progress", steps=[unfinished])
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 6:
            emulator.store.update_step(THREAD, RUN, step_id(0), status="completed", completed_at=1_700_000_009)
            emulator.store.set_run_status(THREAD, RUN, "completed")

    monkeypatch.setattr(follow, "sleep", sleep)
    interval = PollInterval(initial=100, maximum=800, factor=2, jitter=0.5)
    async with asyncio.timeout(60), emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        met = [step async for step in client.follow_steps(THREAD, RUN, poll_interval=interval, max_duration=None)]
    assert [step.status for step in met] == ["in_progress", "completed"]
    assert 6 <= len(waits) <= 8
    longest = [min(100 * 2**number, 800) for number in range(6)]
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, longest, strict=False))
