"""When may a request go? When there is a place among the few that may be under way, and the gate lets it through.

Mostly there is and it does. Then nothing is waited for, and no timer and no lock is paid for.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from openai_steps._sending.deadline import Call, is_testing, sleep
from openai_steps._sending.rate_limit import FIRST_PLACES, Gate

_SLOW: Final = 1.0  # seconds without an answer, after which one more request may be under way


class Admission:
    """Admits calls. Each that was admitted must `leave`."""

    def __init__(self) -> None:
        self._gate = Gate()
        self._places = Places(FIRST_PLACES)
        self._turn = asyncio.Lock()  # first come, first served: who has it waits for the gate
        self._under_way: dict[Call, float] = {}  # since when; without those that are slow
        self._next_look: asyncio.TimerHandle | None = None  # for slow ones, while others wait

    def enter_at_once(self, call: Call) -> bool:
        """Admit the call if there is nothing to wait for; return whether there was nothing."""
        now = time.monotonic()
        if self._gate.wait(now) > 0 or self._turn.locked() or not self._places.take_if_free():
            return False
        self._gate.passed(now)
        self._note_under_way(call, now)
        return True

    async def enter(self, call: Call) -> None:
        """Admit the call when it may be sent.

        Raises:
            RateLimitError: If the gate holds it back for longer than it has time.
            APITimeoutError: If it could not be sent in time.
        """
        self.hold_for(call)  # before the queues, since the first in them may have more time
        if not self._places.take_if_free():
            if self._next_look is None:
                self._look_for_slow_calls()
            await call.wait_for("other requests to be answered", self._places.take())
        try:
            self.hold_for(call)
            await call.wait_for("its turn after a rate limit", self._pass_gate(call))
        except BaseException:
            self._places.add()
            raise
        self._note_under_way(call, time.monotonic())

    def hold_for(self, call: Call) -> float:
        """Return the seconds for which the gate holds all back; RateLimitError if this call has no more than that."""
        wait = self._gate.wait(time.monotonic())
        if 0 < wait >= call.time_left:
            raise call.held_back(wait)
        return wait

    def leave(self, call: Call) -> None:
        """Give the call's place to another."""
        self._under_way.pop(call, None)
        self._places.add()

    def served(self) -> None:
        """Note an answer that is no rejection."""
        for _ in range(self._gate.served(time.monotonic())):
            self._places.add()  # besides the call's own

    def rejected(self, *, sent_at: float, retry_after: float | None) -> None:
        """Note a 429 to a request sent at ``sent_at``."""
        self._gate.rejected(time.monotonic(), sent_at=sent_at, retry_after=retry_after)

    async def _pass_gate(self, call: Call) -> None:
        async with self._turn:
            while (wait := self.hold_for(call)) > 0:
                await sleep(wait)
                if is_testing():
                    break
            self._gate.passed(time.monotonic())

    def _note_under_way(self, call: Call, now: float) -> None:
        self._under_way[call] = now
        if self._next_look is None and self._places.are_wanted:
            self._look_for_slow_calls()

    def _look_for_slow_calls(self) -> None:
        """Make places: what hangs must not keep the few first ones from those that would be answered."""
        self._next_look = None
        now = time.monotonic()
        for call, since in list(self._under_way.items()):
            if since + _SLOW > now:
                self._next_look = asyncio.get_running_loop().call_later(since + _SLOW - now, self._look_again)
                return
            del self._under_way[call]
            self._places.add()

    def _look_again(self) -> None:
        self._next_look = None
        if self._places.are_wanted:
            self._look_for_slow_calls()


class Places:
    """A number of places.

    Args:
        free: How many there are at first.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: dict[asyncio.Future[None], None] = {}  # an ordered set

    @property
    def are_wanted(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._waiting)

    def take_if_free(self) -> bool:
        """Take a place, if there is one; return whether there was."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Wait for a place and take it."""
        if self.take_if_free():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.pop(turn, None)
            if not turn.cancelled():  # the place was given just before
                self.add()
            raise

    def add(self) -> None:
        """Give a place back, or make one more."""
        while self._waiting:
            turn = next(iter(self._waiting))
            del self._waiting[turn]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
