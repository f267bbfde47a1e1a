"""A deadline for awaitables."""

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
        message: The message of its error, unless a single wait has its own.
    """

    __slots__ = ("_at", "_message")

    def __init__(self, seconds: float | None, *, message: str = "") -> None:
        self._at = math.inf if seconds is None else time.monotonic() + seconds
        self._message = message

    @property
    def time_left(self) -> float:
        """Seconds to that moment; infinite if there is none."""
        return self._at - time.monotonic()

    def time_left_at(self, now: float) -> float:
        """Return the seconds from ``now``, by `time.monotonic`, to that moment."""
        return self._at - now

    async def wait_for(self, awaitable: Awaitable[T], *, message: str = "") -> T:
        """Return the awaitable's result.

        Args:
            awaitable: The awaitable.
            message: The error's message.

        Raises:
            APITimeoutError: If it has no result by then.
        """
        scope = asyncio.timeout(None if self._at == math.inf else self.time_left)
        try:
            async with scope:
                return await awaitable
        except TimeoutError:
            if not scope.expired():
                raise  # the awaitable's own
            raise APITimeoutError(message or self._message) from None
