"""How fast a client may send: one rate limit for all its requests, so that a 429 to one holds back the others.

It learns the server's limit as TCP learns a line's, and rejections stay few:

- Few requests are under way at first, and two more with each answer once the first have been served (slow start). On a
  server without limits, that costs a few round trips at the start of 64 concurrent walks, and nothing to a single one.
- A gateway over many backends rejects some requests at random, however slowly it is asked. So each answer earns a bit
  of tolerance, and a lone 429 after many answers holds back only its own request.
- When the tolerance is used up, all wait as long as the server asked. Then they go one by one, at a little less than
  the pace at which it had served, which grows slowly at first, then faster (as in CUBIC: RFC 9438), until a request is
  rejected again. If it had served too few to show a pace, they start at a few per second, however long the wait was.
- The requests under way at a rejection show its cause. A limit rejects most of them. If they are served, the rejections
  were chance, and the former pace is restored (as TCP undoes a wrong guess: RFC 4015).
- A wait of a day may be meant for one thread only: during a long hold one request probes now and then, and its answer
  ends the hold.

Nothing is held back, and no pace is kept, before the first rejection. The caller passes in the time, does the waiting,
and sends one request after the other. ``tests/sending/test_sending_rate_limit.py`` has the simulation with which the
constants were chosen.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

FIRST_CONCURRENCY: Final = 4
"""How many requests may be under way at first."""

_TRIAL: Final = 21  # served before there are more: ten a second, at the end of a second and in the next, and one more
_WIDENING: Final = 2  # then three times as many in each round trip
_RELAPSE: Final = 5  # answers more to wait for, with each rejection before

_TOLERATED: Final = 0.1  # rejections that each answer earns: one in ten is too many, one in twenty may be chance
_MOST_TOLERATED: Final = 4.0  # together: a server that was patient for an hour is not overrun for a minute
_ACQUITTAL: Final = 0.55  # what those under way must have earned for a rejection to have been chance: six answers
_SHORT: Final = (
    1 / 8
)  # a wait for less than this part of the time between two answers hardly says "too fast", and costs less
_BRIEF: Final = 0.01  # seconds: a shorter wait is not that of a limit per second
_NO_TIME: Final = 0.0005  # seconds: a wait of 0, from a server that rounds its milliseconds

_CAUTION: Final = 0.9  # the part to keep of a pace that was too fast
_FIRST_CAUTION: Final = (0.8, 0.5, 0.25)
"""The part to keep of the first pace, which a burst makes too high: after a short burst, and after a long one.

The last is how many seconds are long: the longer the burst, the likelier it spans the end of a window, and used the
allowance of two.
"""
_GROWTH: Final = 0.002  # the pace grows as exp(_GROWTH * rounds²): by a tenth in 7 rounds, tenfold in 34
_ROUND: Final = (30, 4, 1.0)  # a round is 30 requests, but no less than four round trips and no more than a second
_FREE: Final = 20_000.0  # a pace, in requests per second, that holds nothing back
_SLOWEST: Final = 0.1
_BURST: Final = 0.005  # seconds by which requests may go early, since timers are no finer than milliseconds

_MEASURED: Final = (1.0, 60.0)  # seconds of the past in which answers are counted: the time held, within these
_DEFAULT_HOLD: Final = 1.0
_LONG_HOLD: Final = 300.0  # many limits are per minute; a hold longer than a few minutes is probed
_PROBE_EVERY: Final = 25.0


class RateLimit:
    """The rate limit of a client. All times are seconds of one monotonic clock, all paces requests per second."""

    def __init__(self) -> None:
        self._pace = math.inf  # at the last rejection that was not tolerated
        self._rounds = 0.0  # for which that pace has been used since
        self._next = -math.inf  # the earliest time for the next request, by pace
        self._held_until = -math.inf
        self._probe_at = math.inf
        self._adjusted_at = -math.inf
        self._tolerance = 0.0
        self._before = math.inf, 0.0  # the pace before that, and its rounds
        self._earned = 0.0  # by those that were under way
        self._first_sent = math.inf
        self._count = 0
        self._round_trip = 0.1
        self._served = _Count()

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may go: 0 if nothing holds it back."""
        until = max(min(self._held_until, self._probe_at), self._next)
        return until - now if until > now else 0.0

    def hold(self, now: float) -> float:
        """Return the remaining seconds of the wait that the server asked for; probes are exempt."""
        return max(0.0, self._held_until - now)

    def sent(self, now: float) -> None:
        """Note that a request is sent."""
        if self._pace == math.inf:
            self._first_sent = min(self._first_sent, now)
            return
        if now < self._held_until:
            self._probe_at = now + _PROBE_EVERY
        pace = self._current_pace()
        if pace > _FREE:
            self._pace = math.inf
            return
        requests, round_trips, longest = _ROUND
        self._rounds += 1 / pace / min(longest, max(requests / pace, round_trips * self._round_trip))
        self._next = max(self._next, now - _BURST) + 1 / pace

    def served(self, now: float, *, sent_at: float) -> int:
        """Note an answer that is not a rejection; return how many more requests may be under way for it.

        Args:
            now: When it came.
            sent_at: When its request was sent.
        """
        self._count += 1
        self._served.add(now)
        self._round_trip += (now - sent_at - self._round_trip) / 16
        if self._tolerance < _MOST_TOLERATED:
            self._tolerance += _TOLERATED
        if sent_at < self._adjusted_at:
            self._judge(_TOLERATED)
        elif now < self._held_until and self._adjusted_at < sent_at:
            self._held_until = now  # a probe was served
        return _WIDENING if self._count > _TRIAL else 0

    def rejected(self, now: float, *, sent_at: float, retry_after: float | None) -> None:
        """Note a 429.

        Args:
            now: When it came.
            sent_at: When its request was sent.
            retry_after: How long the server asked to wait, if it did.
        """
        if self._count <= _TRIAL:
            self._count = max(self._count - _RELAPSE, 0)
        hold = _DEFAULT_HOLD if retry_after is None else retry_after
        if sent_at < self._adjusted_at:  # one of a burst: the pace was reduced for it already
            self._judge(-1.0)
            self._hold_back(now, hold)
            return
        per_second = max(self._served.since(now - 1), FIRST_CONCURRENCY)
        cost = min(1.0, max(hold, _NO_TIME) * per_second / _SHORT)
        if cost <= self._tolerance:
            self._tolerance -= cost
            return
        self._adjusted_at = now
        self._before, self._earned = (self._pace, self._rounds), 0.0
        self._pace = max(self._slower(now, hold), _SLOWEST)
        self._rounds = 0.0
        self._hold_back(now, hold)

    def _judge(self, earned: float) -> None:
        """Restore the former pace, if the requests that were under way are served nonetheless."""
        self._earned += earned
        if self._earned > _ACQUITTAL and self._before[0] > self._pace:
            self._pace, self._rounds = self._before
            self._next = -math.inf

    def _hold_back(self, now: float, seconds: float) -> None:
        self._held_until = max(self._held_until, now + seconds)
        self._probe_at = now + _PROBE_EVERY if self._held_until > now + _LONG_HOLD else math.inf

    def _slower(self, now: float, hold: float) -> float:
        """Return the next pace, from what was served until now."""
        shortest, longest = _MEASURED
        span = min(max(hold, shortest), longest)
        served = self._served.since(now - span)
        if served < FIRST_CONCURRENCY:  # too few to show a pace: a long wait after them need not mean a slow server
            served, span = FIRST_CONCURRENCY, shortest if served else min(max(hold, 1 / _FREE), shortest)
        if self._pace == math.inf:
            took = max(now - self._first_sent, 0.0)
            if hold < _BRIEF:  # between the pace of a limit per second, and that of so short a time
                span = min(span, math.sqrt(max(took, hold, 1 / _FREE)))
            at_once, slowly, seconds = _FIRST_CAUTION
            return served / span * (at_once + (slowly - at_once) * min(took / seconds, 1.0))
        too_fast = self._current_pace()
        return min(max(served / span, too_fast / 2), too_fast) * _CAUTION

    def _current_pace(self) -> float:
        return self._pace * math.exp(min(_GROWTH * self._rounds**2, 100.0))


class _Count:
    """Counts recent answers, to a twentieth of a second."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, int]] = deque(maxlen=int(_MEASURED[1] * 20))
        self._slot = 0  # the one that is filled, and how many came in it
        self._filled = 0

    def add(self, now: float) -> None:
        slot = int(now * 20)
        if slot == self._slot:
            self._filled += 1
            return
        self._slots.append((self._slot, self._filled))
        self._slot, self._filled = slot, 1

    def since(self, moment: float) -> int:
        earliest = moment * 20 - 1
        count = self._filled if self._slot > earliest else 0
        return count + sum(count for slot, count in self._slots if slot > earliest)
