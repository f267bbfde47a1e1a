"""The verbs for runs: one, a page, a walk, and a whole list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, Literal, Unpack, overload

from openai_steps._arguments import MAX_PAGE_SIZE, check_count
from openai_steps._client.lists import Listing, ListVerbs, Reading
from openai_steps._client.options import CollectOptions, IterRunOptions
from openai_steps._http.replies import is_immutable, read_reply
from openai_steps._http.requests import run_request, runs_request
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.pages import RunPage
from openai_steps._models.runs import Order, Run
from openai_steps._settings import Timeouts
from openai_steps._walks.one_parent import OneParent
from openai_steps._walks.unreadable import Odd


class RunVerbs(ListVerbs):
    """Reads runs."""

    async def get_run(self, thread_id: str, run_id: str, *, timeout: Timeouts | float | None = None) -> Run:
        """Read one run: its status and times, what it waits for, and its settings.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such run.
            StepsError: If anything else went wrong.
            ValueError: If an id is empty or malformed.
        """
        run, _ = await self._look_at_run(thread_id, run_id, timeout=timeout)
        return run

    async def list_runs_page(
        self,
        thread_id: str,
        *,
        limit: int | None = None,
        order: Order | None = None,
        after: str | None = None,
        before: str | None = None,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
        raw: bool = False,
    ) -> RunPage:
        """Read one page of a thread's runs: one request, with just the parameters given, and its answer as it is.

        Args:
            thread_id: The thread's id.
            limit: The most runs to send, 1 to 100; by default servers send 20.
            order: ``asc``: oldest first, ``desc``: newest first; the default of most servers.
            after: A run's id: send runs after it in the list.
            before: A run's id: send runs before it. Servers differ in which (see the page on cursors).
            timeout: Instead of the client's.
            odd: What to do with a run that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.
            raw: Whether to keep the server's text of each item, in ``raw``: copies, which do not keep the page alive.

        Raises:
            StepsError: If anything went wrong.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        return await self._read_page(
            self._runs_of(thread_id), timeout, odd, raw=raw, limit=limit, order=order, after=after, before=before
        )

    def iter_run_pages(
        self,
        thread_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[RunPage, None]:
        """Read a thread's runs page by page.

        Args:
            thread_id: The thread's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A run's id: only runs after it in the list.
            before: A run's id: only runs before it. Without ``after``, the page nearest to it comes first.
            page_size: The most runs in one answer, 1 to 100.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a run that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.

        Yields:
            Pages that are not empty, their data in list order as the server sent it, without runs of earlier pages.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        how = Reading(
            order=order,
            after=after,
            before=before,
            page_size=page_size,
            prefetch=prefetch,
            verify_paging=verify_paging,
            timeout=timeout,
            odd=odd,
        )
        return self._iter_pages(self._runs_of(thread_id), how)

    @overload
    def iter_runs(
        self,
        thread_id: str,
        *,
        odd: Literal["raise"] = "raise",
        **options: Unpack[IterRunOptions],
    ) -> AsyncGenerator[Run, None]: ...

    @overload
    def iter_runs(
        self,
        thread_id: str,
        *,
        odd: Literal["keep"],
        **options: Unpack[IterRunOptions],
    ) -> AsyncGenerator[Run | UnreadableItem, None]: ...

    def iter_runs(
        self,
        thread_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        max_runs: int | None = None,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[Run | UnreadableItem, None]:
        """Read a thread's runs one by one.

        Args:
            thread_id: The thread's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A run's id: only runs after it in the list.
            before: A run's id: only runs before it. Without ``after``, the nearest comes first, and the
                walk leads away from it.
            page_size: The most runs in one answer, 1 to 100.
            max_runs: The most runs in all. None: all there are.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a run that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableItem`.

        Yields:
            Each run once.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        how = Reading(
            order=order,
            after=after,
            before=before,
            page_size=page_size,
            max_items=check_count("max_runs", max_runs),
            prefetch=prefetch,
            verify_paging=verify_paging,
            timeout=timeout,
            odd=odd,
        )
        return self._iter_items(self._runs_of(thread_id), how)

    @overload
    async def collect_runs(
        self,
        thread_id: str,
        *,
        odd: Literal["raise"] = "raise",
        **options: Unpack[CollectOptions],
    ) -> list[Run]: ...

    @overload
    async def collect_runs(
        self,
        thread_id: str,
        *,
        odd: Literal["keep"],
        **options: Unpack[CollectOptions],
    ) -> list[Run | UnreadableItem]: ...

    async def collect_runs(
        self,
        thread_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> list[Any]:
        """Read a thread's runs into a list; the order of the list is that of `iter_runs`.

        Args:
            thread_id: The thread's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A run's id: only runs after it in the list.
            before: A run's id: only runs before it. Without ``after``, the nearest come first.
            page_size: The most runs in one answer, 1 to 100.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a run that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableItem`.

        Raises:
            StepsError: If anything went wrong. The part read so far is lost: `iter_runs` can resume.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        how = Reading(
            order=order,
            after=after,
            before=before,
            page_size=page_size,
            verify_paging=verify_paging,
            timeout=timeout,
            odd=odd,
        )
        return await self._collect(self._runs_of(thread_id), how)

    def _runs_of(self, thread_id: str) -> Listing[RunPage]:
        build = partial(runs_request, self.endpoint, thread_id)
        return Listing(kind=RunPage, build=build, check=OneParent(thread_id=thread_id))

    async def _look_at_run(self, thread_id: str, run_id: str, *, timeout: Timeouts | float | None) -> tuple[Run, bool]:
        """Read the run, and whether the server says that it will not change any more."""
        request = run_request(self.endpoint, thread_id, run_id)
        reply = await self._get(request, timeout)
        return read_reply(reply, Run, request=request), is_immutable(reply)
