"""How fast may a client send? One rate limit for all its requests, so that a 429 to one holds back the others.

It learns the server's limit as TCP learns a line's, and rejections stay few:

- Few requests are under way at first, and two more with each answer once the first have been served (slow start). On a
  server without limits, that costs a few round trips at the start of 64 concurrent walks, and nothing to a single one.
- After a 429 all wait as long as the server asked. Then they go one by one, at a little less than the pace at which it
  had served, which is taken up slowly at first, then faster (as CUBIC does it: RFC 9438), until it is rejected again.
  Where it had served too few to tell a pace, they start at a few a second, however long it asked them to wait.

Nothing is held back, and no pace is kept, before the first rejection. The caller passes in the time, does the waiting,
and sends one request after the other.
``tests/sending/test_sending_rate_limit.py`` has the simulation with which the constants were chosen.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

FIRST_CONCURRENCY: Final = 5
"""How many requests may be under way at first."""

_TRIAL: Final = 12  # served before there are more: a limit of ten a second then rejects no more than a handful
_WIDENING: Final = 2  # then three times as many in each round trip

_CAUTION: Final = 0.9  # the part to go on with of the pace that was too fast
_GROWTH: Final = 0.002  # the pace grows as exp(_GROWTH * t²): by a tenth in 7 s of use, tenfold in 34 s
_FREE: Final = 1000.0  # a pace, in requests a second, that holds nothing back
_SLOWEST: Final = 0.1
_MEASURED: Final = 1.0  # seconds of the past in which answers are counted at most, or the time held, if longer
_HOLD_WHEN_NOT_TOLD: Final = 1.0


class RateLimit:
    """Keeps the pace. All times are seconds of one monotonic clock, all paces requests a second."""

    def __init__(self) -> None:
        self._pace = math.inf  # at the last rejection
        self._used = 0.0  # seconds for which that pace has been used since
        self._next = -math.inf  # the earliest time for the next request, by pace
        self._held_until = -math.inf
        self._adjusted_at = -math.inf
        self._count = 0
        self._served: deque[float] = deque(maxlen=1000)

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may go: 0 where nothing holds it back."""
        until = max(self._held_until, self._next)
        return until - now if until > now else 0.0

    def sent(self, now: float) -> None:
        """Note that a request goes."""
        if self._pace == math.inf:
            return
        pace = self._current_pace()
        if pace > _FREE:
            self._pace = math.inf
            return
        self._used += 1 / pace
        self._next = now + 1 / pace

    def served(self, now: float) -> int:
        """Note an answer that is not a rejection; return how many more requests may be under way for it."""
        self._count += 1
        self._served.append(now)
        return _WIDENING if self._count > _TRIAL else 0

    def rejected(self, now: float, *, sent_at: float, retry_after: float | None) -> None:
        """Note a 429 to a request sent at ``sent_at``."""
        hold = _HOLD_WHEN_NOT_TOLD if retry_after is None else retry_after
        self._held_until = max(self._held_until, now + hold)
        if sent_at < self._adjusted_at:
            return  # one of a burst: the pace has been changed for it
        self._adjusted_at = now
        span = max(_MEASURED, hold)
        served = sum(1 for moment in self._served if moment > now - span)
        if served < FIRST_CONCURRENCY:  # too few to tell a pace: a long wait after them need not mean a slow server
            served, span = FIRST_CONCURRENCY, _MEASURED if served else min(max(hold, 1 / _FREE), _MEASURED)
        pace = served / span
        if self._pace != math.inf:
            too_fast = self._current_pace()
            pace = min(max(pace, too_fast / 2), too_fast)
        self._pace = max(pace * _CAUTION, _SLOWEST)
        self._used = 0.0
        self._next = self._held_until

    def _current_pace(self) -> float:
        return self._pace * math.exp(min(_GROWTH * self._used**2, 100.0))
