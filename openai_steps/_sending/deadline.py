"""A moment after which nothing is waited for."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable
from typing import TypeVar

from openai_steps._errors import APITimeoutError

T = TypeVar("T")


class Deadline:
    """A moment after which nothing is waited for, on the clock of `time.monotonic`.

    Args:
        seconds: From now to that moment; None: never.
        told: What to say when it has come, unless something else is said for a single wait.
    """

    __slots__ = ("_at", "_told")

    def __init__(self, seconds: float | None, *, told: str = "") -> None:
        self._at = math.inf if seconds is None else time.monotonic() + seconds
        self._told = told

    @property
    def time_left(self) -> float:
        """Seconds to that moment; infinite where there is none."""
        return self._at - time.monotonic()

    def time_left_at(self, now: float) -> float:
        """Return the seconds from ``now``, by `time.monotonic`, to that moment."""
        return self._at - now

    async def wait_for(self, awaitable: Awaitable[T], *, told: str = "") -> T:
        """Return what the awaitable gives.

        Args:
            awaitable: What is waited for.
            told: What to say if it comes too late.

        Raises:
            APITimeoutError: If it has not come by then.
        """
        scope = asyncio.timeout(None if self._at == math.inf else self.time_left)
        try:
            async with scope:
                return await awaitable
        except TimeoutError:
            if not scope.expired():
                raise  # of the awaitable's own
            raise APITimeoutError(told or self._told) from None
