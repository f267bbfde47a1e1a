"""How patient and how greedy a client is: values that a user sets."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, field, frozen


def _positive(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError(f"{type(instance).__name__}.{attribute.name} must be above 0, not {value!r}.")


def _not_negative(instance: Any, attribute: Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"{type(instance).__name__}.{attribute.name} must be 0 or more, not {value!r}.")


@frozen(kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    Args:
        connect: For a connection to be made.
        attempt: For one request, from its start to the last byte of the answer.
        total: For a request with all its retries and the waiting between them.
    """

    connect: float = field(default=10.0, validator=_positive)
    attempt: float = field(default=30.0, validator=_positive)
    total: float = field(default=60.0, validator=_positive)


@frozen(kw_only=True)
class RetryPolicy:
    """When to try again.

    The wait doubles from try to try, from ``wait_initial`` up to ``wait_max``, less a random part of up to a half. A
    server's ``Retry-After`` is honoured instead, whatever ``wait_max`` says, with a little on top.

    Args:
        attempts: The most requests to send for one answer; 1 means no retries.
        wait_initial: Seconds before the first retry.
        wait_max: The most seconds between two tries.
    """

    attempts: int = field(default=4, validator=_positive)
    wait_initial: float = field(default=0.5, validator=_not_negative)
    wait_max: float = field(default=8.0, validator=_not_negative)


@frozen(kw_only=True)
class Limits:
    """What a client may use.

    Args:
        max_body_bytes: The biggest answer to accept, after decompression.
        max_connections: The most connections at once, for a session that the client makes itself.
    """

    max_body_bytes: int = field(default=64 * 1024 * 1024, validator=_positive)
    max_connections: int = field(default=100, validator=_positive)
