"""The verbs for steps: one, a page, a walk, and a whole list."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from functools import partial
from typing import Any, Literal, TypeAlias, Unpack, overload

from openai_steps._arguments import MAX_PAGE_SIZE, check_count
from openai_steps._client.lists import AnyPage, Listing, Reading
from openai_steps._client.options import CollectStepOptions, GetOptions, IterStepOptions
from openai_steps._client.requests import names_of
from openai_steps._client.runs import RunVerbs
from openai_steps._errors import ResponseDecodeError
from openai_steps._http.requests import list_request, step_request
from openai_steps._json.text import loads
from openai_steps._models.extra import Misfit
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order
from openai_steps._models.steps import RunStep, UnreadableStep
from openai_steps._settings import Timeouts
from openai_steps._walks.one_parent import OneParent
from openai_steps._walks.unreadable import Odd, OddItems, check_odd

OddSteps: TypeAlias = OddItems[RunStep, UnreadableStep]


class StepVerbs(RunVerbs):
    """Reads the steps of a run."""

    @overload
    async def get_step(
        self,
        thread_id: str,
        run_id: str,
        step_id: str,
        *,
        include: Iterable[str] = (),
        timeout: Timeouts | float | None = None,
        odd: Literal["raise"] = "raise",
    ) -> RunStep: ...

    @overload
    async def get_step(
        self, thread_id: str, run_id: str, step_id: str, *, odd: Literal["keep"], **options: Unpack[GetOptions]
    ) -> RunStep | UnreadableStep: ...

    async def get_step(
        self,
        thread_id: str,
        run_id: str,
        step_id: str,
        *,
        include: Iterable[str] = (),
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> RunStep | UnreadableStep:
        """Read one step.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            step_id: The step's id.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            timeout: Instead of the client's.
            odd: What to do with a step that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableStep`.

        Raises:
            NotFoundError: If there is no such step.
            StepsError: If anything else went wrong.
            ValueError: If an argument has a value that no server takes.
        """
        check_odd(odd)
        request = step_request(self.endpoint, thread_id, run_id, step_id, include=include)
        try:
            return await self._read(request, RunStep, timeout)
        except ResponseDecodeError as error:
            if odd == "keep" and error.expected is not None:
                return UnreadableStep(loads(error.body), Misfit(error.path, error.expected))
            raise

    async def list_steps_page(
        self,
        thread_id: str,
        run_id: str,
        *,
        limit: int | None = None,
        order: Order | None = None,
        after: str | None = None,
        before: str | None = None,
        include: Iterable[str] = (),
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
        raw: bool = False,
    ) -> StepPage:
        """Read one page: one request, with just the parameters given, and its answer as it is.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            limit: The most steps to send, 1 to 100; by default servers send 20.
            order: ``asc``: oldest first, ``desc``: newest first; the servers' default.
            after: A step's id: send steps after it in the list.
            before: A step's id: send steps before it. Servers differ in which of them (see the page on cursors).
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            timeout: Instead of the client's.
            odd: What to do with a step that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.
            raw: Whether to keep the server's text of each step, in ``raw``: copies, which do not keep the page alive.

        Raises:
            StepsError: If anything went wrong.
            ValueError: If an argument has a value that no server takes.
        """
        paging = {"limit": limit, "order": order, "after": after, "before": before}
        return await self._read_page(self._steps_of(thread_id, run_id, include), timeout, odd, raw=raw, **paging)

    def iter_step_pages(
        self,
        thread_id: str,
        run_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        include: Iterable[str] = (),
        page_size: int = MAX_PAGE_SIZE,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[StepPage, None]:
        """Read a run's steps page by page.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A step's id: only steps after it in the list.
            before: A step's id: only steps before it. Without ``after``, the page nearest to it comes first.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            page_size: The most steps in one answer, 1 to 100.
            prefetch: Whether to send the request for the next page while you work on this one.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a step that cannot be read: ``raise`` an error, or ``keep`` it in ``unreadable``.

        Yields:
            Pages that are not empty, their data in list order as the server sent it, without steps of earlier pages.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument has a value that no server takes.
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
        return self._iter_pages(self._steps_of(thread_id, run_id, include), how)

    @overload
    def iter_steps(
        self,
        thread_id: str,
        run_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        include: Iterable[str] = (),
        page_size: int = MAX_PAGE_SIZE,
        max_steps: int | None = None,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Literal["raise"] = "raise",
    ) -> AsyncGenerator[RunStep, None]: ...

    @overload
    def iter_steps(
        self, thread_id: str, run_id: str, *, odd: Literal["keep"], **options: Unpack[IterStepOptions]
    ) -> AsyncGenerator[RunStep | UnreadableStep, None]: ...

    def iter_steps(
        self,
        thread_id: str,
        run_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        include: Iterable[str] = (),
        page_size: int = MAX_PAGE_SIZE,
        max_steps: int | None = None,
        prefetch: bool = True,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> AsyncGenerator[RunStep | UnreadableStep, None]:
        """Read a run's steps one by one.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A step's id: only steps after it in the list.
            before: A step's id: only steps before it. Without ``after``, the step nearest to it comes first, and the
                walk leads away from it.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            page_size: The most steps in one answer, 1 to 100.
            max_steps: The most steps in all. None: all there are.
            prefetch: Whether to send the request for the next page while you work on this one (not before you have
                taken the second step of a page).
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a step that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableStep`.

        Yields:
            Each step once.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument has a value that no server takes.
        """
        how = Reading(
            order=order,
            after=after,
            before=before,
            page_size=page_size,
            max_items=check_count("max_steps", max_steps),
            prefetch=prefetch,
            verify_paging=verify_paging,
            timeout=timeout,
            odd=odd,
        )
        return self._iter_items(self._steps_of(thread_id, run_id, include), how)

    @overload
    async def collect_steps(
        self,
        thread_id: str,
        run_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        include: Iterable[str] = (),
        page_size: int = MAX_PAGE_SIZE,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Literal["raise"] = "raise",
    ) -> list[RunStep]: ...

    @overload
    async def collect_steps(
        self, thread_id: str, run_id: str, *, odd: Literal["keep"], **options: Unpack[CollectStepOptions]
    ) -> list[RunStep | UnreadableStep]: ...

    async def collect_steps(
        self,
        thread_id: str,
        run_id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        include: Iterable[str] = (),
        page_size: int = MAX_PAGE_SIZE,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
        odd: Odd = "raise",
    ) -> list[Any]:
        """Read a run's steps into a list; the order of the list is that of `iter_steps`.

        Without cursors, a list of more than one page whose steps all have different times is read from both ends at
        once: half the waiting, the same result.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A step's id: only steps after it in the list.
            before: A step's id: only steps before it. Without ``after``, the nearest come first.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            page_size: The most steps in one answer, 1 to 100.
            verify_paging: Trust nothing about the server's pages, at the cost of more requests.
            timeout: Instead of the client's, for each request.
            odd: What to do with a step that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableStep`.

        Raises:
            StepsError: If anything went wrong. The part read so far is lost: `iter_steps` can resume.
            ValueError: If an argument has a value that no server takes.
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
        return await self._collect(self._steps_of(thread_id, run_id, include), how)

    def _steps_of(self, thread_id: str, run_id: str, include: Iterable[str]) -> Listing[StepPage]:
        return self._listing_of(StepPage, thread_id, run_id, include)

    def _listing_of(self, kind: type[AnyPage], thread_id: str, run_id: str, include: Iterable[str]) -> Listing[AnyPage]:
        build = partial(list_request, self.endpoint, thread_id, run_id, include=names_of(include))
        # A server that knows a run by several ids names only one of them in its steps.
        return Listing(kind=kind, build=build, check=OneParent(aliases=True, thread_id=thread_id, run_id=run_id))
