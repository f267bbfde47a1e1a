"""The verbs for steps: one, a page, a walk, a whole list, and a run as it goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._client.requests import Names, names_of
from openai_steps._client.runs import RunVerbs
from openai_steps._errors import NotFoundError, StepsError
from openai_steps._http.requests import list_request, step_request
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order, Run
from openai_steps._models.steps import RunStep
from openai_steps._sending.clock import utc_now
from openai_steps._sending.deadline import Deadline
from openai_steps._sending.jitter import jitter
from openai_steps._sending.sleep import sleep
from openai_steps._settings import PollInterval, Timeouts
from openai_steps._tasks.collect import read_all, read_both_ends
from openai_steps._tasks.prefetch import Fetch, PageReader
from openai_steps._walks.follow import RunQuery
from openai_steps._walks.start import start_checked_walk, start_following
from openai_steps._walks.two_ends import FLIPPED, TwoEnds


class StepVerbs(RunVerbs):
    """Reads the steps of a run."""

    async def get_step(
        self,
        thread_id: str,
        run_id: str,
        step_id: str,
        *,
        include: Iterable[str] = (),
        timeout: Timeouts | float | None = None,
    ) -> RunStep:
        """Read one step.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            step_id: The step's id.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such step.
            StepsError: If anything else went wrong.
            ValueError: If an argument is none that a server would take.
        """
        request = step_request(self.endpoint, thread_id, run_id, step_id, include=include)
        return await self._read(request, RunStep, timeout)

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
    ) -> StepPage:
        """Read one page: one request, with just the parameters given, and its answer as it is.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            limit: The most steps to send, 1 to 100; servers send 20 if not told.
            order: ``asc``: oldest first, ``desc``: newest first; servers take ``desc`` if not told.
            after: A step's id: send steps behind it in the list.
            before: A step's id: send steps ahead of it. Servers differ in which of them (see the page on cursors).
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            timeout: Instead of the client's.

        Raises:
            StepsError: If anything went wrong.
            ValueError: If an argument is none that a server would take.
        """
        request = list_request(
            self.endpoint,
            thread_id,
            run_id,
            limit=limit,
            order=order,
            after=after,
            before=before,
            include=include,
        )
        return await self._read(request, StepPage, timeout)

    async def iter_step_pages(
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
    ) -> AsyncGenerator[StepPage, None]:
        """Read a run's steps page by page.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A step's id: only steps behind it in the list.
            before: A step's id: only steps ahead of it. Without ``after``, the page nearest to it comes first.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            page_size: The most steps in one answer, 1 to 100.
            prefetch: Send the request for the next page while you work on this one.
            verify_paging: Trust the server in nothing, at the price of more requests.
            timeout: Instead of the client's, for each request.

        Yields:
            Pages that are not empty, their data in list order as the server sent it, less the steps that have been in
            a page before.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument is none that a server would take.
        """
        walk = start_checked_walk(order, after, before, page_size, None, verify_paging, utc_now())
        fetch = self._fetch(thread_id, run_id, order, names_of(include), timeout)
        reader = PageReader(walk, fetch, prefetch=prefetch)
        try:
            while pages := await reader.read():
                for page in pages:
                    reader.start()
                    yield page
        finally:
            await reader.aclose()

    async def iter_steps(
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
    ) -> AsyncGenerator[RunStep, None]:
        """Read a run's steps one by one.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A step's id: only steps behind it in the list.
            before: A step's id: only steps ahead of it. Without ``after``, the step nearest to it comes first, and the
                walk leads away from it.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            page_size: The most steps in one answer, 1 to 100.
            max_steps: The most steps in all. None: all there are.
            prefetch: Send the request for the next page while you work on this one (not before you have taken the
                second step of a page).
            verify_paging: Trust the server in nothing, at the price of more requests.
            timeout: Instead of the client's, for each request.

        Yields:
            Each step once.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument is none that a server would take.
        """
        walk = start_checked_walk(order, after, before, page_size, max_steps, verify_paging, utc_now())
        fetch = self._fetch(thread_id, run_id, order, names_of(include), timeout)
        reader = PageReader(walk, fetch, prefetch=prefetch)
        try:
            while pages := await reader.read():
                for page in pages:
                    steps = iter(page.data[::-1] if walk.backward else page.data)
                    yield next(steps)
                    reader.start()
                    for step in steps:
                        yield step
        finally:
            await reader.aclose()

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
    ) -> list[RunStep]:
        """Read a run's steps into a list; the order of the list is that of `iter_steps`.

        Without cursors, a list of more than one page is read from both ends at once, where no two steps share a time:
        half the waiting, the same result.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            order: ``asc``: oldest first, ``desc``: newest first.
            after: A step's id: only steps behind it in the list.
            before: A step's id: only steps ahead of it. Without ``after``, the nearest come first.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            page_size: The most steps in one answer, 1 to 100.
            verify_paging: Trust the server in nothing, at the price of more requests.
            timeout: Instead of the client's, for each request.

        Raises:
            StepsError: If anything went wrong. What was read by then is lost with the list: `iter_steps` can resume.
            ValueError: If an argument is none that a server would take.
        """
        walk = start_checked_walk(order, after, before, page_size, None, verify_paging, utc_now())
        names = names_of(include)
        fetch = self._fetch(thread_id, run_id, order, names, timeout)
        if after is None and before is None and not verify_paging:
            fetch_tail = self._fetch(thread_id, run_id, FLIPPED[order], names, timeout)
            return await read_both_ends(TwoEnds(order=order, page_size=page_size), fetch, fetch_tail)
        return await read_all(walk, fetch)

    async def follow_steps(
        self,
        thread_id: str,
        run_id: str,
        *,
        after: str | None = None,
        poll_interval: PollInterval | float | None = None,
        include: Iterable[str] = (),
        on_run: Callable[[Run], object] | None = None,
        stop_when: Callable[[RunStep], bool] | None = None,
        max_duration: float | None = None,
        verify_paging: bool = False,
        timeout: Timeouts | float | None = None,
    ) -> AsyncGenerator[RunStep, None]:
        """Follow a run while it goes on, by polling.

        Each look reads only the steps that may still change, and now and then the run. When the run has ended,
        everything is read once more. ``requires_action`` is no end: the run waits for you, as ``on_run`` is told. A
        server that asks for a longer wait than a request may take is asked again after that wait, if the deadline
        allows.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            after: A step's id: only steps behind it, such as the ``resume_after`` of an error.
            poll_interval: How long to wait between two looks: a `PollInterval`, or seconds.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            on_run: Is called with the run when it is first seen, and again whenever its status or what it waits for
                (``required_action``) has changed; before the steps that are read next.
            stop_when: Is asked about each step after it was yielded; if true, the following is over.
            max_duration: Seconds after which to give up, your own work on the steps included. None: never.
            verify_paging: Do not trust has_more, at the price of a request for each look.
            timeout: Instead of the client's, for each request.

        Yields:
            Each step when it first appears, oldest first, and again whenever it has changed (where only its times
            have, not before the end). A step that the server lists late comes late.

        Raises:
            APITimeoutError: If the run has not ended within ``max_duration``.
            NotFoundError: If there is no such run, or it has vanished.
            UnfinishedRunError: If the run has not ended, and the server says that it never will, since it serves a
                recording; after all steps.
            StepsError: If anything else went wrong; each has ``resume_after``, from which to follow on.
            ValueError: If an argument makes no sense.
        """
        follower = start_following(after, poll_interval, max_duration, verify_paging)
        names = names_of(include)
        list_request(self.endpoint, thread_id, run_id, include=names)  # for its ValueErrors, before any request
        look_at_run = partial(self._look_at_run, thread_id, run_id, timeout=timeout)
        fetch = self._fetch(thread_id, run_id, "asc", names, timeout)
        deadline = Deadline(max_duration, told=f"The run {run_id!r} has not ended within {max_duration} s.")
        try:
            while not follower.over:
                if follower.query is None:
                    await deadline.wait_for(sleep(follower.next_round(jitter=jitter())))
                elif isinstance(follower.query, RunQuery):
                    run, immutable = await self._ask_patiently(look_at_run, deadline)
                    if follower.feed_run(run, immutable=immutable) and on_run is not None:
                        on_run(run)
                else:
                    ask = partial(fetch, follower.query)
                    for step in follower.feed_page(await self._ask_patiently(ask, deadline)):
                        yield step
                        if stop_when is not None and stop_when(step):
                            return
            follower.finish()
        except StepsError as error:
            error.resume_at(after=follower.resume_after, before=None)
            if isinstance(error, NotFoundError) and follower.was_found:
                error.add_note("The run was there a moment ago: it, or its thread, has been deleted since.")
            raise

    def _fetch(
        self, thread_id: str, run_id: str, order: Order, names: Names, timeout: Timeouts | float | None
    ) -> Fetch:
        """Return the function that gets a page of this run."""
        return lambda query: self.list_steps_page(
            thread_id,
            run_id,
            limit=query.limit,
            order=order,
            after=query.after,
            before=query.before,
            include=names,
            timeout=timeout,
        )
