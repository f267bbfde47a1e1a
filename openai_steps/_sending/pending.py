"""One request with its retries: its deadline, and the errors for missing it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping
from typing import Protocol, TypeVar

from openai_steps._errors import APITimeoutError, RateLimitError
from openai_steps._http.requests import Request
from openai_steps._sending.deadline import Deadline
from openai_steps._settings import Timeouts
from openai_steps._words import duration

T = TypeVar("T")


class Sink(Protocol):
    """Takes a body that is too big for memory, such as a file's."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request."""
        ...

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Note an answer, whose body follows."""
        ...

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        ...


class PendingRequest:
    """One request with its retries.

    Args:
        request: The request.
        timeouts: How long it may take, from now.
        sink: Takes the body of a good answer as it comes. Then a timeout is for the next bytes, not for all.
    """

    __slots__ = ("attempt", "attempt_begun_at", "deadline", "request", "sink", "timeouts")

    def __init__(self, request: Request, timeouts: Timeouts, sink: Sink | None = None) -> None:
        self.request = request
        self.timeouts = timeouts
        self.sink = sink
        self.deadline = Deadline(timeouts.total)
        self.attempt = 0
        self.attempt_begun_at = 0.0

    def begin_attempt(self) -> None:
        """Count another attempt, which begins now."""
        self.attempt += 1
        self.attempt_begun_at = time.monotonic()

    @property
    def shown(self) -> str:
        """The request, for messages."""
        return f"GET {self.request.path}"

    def time_for_attempt(self, now: float) -> float:
        """Return the seconds for an attempt that is made now, by `time.monotonic`."""
        left, longest = self.deadline.time_left_at(now), self.timeouts.attempt
        return longest if longest < left else left

    async def wait_for(self, what: str, awaitable: Awaitable[T]) -> T:
        """Await what must come before the request is sent.

        Args:
            what: What it is, in words.
            awaitable: The awaitable.

        Raises:
            APITimeoutError: If it has no result by the deadline.
        """
        total = duration(self.timeouts.total)
        message = f"Not sent: {total} with all retries ended while it waited for {what} ({self.shown})."
        return await self.deadline.wait_for(awaitable, message=message)

    def held_back(self, wait: float) -> RateLimitError:
        """Return the error for a request that has less time than the rate limit makes it wait."""
        return RateLimitError(
            f"Held back: the server's rate limit lets no request through for another {duration(wait)}, which is more "
            f"than is left of {duration(self.timeouts.total)} with all retries ({self.shown}).",
            status=429,
            retry_after=wait,
        )

    def timed_out(self) -> APITimeoutError:
        """Return the error for an answer that has not come in time."""
        within = f"within {duration(self.timeouts.attempt)}, {duration(self.timeouts.total)} with all retries"
        return APITimeoutError(f"No complete answer {within} ({self.shown}).")
