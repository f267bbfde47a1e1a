"""The verb that follows a live run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial
from typing import Literal, Unpack, overload

from openai_steps._client.options import FollowOptions
from openai_steps._client.steps import OddSteps, StepVerbs
from openai_steps._errors import APIStatusError, NotFoundError, StepsError
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep, UnreadableStep
from openai_steps._sending.deadline import Deadline
from openai_steps._sending.jitter import jitter
from openai_steps._sending.sleep import sleep
from openai_steps._settings import PollInterval, Timeouts
from openai_steps._walks.follow import RunQuery, start_following
from openai_steps._walks.unreadable import Odd, ahead_of_odd, error_for
from openai_steps._words import duration


class FollowVerbs(StepVerbs):
    """Follows the steps of a run."""

    @overload
    def follow_steps(
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
        odd: Literal["raise"] = "raise",
    ) -> AsyncGenerator[RunStep, None]: ...

    @overload
    def follow_steps(
        self, thread_id: str, run_id: str, *, odd: Literal["keep"], **options: Unpack[FollowOptions]
    ) -> AsyncGenerator[RunStep | UnreadableStep, None]: ...

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
        odd: Odd = "raise",
    ) -> AsyncGenerator[RunStep | UnreadableStep, None]:
        """Follow a live run by polling.

        Each look reads only the steps that may still change, and now and then the run. When the run has ended,
        everything is read once more. ``requires_action`` does not end it: the run waits for you, and ``on_run`` is
        called with it. If a server asks for a longer wait than a request may take, it is asked again after that wait,
        if the deadline allows.

        Args:
            thread_id: The thread's id.
            run_id: The run's id.
            after: A step's id: only steps after it, such as the ``resume_after`` of an error.
            poll_interval: How long to wait between two looks: a `PollInterval`, or seconds.
            include: More to send, such as `INCLUDE_FILE_SEARCH_CONTENT`.
            on_run: Called with the run when it is first seen, and again whenever its status or what it waits for
                (``required_action``) has changed; before the steps that are read next.
            stop_when: Called with each step after it was yielded, except an `UnreadableStep`; if it returns true, the
                following ends.
            max_duration: Seconds after which to give up, including your own work on the steps. None: never.
            verify_paging: Do not trust has_more, at the cost of a request for each look.
            timeout: Instead of the client's, for each request.
            odd: What to do with a step that cannot be read: ``raise`` an error in its place, or ``keep`` it as an
                `UnreadableStep`.

        Yields:
            Each step when it first appears, oldest first, and again whenever it has changed (if only its times have,
            not before the end). A step that the server lists late comes late.

        Raises:
            APITimeoutError: If the run has not ended within ``max_duration``.
            NotFoundError: If there is no such run, or it has vanished.
            UnfinishedRunError: After all steps, if the run has not ended and never will, since the server says that it
                serves a recording.
            StepsError: If anything else went wrong; ``resume_after`` says where to go on.
            ValueError: If an argument makes no sense.
        """
        trust = self._trusted("steps", verify_paging=verify_paging)
        follower = start_following(after, poll_interval, max_duration, trust)
        listing = self._steps_of(thread_id, run_id, include)
        listing.build()  # raises its ValueErrors before any request
        look_at_run = partial(self._look_at_run, thread_id, run_id, timeout=timeout)
        odd_steps = OddSteps(odd, order="asc")  # handled here: late and changed steps have no place in a walk
        shown: list[UnreadableStep] = []
        fetch = self._fetcher(listing, timeout, odd_steps)
        self._transport.check_usable()  # raises its error before a timer is set
        deadline = Deadline(
            max_duration, message=f"The run {run_id!r} has not ended within {duration(max_duration or 0)}."
        )
        try:
            while not follower.over:
                if follower.query is None:
                    await deadline.wait_for(sleep(follower.next_round(jitter=jitter())))
                elif isinstance(follower.query, RunQuery):
                    run, immutable = await self._ask_patiently(look_at_run, deadline)
                    if follower.feed_run(run, immutable=immutable) and on_run is not None:
                        on_run(run)
                else:
                    try:
                        page = await self._ask_patiently(partial(fetch, follower.query), deadline)
                    except APIStatusError as error:
                        follower.refuse_page(error)
                        continue
                    refused = page.unreadable[0] if odd == "raise" and page.unreadable else None
                    for step in follower.feed_page(page if refused is None else ahead_of_odd(page)):
                        yield step
                        if stop_when is not None and stop_when(step):
                            return
                    if refused is not None:
                        raise error_for(refused)
                    for item in page.unreadable:
                        if item not in shown:
                            shown.append(item)
                            yield item
            follower.finish()
        except StepsError as error:
            error.resume_at(after=follower.resume_after, before=None)
            if isinstance(error, NotFoundError) and follower.was_found:
                error.add_note("The run was there a moment ago: it, or its thread, has been deleted since.")
            raise
