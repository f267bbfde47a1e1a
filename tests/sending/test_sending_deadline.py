from __future__ import annotations

import asyncio
import math
import time

import pytest

from openai_steps import APITimeoutError
from openai_steps._sending.deadline import Deadline


async def soon(result: int) -> int:
    await asyncio.sleep(0)
    return result


@pytest.mark.parametrize("seconds", [None, 1000.0])
async def test_what_comes_in_time_is_returned(seconds: float | None) -> None:
    assert await Deadline(seconds, message="late").wait_for(soon(7)) == 7


@pytest.mark.parametrize("seconds", [0.01, 0.0, -1.0])
async def test_what_does_not_is_told_as_asked(seconds: float) -> None:
    with pytest.raises(APITimeoutError, match="too late for the train"):
        await Deadline(seconds, message="too late for the train").wait_for(asyncio.Event().wait())


async def test_a_single_wait_may_say_something_else() -> None:
    with pytest.raises(APITimeoutError, match="too late for the bus"):
        await Deadline(0, message="too late for the train").wait_for(
            asyncio.Event().wait(), message="too late for the bus"
        )


async def test_a_timeout_of_another_is_passed_on() -> None:
    async def fails() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await Deadline(1000, message="late").wait_for(fails())


async def test_without_a_moment_there_is_always_time() -> None:
    assert Deadline(None, message="late").time_left == math.inf
    assert 0 < Deadline(1000, message="late").time_left <= 1000


def test_a_moment_passes_without_an_event_loop() -> None:
    deadline, now = Deadline(10), time.monotonic()
    assert deadline.time_left_at(now) == pytest.approx(10, abs=5)
    assert deadline.time_left_at(now + 20) == pytest.approx(-10, abs=5)
