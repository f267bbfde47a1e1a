"""Follows a live run: what to ask next, what has changed, how long to wait. A state machine, no I/O.

A round reads the steps after the cursor; now and then it asks for the run first. ``query`` says what to ask for; when
it is None the round is over: wait as long as `next_round` says, or stop if ``over``.

- The cursor is the last step that will hardly change: it and all before it are finished, and there is a newer one.
  (Within one second servers break ties by random ids, so a new step may be listed before an older one.)
- The run is asked for when all steps are finished, since it may have ended; when a call lacks its output, since the
  run may wait for its caller; and at bounded intervals whatever the steps do. Some servers leave the steps of a
  cancelled run as they were, and on others an unfinished step differs at each look (supercompat stamps it anew).
- Once the run has ended, a last round reads everything again: steps that were late, or changed after they finished.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final, TypeAlias

from attrs import fields, frozen

from openai_steps._arguments import check_bound, check_id
from openai_steps._errors import APIStatusError, UnfinishedRunError
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._settings import PollInterval
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps._walks.walk import Walk

# With an interval that does not grow, every look would ask for the run as well.
_FEWEST_ROUNDS_PER_RUN_QUERY: Final = 2


@frozen
class RunQuery:
    """Ask for the run itself."""


FollowQuery: TypeAlias = PageQuery | RunQuery


class Follower:
    """Follows one run, its steps in ascending order.

    Args:
        interval: How long to wait between rounds.
        after: Only steps after this one.
        trust: What is known of the server. None: rely on nothing.
    """

    def __init__(self, *, interval: PollInterval, after: str | None = None, trust: Trust | None = None) -> None:
        self._interval = interval
        self._start = self._cursor = after
        self._trust = trust
        self._run: Run | None = None
        self._returned: dict[str, RunStep] = {}
        self._unfinished: set[str] = set()
        self._ended = False
        self._pause = interval.initial
        self._waited = 0.0  # since the run was asked for
        self._rounds = 0  # likewise
        self._moved = False
        self._call_came = False
        self._listed: list[RunStep] = []
        self._walk = self._walk_from(after)
        self.query: FollowQuery | None = RunQuery()

    @property
    def over(self) -> bool:
        """Whether the run has ended, and everything has been read once more."""
        return self._ended and self.query is None

    @property
    def was_found(self) -> bool:
        """Whether the server has listed this run."""
        return self._run is not None

    @property
    def resume_after(self) -> str | None:
        """The cursor from which to resume: no step before it was unfinished."""
        return self._cursor

    def feed_run(self, run: Run, *, immutable: bool = False) -> bool:
        """Take the answer to a `RunQuery`, set the next query, and return whether the run's status is new.

        Args:
            run: The run.
            immutable: Whether the server says that it will not change any more, as a server of archives does.
        """
        is_news = self._run is None or _standing(run) != _standing(self._run)
        self._run = run
        self._waited, self._rounds = 0.0, 0
        self._ended = run.is_finished or immutable
        self._begin_walk()
        return is_news

    def feed_page(self, page: StepPage) -> list[RunStep]:
        """Take the answer to a `PageQuery`, set the next query, and return the steps that are new or have changed.

        Times alone do not count as a change before the last round, since some servers send others at each look.
        """
        return self._take(self._walk.feed(page))

    def refuse_page(self, error: APIStatusError) -> list[RunStep]:
        """Take an error as the answer to a `PageQuery`; raises it, unless the walk can do without that page."""
        return self._take(self._walk.refuse(error))

    def _take(self, pages: list[StepPage]) -> list[RunStep]:
        listed = [step for page in pages for step in page.data]
        changed = [step for step in listed if self._note(step)]
        self._listed.extend(listed)
        self._cursor = settled(self._listed, after=self._cursor)
        self.query = self._walk.query
        if self.query is None:
            self._walk.finish()
            self._end_round()
        return changed

    def next_round(self, *, jitter: float) -> float:
        """Begin the next round, and return how many seconds to wait before its query is sent.

        Args:
            jitter: A random number from 0 up to 1.
        """
        wait = self._pause * (1 - jitter * self._interval.jitter)
        self._waited += wait
        self._rounds += 1
        is_due = self._waited >= self._interval.maximum and self._rounds >= _FEWEST_ROUNDS_PER_RUN_QUERY
        if is_due or not self._unfinished or self._call_came:
            self.query = RunQuery()
        else:
            self._begin_walk()
        self._listed = []
        self._moved = self._call_came = False
        return wait

    def finish(self) -> None:
        """Raise an error if it is ``over`` and the run has not ended.

        Raises:
            UnfinishedRunError: If the run has not ended, and never will.
        """
        if self._run is not None and not self._run.is_finished:
            raise UnfinishedRunError(
                f"The run {self._run.id!r} is {self._run.status}, and will not change any more: the server says that "
                "it serves a recording. All its steps have been read."
            )

    def _begin_walk(self) -> None:
        after = self._start if self._ended else self._cursor
        self._walk = self._walk_from(after)
        self.query = self._walk.query

    def _walk_from(self, after: str | None) -> Walk[StepPage]:
        return start_walk(order="asc", after=after, trust=self._trust, known=after != self._start)

    def _note(self, step: RunStep) -> bool:
        """Note the step, and return whether it is new or has changed since it was last returned."""
        if step.is_finished:
            self._unfinished.discard(step.id)
        else:
            self._unfinished.add(step.id)
        earlier = self._returned.get(step.id)
        if earlier is None or _progress(earlier) != _progress(step):
            self._moved = True
            self._call_came = self._call_came or _waits_for_output(step)
        elif earlier == step or not (self._ended or _but_for_times(earlier) != _but_for_times(step)):
            return False
        self._returned[step.id] = step
        return True

    def _end_round(self) -> None:
        if self._moved:
            self._pause = self._interval.initial
        else:
            self._pause = min(self._pause * self._interval.factor, self._interval.maximum)


def start_following(
    after: str | None, poll_interval: PollInterval | float | None, max_duration: float | None, trust: Trust | None
) -> Follower:
    """Check the arguments, and return the follower for them."""
    if after is not None:
        check_id("after", after)
    check_bound("max_duration", max_duration)
    if not isinstance(poll_interval, PollInterval):
        poll_interval = PollInterval() if poll_interval is None else PollInterval.every(poll_interval)
    return Follower(interval=poll_interval, after=after, trust=trust)


def _standing(run: Run) -> tuple[Any, ...]:
    """Return the run's status and what it waits for, for comparison."""
    return run.status, run.required_action


def _progress(step: RunStep) -> tuple[Any, ...]:
    """Return the step's progress, for comparison; changes after its end are not progress."""
    return (step.status,) if step.is_finished else (step.status, step.step_details, step.last_error)


_NOT_TIMES: Final = tuple(field.name for field in fields(RunStep) if field.eq and not field.name.endswith("_at"))


def _but_for_times(step: RunStep) -> list[Any]:
    return [getattr(step, name) for name in _NOT_TIMES]


def _waits_for_output(step: RunStep) -> bool:
    return not step.is_finished and any(call.output is None for call in step.tool_calls)


def settled(steps: Iterable[RunStep], *, after: str | None = None) -> str | None:
    """Return the cursor after the steps that need not be read again before the end.

    Args:
        steps: The steps, oldest first.
        after: The cursor if there are none.
    """
    listed = tuple(steps)
    newest = max((step.created_at for step in listed), default=None)
    for step, following in pairwise(listed):
        if not step.is_finished or step.created_at == newest:
            break
        if step.created_at != following.created_at:  # a cursor within one time leads nowhere on some servers
            after = step.id
    return after
