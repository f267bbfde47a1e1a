from __future__ import annotations

import asyncio

import stamina

from openai_steps._sending.sleep import is_testing, sleep


async def test_nobody_sleeps_in_staminas_test_mode() -> None:
    assert not is_testing()
    with stamina.set_testing(True):
        assert is_testing()
        await asyncio.wait_for(sleep(10_000), 20)


async def test_otherwise_a_sleep_takes_its_time() -> None:
    sleeper = asyncio.create_task(sleep(10_000))
    await asyncio.sleep(0)
    assert not sleeper.done()
    sleeper.cancel()
