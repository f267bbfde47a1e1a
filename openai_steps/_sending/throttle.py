"""Lets a request through when few enough are under way, and the rate limit allows it.

Mostly both hold. Then it does not wait, and needs no timer and no lock.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from openai_steps._sending.pending import PendingRequest
from openai_steps._sending.rate_limit import FIRST_CONCURRENCY, RateLimit
from openai_steps._sending.sleep import is_testing, sleep

_SLOW: Final = 1.0  # seconds without an answer, after which one more request may be under way
_GLANCE: Final = 0.5  # seconds after which a held request looks again: an answer may have ended the hold


class Throttle:
    """Lets requests through. Each request that has entered must `leave`."""

    def __init__(self) -> None:
        self._rate_limit = RateLimit()
        self._slots = asyncio.Semaphore(FIRST_CONCURRENCY)
        self._waiting = 0  # for a slot
        self._turn = asyncio.Lock()  # first come, first served: its holder waits for the rate limit
        self._under_way: dict[PendingRequest, float] = {}  # since when; without slow ones
        self._next_look: asyncio.TimerHandle | None = None  # for slow ones, while others wait

    async def enter(self, pending: PendingRequest) -> None:
        """Return when the request may be sent.

        Raises:
            RateLimitError: If the rate limit holds it back for longer than it has time.
            APITimeoutError: If it could not be sent in time.
        """
        now = time.monotonic()
        if self._slots.locked() or self._turn.locked() or self._rate_limit.wait(now) > 0:
            now = await self._wait_in_line(pending)
        else:
            await self._slots.acquire()  # at once
            self._rate_limit.sent(now)
        self._under_way[pending] = now
        if self._waiting and self._next_look is None:
            self._look_for_slow_requests()

    def check_hold(self, pending: PendingRequest) -> float:
        """Return the seconds until the rate limit lets a request through; RateLimitError if this one has less time."""
        now = time.monotonic()
        wait = self._rate_limit.wait(now)
        if 0 < wait >= pending.deadline.time_left_at(now):
            raise pending.held_back(max(wait, self._rate_limit.hold(now)))
        return wait

    def leave(self, pending: PendingRequest) -> None:
        """Give the request's slot to another."""
        self._under_way.pop(pending, None)
        self._slots.release()

    def served(self, *, sent_at: float) -> None:
        """Note an answer, to a request sent at ``sent_at``, that is not a rejection."""
        for _ in range(self._rate_limit.served(time.monotonic(), sent_at=sent_at)):
            self._slots.release()  # besides the request's own

    def rejected(self, *, sent_at: float, retry_after: float | None) -> None:
        """Note a 429 to a request sent at ``sent_at``."""
        self._rate_limit.rejected(time.monotonic(), sent_at=sent_at, retry_after=retry_after)

    async def _wait_in_line(self, pending: PendingRequest) -> float:
        """Wait for a slot and for the rate limit; return the time then."""
        self.check_hold(pending)  # before the queues, since the first in them may have more time
        await pending.wait_for("other requests to be answered", self._take_slot())
        try:
            self.check_hold(pending)
            return await pending.wait_for("its turn after a rate limit", self._take_turn(pending))
        except BaseException:
            self._slots.release()
            raise

    async def _take_slot(self) -> None:
        self._waiting += 1
        try:
            if self._slots.locked() and self._next_look is None:
                self._look_for_slow_requests()
            await self._slots.acquire()
        finally:
            self._waiting -= 1

    async def _take_turn(self, pending: PendingRequest) -> float:
        async with self._turn:
            while (wait := self.check_hold(pending)) > 0:
                await sleep(min(wait, _GLANCE))
                if is_testing():
                    break
            now = time.monotonic()
            self._rate_limit.sent(now)
            return now

    def _look_for_slow_requests(self) -> None:
        """Add slots, so that hanging requests do not keep the few first slots from others."""
        self._next_look = None
        now = time.monotonic()
        for pending, since in list(self._under_way.items()):
            if since + _SLOW > now:
                self._next_look = asyncio.get_running_loop().call_later(since + _SLOW - now, self._look_again)
                return
            del self._under_way[pending]
            self._slots.release()

    def _look_again(self) -> None:
        self._next_look = None
        if self._waiting:
            self._look_for_slow_requests()
