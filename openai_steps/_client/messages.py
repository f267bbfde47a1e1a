"""The verbs for messages: one, a page, a walk, and a whole list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, Literal, Unpack, overload

from attrs import evolve

from openai_steps._arguments import MAX_PAGE_SIZE, check_count
from openai_steps._client.lists import Listing, ListVerbs, Reading
from openai_steps._client.options import CollectMessageOptions, IterMessageOptions
from openai_steps._http.requests import message_request, messages_request
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.messages import Message
from openai_steps._models.pages import MessagePage
from openai_steps._models.runs import Order
from openai_steps._settings import Timeouts
from openai_steps._walks.one_parent import OneParent
from openai_steps._walks.unreadable import Odd


class MessageVerbs(ListVerbs):
    """Reads messages."""

    async def get_message(self, thread_id: str, message_id: str, *, timeout: Timeouts | float | None = None) -> Message:
        """Read one message.

        Args:
            thread_id: The thread's id.
            message_id: The message's id, such as `RunStep.message_id`.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such message; it may have been deleted.
            StepsError: If anything else went wrong.
            ValueError: If an id is empty or malformed.
        """
        return await self._read(message_request(self.endpoint, thread_id, message_id), Message, timeout)

    async def list_messages_page(
        self,
        thread_id: str,
        *,
        run_id: str | None = None,
        limit: int | None = None,
        order: Order | None = None,
        after: str | None = None,
        before: str | None = None,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
        raw: bool = False,
    ) -> MessagePage:
        """Read one page of a thread's messages: one request, with just the parameters given, and its answer as it is.

        Args:
            thread_id: The thread's id.
            run_id: Ask for messages of this run alone. Some servers ignore it, some refuse it.
            limit: The most messages to send, 1 to 100; by default servers send 20.
            order: ``asc``: oldest first, ``desc``: newest first; the default of most servers.
            after: A message's id: send messages after it in the list.
            before: A message's id: send messages before it. Servers differ in which (see the page on cursors).
            timeout: Instead of the client's.
            odd: What to do with a message that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.
            raw: Whether to keep the server's text of each item, in ``raw``: copies, which do not keep the page alive.

        Raises:
            StepsError: If anything went wrong.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        return await self._read_page(
            self._messages_of(thread_id, run_id),
            timeout,
            odd,
            raw=raw,
            limit=limit,
            order=order,
            after=after,
            before=before,
        )

    def iter_message_pages(
        self,
        thread_id: str,
        *,
        run_id: str | None = None,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[MessagePage, None]:
        """Read a thread's messages page by page.

        Args:
            thread_id: The thread's id.
            run_id: Only messages of this run. If the server ignores or refuses it, all are read, and those of others
                left out.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A message's id: only messages after it in the list.
            before: A message's id: only messages before it. Without ``after``, the page nearest to it comes first.
            page_size: The most messages in one answer, 1 to 100.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a message that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.

        Yields:
            Pages that are not empty, their data in list order as the server sent it, without messages of earlier pages.

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
        return self._iter_pages(self._messages_of(thread_id, run_id), how)

    @overload
    def iter_messages(
        self,
        thread_id: str,
        *,
        odd: Literal["raise"] = "raise",
        **options: Unpack[IterMessageOptions],
    ) -> AsyncGenerator[Message, None]: ...

    @overload
    def iter_messages(
        self,
        thread_id: str,
        *,
        odd: Literal["keep"],
        **options: Unpack[IterMessageOptions],
    ) -> AsyncGenerator[Message | UnreadableItem, None]: ...

    def iter_messages(
        self,
        thread_id: str,
        *,
        run_id: str | None = None,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        max_messages: int | None = None,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[Message | UnreadableItem, None]:
        """Read a thread's messages one by one.

        Args:
            thread_id: The thread's id.
            run_id: Only messages of this run. If the server ignores or refuses it, all are read, and those of others
                left out.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A message's id: only messages after it in the list.
            before: A message's id: only messages before it. Without ``after``, the nearest comes first, and the
                walk leads away from it.
            page_size: The most messages in one answer, 1 to 100.
            max_messages: The most messages in all. None: all there are.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a message that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableItem`.

        Yields:
            Each message once.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument has a value that no server takes, or the server has no such list.
        """
        how = Reading(
            order=order,
            after=after,
            before=before,
            page_size=page_size,
            max_items=check_count("max_messages", max_messages),
            prefetch=prefetch,
            verify_paging=verify_paging,
            timeout=timeout,
            odd=odd,
        )
        return self._iter_items(self._messages_of(thread_id, run_id), how)

    @overload
    async def collect_messages(
        self,
        thread_id: str,
        *,
        odd: Literal["raise"] = "raise",
        **options: Unpack[CollectMessageOptions],
    ) -> list[Message]: ...

    @overload
    async def collect_messages(
        self,
        thread_id: str,
        *,
        odd: Literal["keep"],
        **options: Unpack[CollectMessageOptions],
    ) -> list[Message | UnreadableItem]: ...

    async def collect_messages(
        self,
        thread_id: str,
        *,
        run_id: str | None = None,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> list[Any]:
        """Read a thread's messages into a list; the order of the list is that of `iter_messages`.

        Args:
            thread_id: The thread's id.
            run_id: Only messages of this run. If the server ignores or refuses it, all are read, and those of others
                left out.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A message's id: only messages after it in the list.
            before: A message's id: only messages before it. Without ``after``, the nearest come first.
            page_size: The most messages in one answer, 1 to 100.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a message that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableItem`.

        Raises:
            StepsError: If anything went wrong. The part read so far is lost: `iter_messages` can resume.
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
        return await self._collect(self._messages_of(thread_id, run_id), how)

    def _messages_of(self, thread_id: str, run_id: str | None) -> Listing[MessagePage]:
        build = partial(messages_request, self.endpoint, thread_id)
        listing = Listing(kind=MessagePage, build=build, check=OneParent(thread_id=thread_id))
        if run_id is None:
            return listing
        return evolve(listing, build=partial(build, run_id=run_id), filter={"run_id": run_id}, build_plain=build)
