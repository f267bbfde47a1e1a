"""The walk for the arguments of a call, checked before any request."""

from __future__ import annotations

from typing import Any

from openai_steps._arguments import MAX_PAGE_SIZE, check_count, check_id, check_order, check_page_size
from openai_steps._models.runs import Order
from openai_steps._walks.cursors import CursorReading
from openai_steps._walks.pages import Lane
from openai_steps._walks.trust import Trust
from openai_steps._walks.walk import Sink, Walk


def start_walk(
    *,
    order: Order,
    after: str | None = None,
    before: str | None = None,
    page_size: int = MAX_PAGE_SIZE,
    max_steps: int | None = None,
    trust: Trust | None = None,
    known: bool = False,
) -> Walk[Any]:
    """Return the walk for the given cursors.

    Args:
        order: The order of the list.
        after: Only items after this one, in list order.
        before: Only items before this one. Without ``after``, the nearest come first.
        page_size: The most items to ask for at once, except in doubt.
        max_steps: The most items to pass on in all.
        trust: What is known of the server. None: rely on nothing.
        known: Whether the server has listed the cursor ``after`` a moment ago.
    """
    backward = before is not None and after is None
    sink = Sink[Any](
        start=after,
        stop=None if backward else before,
        left=max_steps,
        page_size=page_size,
        backward=backward,
    )
    if trust is None or trust.unsteady:
        trust = Trust(believing=False, unsteady=trust is not None)
    reading = CursorReading(trust, sink, Lane(order, "before" if backward else "after"))
    if after is not None:
        script = reading.after_cursor(after, known=known)
    elif before is not None:
        script = reading.before_cursor(before)
    else:
        script = reading.from_head()
    return Walk(script, sink, after=after, before=before)


def check_walk(
    *,
    order: Order,
    after: str | None = None,
    before: str | None = None,
    page_size: int = MAX_PAGE_SIZE,
    max_steps: int | None = None,
) -> None:
    """Raise a ValueError for invalid arguments of a walk."""
    check_order(order)
    for name, cursor in (("after", after), ("before", before)):
        if cursor is not None:
            check_id(name, cursor)
    if after is not None and after == before:
        raise ValueError(f"after and before are the same step, {after!r}: nothing lies between.")
    check_page_size("page_size", page_size)
    check_count("max_steps", max_steps)
