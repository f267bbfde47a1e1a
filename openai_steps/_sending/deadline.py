"""One request with its retries: how long it may take, and what to say when that was not enough."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar

from openai_steps._errors import APITimeoutError, RateLimitError
from openai_steps._http.requests import Request
from openai_steps._settings import Timeouts

T = TypeVar("T")


class Call:
    """One request with its retries.

    Args:
        request: What is asked.
        timeouts: How long it may take, from now.
    """

    __slots__ = ("_deadline", "request", "timeouts")

    def __init__(self, request: Request, timeouts: Timeouts) -> None:
        self.request = request
        self.timeouts = timeouts
        self._deadline = time.monotonic() + timeouts.total

    @property
    def time_left(self) -> float:
        """Seconds, for all that is still to come."""
        return self._deadline - time.monotonic()

    def time_for_attempt(self, now: float) -> float:
        """Return the seconds for an attempt that is made now, by `time.monotonic`."""
        left, longest = self._deadline - now, self.timeouts.attempt
        return longest if longest < left else left

    @property
    def shown(self) -> str:
        """The request, for messages."""
        return f"GET {self.request.path}"

    async def wait_for(self, what: str, awaitable: Awaitable[T]) -> T:
        """Wait for something that must come before the request is sent.

        Args:
            what: What it is, in words.
            awaitable: That thing.

        Raises:
            APITimeoutError: If it has not come by the deadline.
        """
        total = self.timeouts.total
        told = f"Not sent: {total:g} s with all retries ended while it waited for {what} ({self.shown})."
        return await Deadline(self.time_left, told=told).wait_for(awaitable)

    def held_back(self, wait: float) -> RateLimitError:
        """Return the error for a call that has less time than the rate limit makes it wait."""
        return RateLimitError(
            f"Held back: the server's rate limit leaves no place for another {wait:.3g} s, which is more than is left "
            f"of {self.timeouts.total:g} s with all retries ({self.shown}).",
            status=429,
            retry_after=wait,
        )

    def timed_out(self) -> APITimeoutError:
        """Return the error for an answer that has not come in time."""
        within = f"within {self.timeouts.attempt:g} s, {self.timeouts.total:g} s with all retries"
        return APITimeoutError(f"No complete answer {within} ({self.shown}).")


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


def utc_now() -> datetime:
    """Return the time now, aware."""
    return datetime.now(UTC)


async def sleep(seconds: float) -> None:
    """Wait; but not in stamina's test mode, which is there to make tests quick."""
    await asyncio.sleep(0 if is_testing() else seconds)


def is_testing() -> bool:
    """Tell whether stamina is in its test mode."""
    import stamina

    return stamina.is_testing()
