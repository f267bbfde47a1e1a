"""How fast may a client send? One gate for all its requests, so that a 429 to one holds back the others.

Nothing is held back until the server rejects something. Then all wait as long as it asked, and go on at the pace at
which it served before, a little faster with each answer and slower with each further rejection: the additive-increase,
multiplicative-decrease of TCP, on the pace. The caller passes in the time and does the waiting.
"""

from __future__ import annotations

from collections import deque
from typing import Final

_WINDOW: Final = 1.0  # seconds over which the pace of answers is measured
_CAUTION: Final = 0.9  # the part of that pace to go on with
_SLOWER: Final = 1.5
_FASTER: Final = 0.99
_FREE_BELOW: Final = 0.001  # an interval under a millisecond holds nothing back
_LONGEST_INTERVAL: Final = 10.0
_HOLD_WHEN_NOT_TOLD: Final = 1.0


class Gate:
    """Keeps the pace. All times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._interval = 0.0
        self._next_slot = 0.0
        self._held_until = 0.0
        self._adjusted_at = float("-inf")
        self._served: deque[float] = deque(maxlen=1000)

    def reserve(self, now: float) -> float:
        """Take the next slot and return when it is; ``now`` where nothing is held back."""
        if not self._interval and now >= self._held_until:
            return now
        slot = max(now, self._next_slot, self._held_until)
        self._next_slot = slot + self._interval
        return slot

    def is_held(self, now: float) -> bool:
        """Tell whether the server has asked to wait since the slot was taken."""
        return now < self._held_until

    def served(self, now: float) -> None:
        """Note an answer that was no rejection."""
        self._served.append(now)
        if self._interval:
            self._interval *= _FASTER
            if self._interval < _FREE_BELOW:
                self._interval = 0.0

    def rejected(self, now: float, *, sent_at: float, retry_after: float | None) -> None:
        """Note a 429 to a request sent at ``sent_at``."""
        hold = _HOLD_WHEN_NOT_TOLD if retry_after is None else retry_after
        self._held_until = max(self._held_until, now + hold)
        if sent_at < self._adjusted_at:
            return  # one of a burst: the pace has been changed for it
        self._adjusted_at = now
        if self._interval:
            self._interval = min(self._interval * _SLOWER, _LONGEST_INTERVAL)
        else:
            recent = sum(1 for moment in self._served if moment > now - _WINDOW)
            self._interval = _WINDOW / (max(recent, 1) * _CAUTION)
        self._next_slot = self._held_until
