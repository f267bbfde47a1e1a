from __future__ import annotations

import asyncio
import math

import pytest
import stamina

from openai_steps import APITimeoutError
from openai_steps._sending.deadline import Deadline, is_testing, roll, sleep


async def soon(result: int) -> int:
    await asyncio.sleep(0)
    return result


@pytest.mark.parametrize("seconds", [None, 1000.0])
async def test_what_comes_in_time_is_returned(seconds: float | None) -> None:
    assert await Deadline(seconds, told="late").wait_for(soon(7)) == 7


@pytest.mark.parametrize("seconds", [0.01, 0.0, -1.0])
async def test_what_does_not_is_told_as_asked(seconds: float) -> None:
    with pytest.raises(APITimeoutError, match="too late for the train"):
        await Deadline(seconds, told="too late for the train").wait_for(asyncio.Event().wait())


async def test_a_timeout_of_another_is_passed_on() -> None:
    async def fails() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await Deadline(1000, told="late").wait_for(fails())


async def test_without_a_moment_there_is_always_time() -> None:
    assert Deadline(None, told="late").time_left == math.inf
    assert 0 < Deadline(1000, told="late").time_left <= 1000


def test_a_roll_is_a_part_of_one() -> None:
    assert all(0 <= roll() < 1 for _ in range(100))


async def test_nobody_sleeps_in_staminas_test_mode() -> None:
    assert not is_testing()
    with stamina.set_testing(True):
        assert is_testing()
        await asyncio.wait_for(sleep(10_000), 20)
