"""A limit of requests per second, with aiolimiter: a leaky bucket."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from openai_steps._arguments import check_bound

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter

_BURST_SECONDS: Final = 0.1
_QUEUE_SECONDS: Final = 10.0


def make_limiter(max_per_second: float) -> AsyncLimiter:
    """Return a limiter for a client.

    Args:
        max_per_second: The most requests per second, retries included; may be below 1. A tenth of a second's worth may
            go at once, since timers are not exact enough to send one by one at a high rate.
    """
    from aiolimiter import AsyncLimiter

    check_bound("max_per_second", max_per_second)
    period = burst_period(max_per_second)
    return AsyncLimiter(max(1.0, period * max_per_second), period)


def burst_period(max_per_second: float) -> float:
    """Return the seconds whose rate a burst uses up; after these, another limiter may begin with a burst."""
    return max(_BURST_SECONDS, 1 / max_per_second)


def useful_concurrency(concurrency: int, max_per_second: float | None) -> int:
    """Return the useful concurrency at a rate.

    A request that waits for its turn counts against its deadline, so no more should wait than can go soon.
    """
    if max_per_second is None:
        return concurrency
    return min(concurrency, max(1, math.ceil(max_per_second * _QUEUE_SECONDS)))
