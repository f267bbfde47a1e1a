"""Drive the walks: fetch a page while the caller works on the one before, or from both ends of a list at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from openai_steps._ends import TwoEnds
from openai_steps._errors import StepsError, note_where_to_resume
from openai_steps._models import RunStep, StepPage
from openai_steps._walk import PageQuery, Walk

Fetch: TypeAlias = Callable[[PageQuery], Awaitable[StepPage]]


class PageReader:
    """Reads a walk's pages.

    Args:
        walk: Says which page is next.
        fetch: Gets a page.
        prefetch: Whether `start` may do anything.
    """

    def __init__(self, walk: Walk, fetch: Fetch, *, prefetch: bool) -> None:
        self._walk = walk
        self._fetch = fetch
        self._prefetch = prefetch
        self._ahead: asyncio.Task[StepPage] | None = None

    async def read(self) -> list[StepPage]:
        """Return the next pages to pass on, in the walk's direction; none at the end.

        Raises:
            StepsError: With the cursor from which to go on.
        """
        walk = self._walk
        try:
            while walk.query is not None:
                # If the caller is cancelled here, so is the task that is ahead.
                page = await (self._fetch(walk.query) if self._ahead is None else self._ahead)
                self._ahead = None
                if pages := walk.feed(page):
                    return pages
        except StepsError as error:
            error.resume_at(after=walk.resume_after, before=walk.resume_before)
            raise
        except Exception as error:
            note_where_to_resume(error, after=walk.resume_after, before=walk.resume_before)
            raise
        return []

    def start(self) -> None:
        """Send the request for the page after this one, if there is one and it has not been sent."""
        query = self._walk.query
        if self._prefetch and self._ahead is None and query is not None:
            self._ahead = asyncio.ensure_future(self._fetch(query))

    async def aclose(self) -> None:
        """Call off a request that is on its way, and wait until it has left nothing behind."""
        task, self._ahead = self._ahead, None
        await _call_off(task)


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
        fetch_tail: Gets a page in the flipped order. Its failure is no failure: the head goes on alone.

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
        await _call_off(head, tail)
    return ends.steps


async def _call_off(*tasks: asyncio.Future[StepPage] | None) -> None:
    """Cancel what is still on its way, and wait until it has left nothing behind."""
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    for task in running:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain that nobody did
