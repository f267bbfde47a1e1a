"""The event of an attempt at a request, for observers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from openai_steps._errors import StepsError


@frozen(kw_only=True)
class RequestEvent:
    """One finished attempt at a request. Nothing in it is secret, and ``route`` has no ids.

    Attributes:
        method: The HTTP method.
        route: The path with the ids left out: ``/threads/{thread_id}/runs/{run_id}/steps``. Good as a label.
        path: The path as sent, without the base URL and the query.
        status: The HTTP status; None if no answer came.
        error: What went wrong; None if the answer was good.
        seconds: From sending the request to the last byte of the answer.
        attempt: 1 for the first time that this request was sent, 2 for the first retry, and so on.
        seconds_held_back: How long the attempt had waited before that, for a rate limit, for a slot or for the key.
        bytes: The size of the answer's body, decompressed.
    """

    method: str
    route: str
    path: str
    status: int | None
    error: StepsError | None
    seconds: float
    attempt: int
    seconds_held_back: float
    bytes: int


Observer: TypeAlias = Callable[[RequestEvent], None]
"""A plain function, called once for each attempt."""
