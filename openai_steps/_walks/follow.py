"""A live run as it grows: what to ask next, what has changed, how long to wait. A state machine, no I/O.

A round reads the steps behind the cursor; now and then it asks for the run first. ``query`` says what to ask for;
when it is None the round is over: wait as long as `next_round` says, or stop if ``over``.

- The cursor is the last step that will hardly change: it and all before it are finished, and there is a newer one.
  (Within one second servers break ties by random ids, so a new step may be listed before its elder twin.)
- The run is asked for when no step goes on, for then it may have ended; while steps go on, at every third round in
  which nothing moved, for servers leave the steps of an expired or cancelled run as they were.
- Once the run has ended, a last round reads everything again: steps that were late, or changed after they finished.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from attrs import frozen

from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._settings import PollInterval
from openai_steps._walks.forward import ForwardWalk
from openai_steps._walks.pages import PageQuery

_QUIET_ROUNDS_PER_RUN_QUERY: Final = 3


@frozen
class RunQuery:
    """Ask for the run itself."""


FollowQuery: TypeAlias = PageQuery | RunQuery


class Follower:
    """Follows one run, its steps in ascending order.

    Args:
        interval: How long to wait between rounds.
        after: Only steps behind this one.
        verify_paging: Do not trust has_more.
    """

    def __init__(self, *, interval: PollInterval, after: str | None = None, verify_paging: bool = False) -> None:
        self._interval = interval
        self._start = self._cursor = after
        self._verify = verify_paging
        self._known: dict[str, RunStep] = {}
        self._unfinished: set[str] = set()
        self._found = self._ended = False
        self._pause = interval.initial
        self._quiet_rounds = 0
        self._moved = False
        self._listed: list[RunStep] = []
        self._walk = ForwardWalk(after=after)
        self.query: FollowQuery | None = RunQuery()

    @property
    def over(self) -> bool:
        """Whether the run has ended, and everything has been read once more."""
        return self._ended and self.query is None

    @property
    def was_found(self) -> bool:
        """Whether the server has answered for this run."""
        return self._found

    @property
    def resume_after(self) -> str | None:
        """The cursor from which to follow on: no step before it was unfinished."""
        return self._cursor

    def feed_run(self, run: Run) -> None:
        """Take the answer to a `RunQuery`, and set the next query."""
        self._found = True
        self._ended = run.is_finished
        self._begin_walk()

    def feed_page(self, page: StepPage) -> list[RunStep]:
        """Take the answer to a `PageQuery`, set the next query, and return the steps that are new or have changed."""
        listed = [step for fresh in self._walk.feed(page) for step in fresh.data]
        changed = [step for step in listed if self._known.get(step.id) != step]
        self._listed.extend(listed)
        for step in changed:
            self._note(step)
        self._moved = self._moved or bool(changed)
        self.query = self._walk.query
        if self.query is None:
            self._end_round()
        return changed

    def next_round(self, *, jitter: float) -> float:
        """Begin the next round, and return how many seconds to wait before its query is sent.

        Args:
            jitter: A random number from 0 up to 1.
        """
        self._begin_round()
        return self._pause * (1 - jitter * self._interval.jitter)

    def _begin_round(self) -> None:
        self._listed = []
        self._moved = False
        quiet = self._quiet_rounds
        if not self._unfinished or (quiet and quiet % _QUIET_ROUNDS_PER_RUN_QUERY == 0):
            self.query = RunQuery()
        else:
            self._begin_walk()

    def _begin_walk(self) -> None:
        after = self._start if self._ended else self._cursor
        self._walk = ForwardWalk(after=after, verify_paging=self._verify)
        self.query = self._walk.query

    def _note(self, step: RunStep) -> None:
        self._known[step.id] = step
        if step.is_finished:
            self._unfinished.discard(step.id)
        else:
            self._unfinished.add(step.id)

    def _end_round(self) -> None:
        self._cursor = settled(self._listed, after=self._cursor)
        if self._moved:
            self._quiet_rounds = 0
            self._pause = self._interval.initial
        else:
            self._quiet_rounds += 1
            self._pause = min(self._pause * self._interval.factor, self._interval.maximum)


def settled(steps: Iterable[RunStep], *, after: str | None = None) -> str | None:
    """Return the cursor behind the steps that need not be read again before the end.

    Args:
        steps: Oldest first.
        after: The cursor where there are none.
    """
    listed = tuple(steps)
    newest = max((step.created_at for step in listed), default=None)
    for step in listed:
        if not step.is_finished or step.created_at == newest:
            break
        after = step.id
    return after
