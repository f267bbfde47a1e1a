"""The settings of a client: timeouts, retries, limits and poll intervals."""

from __future__ import annotations

import math
from typing import Any

from attrs import Attribute, field, frozen


def _positive(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{type(instance).__name__}.{attribute.name} must be a number above 0, not {value!r}.")


def _positive_whole(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    _positive(instance, attribute, value)
    if not isinstance(value, int):
        raise ValueError(f"{type(instance).__name__}.{attribute.name} must be a whole number, not {value!r}.")


def _not_negative(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"{type(instance).__name__}.{attribute.name} must be 0 or more, not {value!r}.")


@frozen(kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    Args:
        connect: For making a connection.
        attempt: For one request, from its start to the last byte of the answer.
        total: For a request with all its retries and the waits between them.
    """

    connect: float = field(default=10.0, validator=_positive)
    attempt: float = field(default=30.0, validator=_positive)
    total: float = field(default=60.0, validator=_positive)


@frozen(kw_only=True)
class RetryPolicy:
    """When to retry.

    The wait doubles from try to try, from ``wait_initial`` up to ``wait_max``, less a random part of up to a half. A
    server's ``Retry-After`` takes precedence, even over ``wait_max``, with a little on top.

    Args:
        attempts: The most requests to send for one answer; 1 means no retries.
        wait_initial: Seconds before the first retry.
        wait_max: The most seconds between two tries.
    """

    attempts: int = field(default=4, validator=_positive_whole)
    wait_initial: float = field(default=0.5, validator=_not_negative)
    wait_max: float = field(default=8.0, validator=_not_negative)


@frozen(kw_only=True)
class Limits:
    """The limits of a client.

    Args:
        max_body_bytes: The largest answer to accept, after decompression.
        max_values: The most JSON values in an answer. A page of a hundred steps has some thousand. They are counted
            before any is made, since a kilobyte of compressed text may hold a million.
        max_error_bytes: The most bytes to read of an error's body; the rest is not read.
        max_connections: The most connections at once, for a session that the client makes itself.
    """

    max_body_bytes: int = field(default=64 * 1024 * 1024, validator=_positive_whole)
    max_values: int = field(default=4_000_000, validator=_positive_whole)
    max_error_bytes: int = field(default=64 * 1024, validator=_positive_whole)
    max_connections: int = field(default=100, validator=_positive_whole)


def _not_below_initial(instance: PollInterval, attribute: Attribute[Any], value: Any) -> None:
    _positive(instance, attribute, value)
    if value < instance.initial:
        raise ValueError(f"PollInterval.maximum must be {instance.initial} (initial) or more, not {value!r}.")


def _one_or_more(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    _positive(instance, attribute, value)
    if value < 1:
        raise ValueError(f"PollInterval.factor must be 1 or more, not {value!r}.")


def _part(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    _not_negative(instance, attribute, value)
    if value > 1:
        raise ValueError(f"PollInterval.jitter must be between 0 and 1, not {value!r}.")


@frozen(kw_only=True)
class PollInterval:
    """How long to wait between two looks at a live run.

    The wait is ``initial`` after each look that showed something new, and grows by ``factor`` up to ``maximum`` while
    nothing moves.

    Args:
        initial: Seconds to wait while things move.
        maximum: The most seconds to wait.
        factor: By how much the wait grows.
        jitter: The part of each wait, from 0 to 1, of which a random share is left out, so that many followers do not
            poll at the same times.
    """

    initial: float = field(default=0.5, validator=_positive)
    maximum: float = field(default=8.0, validator=_not_below_initial)
    factor: float = field(default=1.5, validator=_one_or_more)
    jitter: float = field(default=0.25, validator=_part)

    @classmethod
    def every(cls, seconds: float) -> PollInterval:
        """Return the interval that is always the same.

        Args:
            seconds: How long to wait.
        """
        return cls(initial=seconds, maximum=seconds, factor=1.0, jitter=0.0)
