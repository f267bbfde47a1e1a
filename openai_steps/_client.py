"""`AsyncStepsClient`: the verbs that users call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import aiohttp
from attrs import evolve

from openai_steps._ahead import Fetch, PageReader, read_all, read_both_ends
from openai_steps._clock import Deadline, roll, sleep
from openai_steps._endpoint import ApiKey, Endpoint
from openai_steps._ends import FLIPPED, TwoEnds
from openai_steps._errors import APIStatusError, NotFoundError, StepsError
from openai_steps._fleet import run_fleet
from openai_steps._follow import Follower, RunQuery
from openai_steps._headers import check_headers, hide, hide_values
from openai_steps._models import Order, Run, RunRef, RunStep, RunSteps, StepPage
from openai_steps._protocol import (
    Reply,
    Request,
    check_id,
    check_order,
    is_page_size,
    list_request,
    read_reply,
    run_request,
    step_request,
)
from openai_steps._retry import wait_as_asked
from openai_steps._settings import Limits, PollInterval, RetryPolicy, Timeouts
from openai_steps._transport import Transport
from openai_steps._walk import MAX_PAGE_SIZE, ForwardWalk, Walk, start_walk

T = TypeVar("T")
Names: TypeAlias = tuple[str, ...] | str


class AsyncStepsClient:
    """Reads the steps of Assistants-style runs, over one aiohttp session.

    Use it as an async context manager, or call `aclose` when done. One client serves any number of tasks of one event
    loop.

    Args:
        endpoint: The server. Default: `Endpoint.openai` with ``api_key`` and ``base_url``.
        api_key: Default: the environment variable ``OPENAI_API_KEY``. A function, plain or async, is asked for the
            key before each request.
        base_url: Default: the environment variable ``OPENAI_BASE_URL``, or else OpenAI's.
        session: A session of your own, with your proxies, certificates and tracing. It is never closed here.
        timeout: How long to wait: a `Timeouts`, or seconds for one request.
        retry: When to try again.
        limits: The biggest answer, and the most connections.
        limiter: Any async context manager that is entered around each request, such as a semaphore or an
            ``aiolimiter.AsyncLimiter``.
        headers: More headers for each request.

    Raises:
        ValueError: If an argument makes no sense, or a key that is needed is missing.
    """

    def __init__(
        self,
        endpoint: Endpoint | None = None,
        *,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        timeout: Timeouts | float | None = None,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        limiter: AbstractAsyncContextManager[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        api_key, headers = hide(api_key), hide_values(headers)  # for tracebacks that show locals
        if endpoint is None:
            endpoint = Endpoint.openai(api_key=api_key, base_url=base_url)
        elif api_key is not None or base_url is not None:
            raise ValueError("Give api_key and base_url to the endpoint, not to the client, too.")
        self._timeouts = _timeouts(timeout, Timeouts())
        self._retry = retry or RetryPolicy()
        self._transport = Transport(
            endpoint,
            session=session,
            timeouts=self._timeouts,
            retry=self._retry,
            limits=limits or Limits(),
            limiter=limiter,
            headers=check_headers(headers),
        )

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):  # as a traceback shows it when __init__ has failed
            return "<AsyncStepsClient>"
        return f"<AsyncStepsClient {self.endpoint.provider} {self.endpoint.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the session was brought along. A closed client stays closed."""
        await self._transport.aclose()

    @property
    def endpoint(self) -> Endpoint:
        """The server that this client asks."""
        return self._transport.endpoint

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
        return read_reply(await self._send(request, timeout), RunStep, request=request)

    async def get_run(self, thread_id: str, run_id: str, *, timeout: Timeouts | float | None = None) -> Run:
        """Read the run itself: its status and times.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such run.
            StepsError: If anything else went wrong.
            ValueError: If an id is none.
        """
        request = run_request(self.endpoint, thread_id, run_id)
        return read_reply(await self._send(request, timeout), Run, request=request)

    async def list_page(
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
        return read_reply(await self._send(request, timeout), StepPage, request=request)

    async def iter_pages(
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
        verify: bool = False,
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
            verify: Trust the server in nothing, at the price of more requests.
            timeout: Instead of the client's, for each request.

        Yields:
            Pages that are not empty, their data in list order as the server sent it, less the steps that have been in
            a page before.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument is none that a server would take.
        """
        walk = _start_walk(order, after, before, page_size, None, verify)
        fetch = self._fetch(thread_id, run_id, order, _names(include), timeout)
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
        verify: bool = False,
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
            verify: Trust the server in nothing, at the price of more requests.
            timeout: Instead of the client's, for each request.

        Yields:
            Each step once.

        Raises:
            StepsError: If anything went wrong; ``resume_after`` and ``resume_before`` say where to go on.
            ValueError: If an argument is none that a server would take.
        """
        walk = _start_walk(order, after, before, page_size, max_steps, verify)
        fetch = self._fetch(thread_id, run_id, order, _names(include), timeout)
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
        verify: bool = False,
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
            verify: Trust the server in nothing, at the price of more requests.
            timeout: Instead of the client's, for each request.

        Raises:
            StepsError: If anything went wrong. What was read by then is lost with the list: `iter_steps` can resume.
            ValueError: If an argument is none that a server would take.
        """
        walk = _start_walk(order, after, before, page_size, None, verify)
        names = _names(include)
        fetch = self._fetch(thread_id, run_id, order, names, timeout)
        if after is None and before is None and not verify:
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
        stop_when: Callable[[RunStep], bool] | None = None,
        deadline: float | None = None,
        verify: bool = False,
        timeout: Timeouts | float | None = None,
    ) -> AsyncGenerator[RunStep, None]:
        """Follow a run while it goes on, by polling.

        Each look reads only the steps that may still change. When the run has ended, everything is read once more.
        ``requires_action`` is no end: the run waits for you. Nor is a server that asks for a longer wait than a request
        may take: it is asked again after that wait, if the deadline allows.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            after: A step's id: only steps behind it, such as the ``resume_after`` of an error.
            poll_interval: How long to wait between two looks: a `PollInterval`, or seconds.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            stop_when: Is asked about each step after it was yielded; if true, the following is over.
            deadline: Seconds after which to give up, your own work on the steps included. None: never.
            verify: Do not trust has_more, at the price of a request for each look.
            timeout: Instead of the client's, for each request.

        Yields:
            Each step when it first appears, oldest first, and again whenever it has changed. A step that the server
            lists late comes late.

        Raises:
            APITimeoutError: If the run has not ended by the deadline.
            NotFoundError: If there is no such run, or it has vanished.
            StepsError: If anything else went wrong; each has ``resume_after``, from which to follow on.
            ValueError: If an argument makes no sense.
        """
        follower = _start_following(after, poll_interval, deadline, verify)
        names = _names(include)
        list_request(self.endpoint, thread_id, run_id, include=names)  # for its ValueErrors, before any request
        get_run = partial(self.get_run, thread_id, run_id, timeout=timeout)
        fetch = self._fetch(thread_id, run_id, "asc", names, timeout)
        clock = Deadline(deadline, told=f"The run {run_id!r} has not ended within {deadline} s.")
        try:
            while not follower.over:
                if follower.query is None:
                    await clock.wait_for(sleep(follower.next_round(jitter=roll())))
                elif isinstance(follower.query, RunQuery):
                    follower.feed_run(await self._ask_patiently(get_run, clock))
                else:
                    ask = partial(fetch, follower.query)
                    for step in follower.feed_page(await self._ask_patiently(ask, clock)):
                        yield step
                        if stop_when is not None and stop_when(step):
                            return
        except StepsError as error:
            error.resume_at(after=follower.resume_after, before=None)
            if isinstance(error, NotFoundError) and follower.was_found:
                error.add_note("The run was there a moment ago: it, or its thread, has been deleted since.")
            raise

    async def _ask_patiently(self, ask: Callable[[], Awaitable[T]], clock: Deadline) -> T:
        """Ask; and the same again where the server asks for a wait that the request's own deadline does not allow."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return await clock.wait_for(ask())
            except APIStatusError as error:
                wait = wait_as_asked(
                    error, policy=self._retry, attempt=attempt, jitter=roll(), time_left=clock.time_left
                )
                if wait is None:
                    raise
            await clock.wait_for(sleep(wait))

    async def iter_runs(
        self,
        runs: Iterable[RunRef] | AsyncIterable[RunRef],
        *,
        concurrency: int = 16,
        order: Order = "asc",
        include: Iterable[str] = (),
        in_order: bool = False,
        page_size: int = MAX_PAGE_SIZE,
        timeout: Timeouts | float | None = None,
    ) -> AsyncGenerator[RunSteps, None]:
        """Read the steps of many runs, several runs at once. A run that cannot be read stops no other.

        Args:
            runs: Which runs. They are taken one by one, as there is room, and may be without end.
            concurrency: The most runs to read at once. Those that wait for you count too: while you take none, no more
                are read.
            order: The order of each run's steps. ``asc``: oldest first, ``desc``: newest first.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            in_order: Yield in the order of ``runs``, instead of each as soon as it is read. Up to twice
                ``concurrency`` runs are then held.
            page_size: The most steps in one answer, 1 to 100.
            timeout: Instead of the client's, for each request.

        Yields:
            Each run with all its steps, or with its error and the steps read before it.

        Raises:
            ValueError: If an argument makes no sense; but an id that is none is its run's error.
            Exception: Whatever ``runs`` itself raises, after the runs before have been yielded.
        """
        _start_walk(order, None, None, page_size, None, False)  # checks the arguments before any run fails for them
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ValueError(f"concurrency must be a whole number above 0, not {concurrency!r}.")
        names = _names(include)
        list_request(self.endpoint, "thread", "run", include=names)

        def read(run: RunRef) -> Awaitable[RunSteps]:
            if not isinstance(run, RunRef):
                raise ValueError(f"runs must be RunRef(thread_id, run_id), not {run!r}.")
            return self._read_run(run.thread_id, run.run_id, order, names, page_size, timeout)

        async with aclosing(run_fleet(runs, read, concurrency=concurrency, in_order=in_order)) as results:
            async for result in results:
                yield result

    async def _read_run(
        self,
        thread_id: str,
        run_id: str,
        order: Order,
        names: Names,
        page_size: int,
        timeout: Timeouts | float | None,
    ) -> RunSteps:
        walk = ForwardWalk(page_size=page_size)
        reader = PageReader(walk, self._fetch(thread_id, run_id, order, names, timeout), prefetch=False)
        steps: tuple[RunStep, ...] = ()
        try:
            while pages := await reader.read():
                for page in pages:
                    steps += page.data
        except Exception as error:  # a credential's error, say, is this run's, too
            return RunSteps(thread_id=thread_id, run_id=run_id, steps=steps, error=error)
        return RunSteps(thread_id=thread_id, run_id=run_id, steps=steps)

    def _fetch(
        self, thread_id: str, run_id: str, order: Order, names: Names, timeout: Timeouts | float | None
    ) -> Fetch:
        """Return the function that gets a page of this run."""
        return lambda query: self.list_page(
            thread_id,
            run_id,
            limit=query.limit,
            order=order,
            after=query.after,
            before=query.before,
            include=names,
            timeout=timeout,
        )

    def _send(self, request: Request, timeout: Timeouts | float | None) -> Awaitable[Reply]:
        return self._transport.get(request, timeouts=_timeouts(timeout, self._timeouts))


def _names(include: Iterable[str]) -> Names:
    """Keep the names for more than one request. A text is refused where a request is built."""
    return include if isinstance(include, str) else tuple(include)


def _timeouts(timeout: Timeouts | float | None, of_client: Timeouts) -> Timeouts:
    """Return what is asked for; seconds are for one request, and stretch the total where they have to."""
    if timeout is None or isinstance(timeout, Timeouts):
        return timeout or of_client
    return evolve(of_client, attempt=timeout, total=max(timeout, of_client.total))


def _start_walk(
    order: Order,
    after: str | None,
    before: str | None,
    page_size: int,
    max_steps: int | None,
    verify: bool,
) -> Walk:
    check_order(order)
    for name, cursor in (("after", after), ("before", before)):
        if cursor is not None:
            check_id(name, cursor)
    if after is not None and after == before:
        raise ValueError(f"after and before are the same step, {after!r}: nothing lies between.")
    if not is_page_size(page_size):
        raise ValueError(f"page_size must be a whole number from 1 to {MAX_PAGE_SIZE}, not {page_size!r}.")
    if max_steps is not None and (isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1):
        raise ValueError(f"max_steps must be a whole number above 0, or None, not {max_steps!r}.")
    return start_walk(
        after=after,
        before=before,
        page_size=page_size,
        max_steps=max_steps,
        verify=verify,
        started_at=datetime.now(UTC),
    )


def _start_following(
    after: str | None, poll_interval: PollInterval | float | None, deadline: float | None, verify: bool
) -> Follower:
    if after is not None:
        check_id("after", after)
    if deadline is not None and not deadline > 0:
        raise ValueError(f"deadline must be above 0, or None, not {deadline!r}.")
    if not isinstance(poll_interval, PollInterval):
        poll_interval = PollInterval() if poll_interval is None else PollInterval.every(poll_interval)
    return Follower(interval=poll_interval, after=after, verify=verify)
