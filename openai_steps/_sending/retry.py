"""Whether and after how long to retry: functions of the error, the attempt and jitter, without waiting."""

from __future__ import annotations

from typing import Final

from openai_steps._errors import APIConnectionError, APIStatusError
from openai_steps._settings import RetryPolicy

RETRIED_STATUSES: Final = frozenset({408, 409, 429})
"""The statuses that are retried, besides 500 and above."""

NOT_IMPLEMENTED: Final = 501


def wait_before_retry(
    error: Exception, *, policy: RetryPolicy, attempt: int, jitter: float, time_left: float
) -> float | None:
    """Return how many seconds to wait before the next try, or None for no more tries.

    Args:
        error: The last try's error.
        policy: The user's settings.
        attempt: The number of the last try, from 1.
        jitter: A random number from 0 up to 1.
        time_left: Seconds to the deadline: a longer wait is not begun.
    """
    if attempt >= policy.attempts or not is_transient(error):
        return None
    asked = error.retry_after if isinstance(error, APIStatusError) else None
    if asked is None:
        wait = min(policy.wait_max, policy.wait_initial * 2.0 ** min(attempt - 1, 64))
        wait *= 1 - jitter / 2
    else:
        wait = asked + jitter * min(1.0, 0.1 + asked / 10)
    return wait if wait < time_left else None


def wait_as_asked(
    error: APIStatusError, *, policy: RetryPolicy, attempt: int, jitter: float, time_left: float
) -> float | None:
    """Return how long a server asks to wait, for callers that can wait longer than one request may take.

    Args:
        error: The error of the last request, after all its tries.
        policy: The user's settings: there are as many requests as tries of a request.
        attempt: The number of the last request, from 1.
        jitter: A random number from 0 up to 1.
        time_left: Seconds to the deadline: a longer wait is not begun.

    Returns:
        Seconds, or None for no more requests, and if the server names no wait.
    """
    if error.retry_after is None:
        return None
    return wait_before_retry(error, policy=policy, attempt=attempt, jitter=jitter, time_left=time_left)


def is_transient(error: Exception) -> bool:
    """Return whether the same request may succeed later."""
    if isinstance(error, APIStatusError):
        asked = error.headers.get("x-should-retry", "").strip().lower()
        if asked in ("true", "false"):
            return asked == "true"
        return error.status in RETRIED_STATUSES or (error.status >= 500 and error.status != NOT_IMPLEMENTED)
    return isinstance(error, APIConnectionError) and error.transient
