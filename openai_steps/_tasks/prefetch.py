"""Fetches one page while the caller works on another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from openai_steps._errors import APIStatusError, StepsError, note_where_to_resume
from openai_steps._models.pages import StepPage
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.walk import Walk

Fetch: TypeAlias = Callable[[PageQuery], Awaitable[StepPage]]


class PageReader:
    """Reads a walk's pages.

    Args:
        walk: Says which page is next.
        fetch: Gets a page.
        prefetch: Whether `start` may do anything.
    """

    def __init__(self, walk: Walk[StepPage], fetch: Fetch, *, prefetch: bool) -> None:
        self._walk = walk
        self._fetch = fetch
        self._prefetch = prefetch
        self._ahead: asyncio.Task[StepPage] | None = None

    async def read(self) -> list[StepPage]:
        """Return the next pages to pass on, in the walk's direction; an empty list at the end.

        Raises:
            StepsError: With the cursor from which to go on.
        """
        walk = self._walk
        self._check_loop()
        try:
            while walk.query is not None:
                if pages := await self._feed(walk, walk.query):
                    return pages
            walk.finish()
        except StepsError as error:
            error.resume_at(after=walk.resume_after, before=walk.resume_before)
            raise
        except Exception as error:
            note_where_to_resume(error, after=walk.resume_after, before=walk.resume_before)
            raise
        return []

    async def _feed(self, walk: Walk[StepPage], query: PageQuery) -> list[StepPage]:
        try:
            # If the caller is cancelled here, so is the task for the page ahead.
            page = await (self._fetch(query) if self._ahead is None else self._ahead)
        except APIStatusError as error:
            self._ahead = None
            return walk.refuse(error)
        self._ahead = None
        return walk.feed(page)

    def start(self) -> None:
        """Send the request for the page after this one, if there is one and it has not been sent."""
        query = self._walk.query
        if self._prefetch and self._ahead is None and query is not None:
            self._ahead = asyncio.ensure_future(self._fetch(query))

    def _check_loop(self) -> None:
        if self._ahead is not None and self._ahead.get_loop() is not asyncio.get_running_loop():
            self._ahead = None  # this loop cannot wait for it
            raise RuntimeError("This walk was begun in another event loop. Go on with it there, or begin a new one.")

    async def aclose(self) -> None:
        """Cancel the request for the page ahead, and wait until it has ended."""
        task, self._ahead = self._ahead, None
        if task is None or task.get_loop() is asyncio.get_running_loop():
            await call_off(task)


async def call_off(*tasks: asyncio.Future[StepPage] | None) -> None:
    """Cancel tasks that still run, and wait until they have ended."""
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    for task in running:
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not warn that it never was
