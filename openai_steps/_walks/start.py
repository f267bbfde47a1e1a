"""The walk for the arguments of a call, checked before any request."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from openai_steps._arguments import MAX_PAGE_SIZE, ArgumentError, check_id, check_order, is_page_size
from openai_steps._models.runs import Order
from openai_steps._settings import PollInterval
from openai_steps._walks.backward import BackwardWalk
from openai_steps._walks.follow import Follower
from openai_steps._walks.forward import ForwardWalk


def start_checked_walk(
    order: Order,
    after: str | None,
    before: str | None,
    page_size: int,
    max_steps: int | None,
    verify_paging: bool,
    started_at: datetime,
) -> Walk:
    check_order(order)
    for name, cursor in (("after", after), ("before", before)):
        if cursor is not None:
            check_id(name, cursor)
    if after is not None and after == before:
        raise ValueError(f"after and before are the same step, {after!r}: nothing lies between.")
    if not is_page_size(page_size):
        raise ArgumentError("page_size", f"must be a whole number from 1 to {MAX_PAGE_SIZE}, not {page_size!r}.")
    if max_steps is not None and (isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1):
        raise ArgumentError("max_steps", f"must be a whole number above 0, or None, not {max_steps!r}.")
    return start_walk(
        after=after,
        before=before,
        page_size=page_size,
        max_steps=max_steps,
        verify_paging=verify_paging,
        started_at=started_at,
    )


def start_following(
    after: str | None, poll_interval: PollInterval | float | None, max_duration: float | None, verify_paging: bool
) -> Follower:
    if after is not None:
        check_id("after", after)
    if max_duration is not None and not max_duration > 0:
        raise ArgumentError("max_duration", f"must be above 0, or None, not {max_duration!r}.")
    if not isinstance(poll_interval, PollInterval):
        poll_interval = PollInterval() if poll_interval is None else PollInterval.every(poll_interval)
    return Follower(interval=poll_interval, after=after, verify_paging=verify_paging)


def start_walk(
    *,
    after: str | None = None,
    before: str | None = None,
    page_size: int = MAX_PAGE_SIZE,
    max_steps: int | None = None,
    verify_paging: bool = False,
    started_at: datetime | None = None,
) -> Walk:
    """Return the walk for the cursors given.

    Args:
        after: Only steps behind this one, in list order.
        before: Only steps ahead of this one. Without ``after``, the nearest come first.
        page_size: The most steps to ask for at once.
        max_steps: The most steps to pass on in all.
        verify_paging: Trust neither has_more nor ``before``.
        started_at: The time now. Steps that are newer may have come since the walk began, and prove nothing.
    """
    if before is not None and after is None:
        return BackwardWalk(
            before=before, page_size=page_size, max_steps=max_steps, verify_paging=verify_paging, started_at=started_at
        )
    return ForwardWalk(
        after=after, before=before, page_size=page_size, max_steps=max_steps, verify_paging=verify_paging
    )


Walk: TypeAlias = ForwardWalk | BackwardWalk
