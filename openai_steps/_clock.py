"""The clock and the die. What else there is takes times and chances as arguments."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable
from typing import TypeVar

from openai_steps._errors import APITimeoutError

T = TypeVar("T")


class Deadline:
    """A moment after which nothing is waited for.

    Args:
        seconds: From now to that moment; None: never.
        told: What to say when it has come.
    """

    def __init__(self, seconds: float | None, *, told: str) -> None:
        self._at = math.inf if seconds is None else asyncio.get_running_loop().time() + seconds
        self._told = told

    @property
    def time_left(self) -> float:
        """Seconds to that moment; infinite where there is none."""
        return self._at - asyncio.get_running_loop().time()

    async def wait_for(self, awaitable: Awaitable[T]) -> T:
        """Return what the awaitable gives; APITimeoutError if it does not give it in time."""
        scope = asyncio.timeout_at(None if self._at == math.inf else self._at)
        try:
            async with scope:
                return await awaitable
        except TimeoutError:
            if not scope.expired():
                raise
            raise APITimeoutError(self._told) from None


def roll() -> float:
    """Return a random number from 0 up to 1."""
    return random.random()  # noqa: S311 - not for secrets


async def sleep(seconds: float) -> None:
    """Wait; but not in stamina's test mode, which is there to make tests quick."""
    await asyncio.sleep(0 if is_testing() else seconds)


def is_testing() -> bool:
    """Tell whether stamina is in its test mode."""
    import stamina

    return stamina.is_testing()
