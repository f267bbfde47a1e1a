"""One request with its retries: how long it may take, and what to say when that was not enough."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import TypeVar

from openai_steps._clock import Deadline
from openai_steps._errors import APITimeoutError, RateLimitError
from openai_steps._protocol import Request
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
