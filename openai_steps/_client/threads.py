"""The verbs for threads: one, a page, a walk, and a whole list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, Literal, Unpack, overload

from openai_steps._arguments import MAX_PAGE_SIZE, check_count
from openai_steps._client.lists import Listing, ListVerbs, Reading
from openai_steps._client.options import CollectOptions, IterThreadOptions
from openai_steps._http.requests import thread_request, threads_request
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.pages import ThreadPage
from openai_steps._models.runs import Order
from openai_steps._models.threads import Thread
from openai_steps._settings import Timeouts
from openai_steps._walks.unreadable import Odd


class ThreadVerbs(ListVerbs):
    """Reads threads."""

    async def get_thread(self, thread_id: str, *, timeout: Timeouts | float | None = None) -> Thread:
        """Read a thread's object: its time of creation and metadata.

        Args:
            thread_id: The thread's id.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such thread.
            StepsError: If anything else went wrong.
            ValueError: If the id is empty or malformed.
        """
        return await self._read(thread_request(self.endpoint, thread_id), Thread, timeout)

    async def list_threads_page(
        self,
        *,
        limit: int | None = None,
        order: Order | None = None,
        after: str | None = None,
        before: str | None = None,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
        raw: bool = False,
    ) -> ThreadPage:
        """Read one page of the server's threads: one request, with just the parameters given, and its answer as it is.

        Args:
            limit: The most threads to send, 1 to 100; by default servers send 20.
            order: ``asc``: oldest first, ``desc``: newest first; the default of most servers.
            after: A thread's id: send threads after it in the list.
            before: A thread's id: send threads before it. Servers differ in which (see the page on cursors).
            timeout: Instead of the client's.
            odd: What to do with a thread that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.
            raw: Whether to keep the server's text of each item, in ``raw``: copies, which do not keep the page alive.

        Raises:
            StepsError: If anything went wrong.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        return await self._read_page(
            self._threads(), timeout, odd, raw=raw, limit=limit, order=order, after=after, before=before
        )

    def iter_thread_pages(
        self,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[ThreadPage, None]:
        """Read the server's threads page by page.

        Args:
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A thread's id: only threads after it in the list.
            before: A thread's id: only threads before it. Without ``after``, the page nearest to it comes first.
            page_size: The most threads in one answer, 1 to 100.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a thread that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.

        Yields:
            Pages that are not empty, their data in list order as the server sent it, without threads of earlier pages.

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
        return self._iter_pages(self._threads(), how)

    @overload
    def iter_threads(
        self,
        *,
        odd: Literal["raise"] = "raise",
        **options: Unpack[IterThreadOptions],
    ) -> AsyncGenerator[Thread, None]: ...

    @overload
    def iter_threads(
        self,
        *,
        odd: Literal["keep"],
        **options: Unpack[IterThreadOptions],
    ) -> AsyncGenerator[Thread | UnreadableItem, None]: ...

    def iter_threads(
        self,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        max_threads: int | None = None,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[Thread | UnreadableItem, None]:
        """Read the server's threads one by one.

        Args:
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A thread's id: only threads after it in the list.
            before: A thread's id: only threads before it. Without ``after``, the nearest comes first, and the
                walk leads away from it.
            page_size: The most threads in one answer, 1 to 100.
            max_threads: The most threads in all. None: all there are.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a thread that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableItem`.

        Yields:
            Each thread once.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        how = Reading(
            order=order,
            after=after,
            before=before,
            page_size=page_size,
            max_items=check_count("max_threads", max_threads),
            prefetch=prefetch,
            verify_paging=verify_paging,
            timeout=timeout,
            odd=odd,
        )
        return self._iter_items(self._threads(), how)

    @overload
    async def collect_threads(
        self,
        *,
        odd: Literal["raise"] = "raise",
        **options: Unpack[CollectOptions],
    ) -> list[Thread]: ...

    @overload
    async def collect_threads(
        self,
        *,
        odd: Literal["keep"],
        **options: Unpack[CollectOptions],
    ) -> list[Thread | UnreadableItem]: ...

    async def collect_threads(
        self,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> list[Any]:
        """Read the server's threads into a list; the order of the list is that of `iter_threads`.

        Args:
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A thread's id: only threads after it in the list.
            before: A thread's id: only threads before it. Without ``after``, the nearest come first.
            page_size: The most threads in one answer, 1 to 100.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a thread that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableItem`.

        Raises:
            StepsError: If anything went wrong. The part read so far is lost: `iter_threads` can resume.
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
        return await self._collect(self._threads(), how)

    def _threads(self) -> Listing[ThreadPage]:
        return Listing(kind=ThreadPage, build=partial(threads_request, self.endpoint))
