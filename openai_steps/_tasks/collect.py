"""Read a whole list: page after page, or from both ends at once."""

from __future__ import annotations

import asyncio

from openai_steps._models.pages import StepPage
from openai_steps._models.steps import RunStep
from openai_steps._tasks.prefetch import Fetch, call_off
from openai_steps._walks.start import Walk
from openai_steps._walks.two_ends import TwoEnds


async def read_all(walk: Walk, fetch: Fetch) -> list[RunStep]:
    """Read a walk's steps into a list, in the walk's direction."""
    steps: list[RunStep] = []
    while walk.query is not None:
        for page in walk.feed(await fetch(walk.query)):
            steps.extend(page.data[::-1] if walk.backward else page.data)
    return steps


async def read_both_ends(ends: TwoEnds, fetch_head: Fetch, fetch_tail: Fetch) -> list[RunStep]:
    """Read a whole list from both ends.

    Args:
        ends: Says which pages are next.
        fetch_head: Gets a page in the list's order.
        fetch_tail: Gets a page in the flipped order. If it fails, the head goes on alone.

    Raises:
        StepsError: If the head could not be read.
    """
    head: asyncio.Future[StepPage] | None = None
    tail: asyncio.Future[StepPage] | None = None
    try:
        while not ends.done:
            if head is None and ends.head_query is not None:
                head = asyncio.ensure_future(fetch_head(ends.head_query))
            if tail is None and ends.tail_query is not None:
                tail = asyncio.ensure_future(fetch_tail(ends.tail_query))
            await asyncio.wait([task for task in (head, tail) if task], return_when=asyncio.FIRST_COMPLETED)
            if head is not None and head.done():
                page, head = head.result(), None
                ends.feed_head(page)
            if tail is not None and tail.done():
                if tail.exception() is None:
                    ends.feed_tail(tail.result())
                else:
                    ends.drop_tail()
                tail = None
    finally:
        await call_off(head, tail)
    return ends.steps
