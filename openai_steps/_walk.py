"""Which page next? Cursor walks as state machines, with no I/O.

A walk says in ``query`` what to ask for, takes the answer by ``feed(page)`` and returns the pages to pass on; it is
over when ``query`` is None. Pages are passed on in list order; a backward walk passes on the nearest page first.

The rules, and the servers that made them necessary, are told in ``docs/cursors.md``. In short:

- The next cursor is the id of the last item of ``data`` (the first, walking backwards): ``first_id`` and ``last_id``
  are wrong on some servers.
- Each step is passed on once. A page that brings nothing new, other than an empty one, is a PaginationError.
- Servers are split on ``before``: the items next to the cursor, or the first items of the list cut off at the cursor.
  What a server means shows in its second page; until then the first is held back. Where the answer is not to be
  trusted, the walk makes a detour: forward from the head of the list up to the cursor, which is right everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from attrs import define, evolve

from openai_steps._errors import PaginationError
from openai_steps._models import RunStep, StepPage

_CLOCK_SKEW: Final = timedelta(minutes=10)  # by which a server's clock may be behind

MAX_PAGE_SIZE: Final = 100
"""The most items that the API sends in a page."""


@define(kw_only=True)  # frozen would take twice as long to make, and one is made for each request
class PageQuery:
    """What to ask a server for: at most ``limit`` steps, after or before a step's id."""

    limit: int
    after: str | None = None
    before: str | None = None


def start_walk(
    *,
    after: str | None = None,
    before: str | None = None,
    page_size: int = MAX_PAGE_SIZE,
    max_steps: int | None = None,
    verify: bool = False,
    started_at: datetime | None = None,
) -> Walk:
    """Return the walk for the cursors given.

    Args:
        after: Only steps behind this one, in list order.
        before: Only steps ahead of this one. Without ``after``, the nearest come first.
        page_size: The most steps to ask for at once.
        max_steps: The most steps to pass on in all.
        verify: Trust neither has_more nor ``before``.
        started_at: The time now. Steps that are newer may have come since the walk began, and prove nothing.
    """
    if before is not None and after is None:
        return BackwardWalk(
            before=before, page_size=page_size, max_steps=max_steps, verify=verify, started_at=started_at
        )
    return ForwardWalk(after=after, before=before, page_size=page_size, max_steps=max_steps, verify=verify)


class ForwardWalk:
    """From a cursor, or the head of the list, to its end or to the step ``before``."""

    backward: Final = False

    def __init__(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        page_size: int = MAX_PAGE_SIZE,
        max_steps: int | None = None,
        verify: bool = False,
    ) -> None:
        self._after = after
        self._cursor = after
        self._stop_at = before
        self._page_size = page_size
        self._left = max_steps
        self._verify = verify
        self._doubted: StepPage | None = None  # the first page behind ``after``, while that is being verified
        # A server that lies about has_more is found out where the walk knows that there must be more.
        self._trust_has_more = not verify and before is None
        self._inclusive = False  # does the server send the cursor's own step, too?
        self._seen = _Seen(after)
        self.query: PageQuery | None = self._ask()

    @property
    def resume_after(self) -> str | None:
        """The cursor ``after`` that continues this walk."""
        return self._cursor

    @property
    def resume_before(self) -> str | None:
        """The cursor ``before`` that continues this walk."""
        return self._stop_at

    def feed(self, page: StepPage) -> list[StepPage]:
        """Take the answer to ``query``, return the pages to pass on, and set the next query."""
        if self._doubted is not None:
            return self._feed_probe(page)
        steps, echo = _behind(page.data, self._cursor)
        fresh = self._seen.filter(steps)
        if not fresh:
            return self._feed_stale(page)
        self._inclusive = self._inclusive or echo
        page = _with_data(page, fresh)
        if self._verify and self._after == self._cursor is not None:
            self._doubted = page
            self.query = PageQuery(limit=1)
            return []
        return self._pass_on(page)

    def _feed_probe(self, head: StepPage) -> list[StepPage]:
        """Take the first step of the whole list: seen behind the cursor, it would show that the cursor is ignored."""
        assert self._doubted is not None
        page, self._doubted = self._doubted, None
        if head.data and head.data[0].id == page.data[0].id:
            raise PaginationError(
                f"The server ignored the cursor 'after', {self._after!r}: it sent the head of the list. "
                "Check that the step belongs to this run."
            )
        return self._pass_on(page)

    def _pass_on(self, page: StepPage) -> list[StepPage]:
        steps, met = _ahead_of(page.data, self._stop_at)
        steps = steps[: self._left]
        self._cursor = page.data[-1].id
        if self._left is not None:
            self._left -= len(steps)
        over = met or self._left == 0 or (page.has_more is False and self._trust_has_more)
        self.query = None if over else self._ask()
        return [_with_data(page, steps)] if steps else []

    def _feed_stale(self, page: StepPage) -> list[StepPage]:
        """Take a page with nothing new: the end of the list, or a server that repeats itself."""
        assert self.query is not None
        only_echo = all(step.id == self._cursor for step in page.data)
        complete = len(page.data) < self.query.limit and page.has_more is not True
        if not page.data or (only_echo and complete):
            self.query = None
            if self._stop_at is not None:
                raise PaginationError(
                    f"The list ended before the step {self._stop_at!r}, given as 'before', came up. "
                    f"Check that it belongs to this run{_and_follows(self._after)}."
                )
            return []
        if only_echo and self.query.limit < self._page_size and not self._inclusive:
            self._inclusive = True
            self.query = self._ask()
            return []
        raise PaginationError(_NOTHING_NEW.format(where=f"after {self._cursor!r}"))

    def _ask(self) -> PageQuery:
        if self._cursor == "":
            raise PaginationError("The last step of a page has an empty id, which is no cursor.")
        wanted = self._page_size
        if self._left is not None:
            wanted = min(wanted, self._left + self._inclusive)
        return PageQuery(limit=wanted, after=self._cursor)


class BackwardWalk:
    """From the step ``before`` to the head of the list, the nearest steps first."""

    backward: Final = True

    def __init__(
        self,
        *,
        before: str,
        page_size: int = MAX_PAGE_SIZE,
        max_steps: int | None = None,
        verify: bool = False,
        started_at: datetime | None = None,
    ) -> None:
        self._cursor = before  # all from here on has been passed on, or was not asked for
        self._page_size = page_size
        self._left = max_steps
        self._verify = verify
        self._adjacent = False  # has the server shown that it sends the items next to the cursor?
        self._held: StepPage | None = None  # a page whose place in the list is not yet proven
        self._following: StepPage | None = None  # the page ahead of it, while that is being proven
        self._started_at = started_at
        self._seen = _Seen(before)
        self._detour: tuple[ForwardWalk, _Tail] | None = None
        self._take: Callable[[StepPage], list[StepPage]] = self._take_page
        self.query: PageQuery | None = self._ask()

    @property
    def resume_after(self) -> str | None:
        """None: a backward walk is continued by ``before`` alone."""
        return None

    @property
    def resume_before(self) -> str | None:
        """The cursor ``before`` that continues this walk."""
        return self._cursor

    def feed(self, page: StepPage) -> list[StepPage]:
        """Take the answer to ``query``, return the pages to pass on, and set the next query."""
        return self._take(page)

    def _take_page(self, page: StepPage) -> list[StepPage]:
        """Take an answer to ``before``."""
        if not page.data:
            return self._take_end()
        fresh = self._seen.filter(page.data)
        if len(fresh) < len(page.data) and not (fresh and self._adjacent):
            return self._make_detour()
        page = _with_data(page, fresh)
        if self._held is None:
            return self._accept(page, [])
        if self._may_have_grown(page, self._held):
            self._following = page
            return self._probe(self._held)
        # The held page has other steps ahead of it, so it was no window on the head.
        self._adjacent = True
        return self._accept(page, [self._pass_on(self._held)])

    def _accept(self, page: StepPage, passed_on: list[StepPage]) -> list[StepPage]:
        """Pass a page on, or hold it until its place in the list is proven."""
        if not self._verify and (self._adjacent or page.has_more is False):
            passed_on.append(self._pass_on(page))
            return self._finish(passed_on) if page.has_more is False else self._go_on(passed_on)
        self._held = page
        if self._verify or (self._left is not None and len(page.data) >= self._left):
            return passed_on + self._probe(page)
        self.query = self._ask()
        return passed_on

    def _may_have_grown(self, page: StepPage, held: StepPage) -> bool:
        """Tell whether these steps may be newer than the held page: then they prove nothing about its place."""
        head = page.data[0].created_at
        return self._started_at is not None and head >= max(held.data[0].created_at, self._started_at - _CLOCK_SKEW)

    def _probe(self, held: StepPage) -> list[StepPage]:
        self._take = self._take_probe
        self.query = PageQuery(limit=1, after=held.data[-1].id)
        return []

    def _take_end(self) -> list[StepPage]:
        """Take an empty page: the head of the list, if the server is to be believed."""
        if self._held is not None:
            return self._make_detour()
        if not self._verify:
            return self._finish([])
        self._take = self._take_head
        self.query = PageQuery(limit=1)
        return []

    def _take_head(self, page: StepPage) -> list[StepPage]:
        """Take the first step of the whole list, which must be the cursor."""
        is_cursor = len(page.data) > 0 and page.data[0].id == self._cursor
        return self._finish([]) if is_cursor else self._make_detour()

    def _take_probe(self, page: StepPage) -> list[StepPage]:
        """Take the step behind the held page, which must be the cursor."""
        if not page.data or page.data[0].id != self._cursor:
            return self._make_detour()
        assert self._held is not None
        self._adjacent = True
        self._take = self._take_page
        passed_on = [self._pass_on(self._held)]
        following, self._following = self._following, None
        return self._go_on(passed_on) if following is None else self._accept(following, passed_on)

    def _take_detour(self, page: StepPage) -> list[StepPage]:
        """Take a page of the walk from the head to the cursor."""
        assert self._detour is not None
        walk, tail = self._detour
        tail.extend(walk.feed(page))
        self.query = walk.query
        return [] if self.query else [self._pass_on(page) for page in reversed(tail.pages)]

    def _make_detour(self) -> list[StepPage]:
        walk = ForwardWalk(before=self._cursor, page_size=self._page_size)
        self._detour = walk, _Tail(self._left)
        self._take = self._take_detour
        self.query = walk.query
        return []

    def _pass_on(self, page: StepPage) -> StepPage:
        if self._left is not None:
            page = _with_data(page, page.data[max(0, len(page.data) - self._left) :])
            self._left -= len(page.data)
        self._cursor = page.data[0].id
        self._held = None
        return page

    def _go_on(self, passed_on: list[StepPage]) -> list[StepPage]:
        self.query = None if self._left == 0 else self._ask()
        return passed_on

    def _finish(self, passed_on: list[StepPage]) -> list[StepPage]:
        self.query = None
        return passed_on

    def _ask(self) -> PageQuery:
        held = self._held.data if self._held else ()
        cursor = held[0].id if held else self._cursor
        if cursor == "":
            raise PaginationError("The first step of a page has an empty id, which is no cursor.")
        wanted = self._page_size if self._left is None else min(self._page_size, self._left - len(held))
        return PageQuery(limit=wanted, before=cursor)


Walk: TypeAlias = ForwardWalk | BackwardWalk


class _Tail:
    """The last pages of a walk: no more of them than hold ``max_steps`` steps."""

    def __init__(self, max_steps: int | None) -> None:
        self.pages: deque[StepPage] = deque()
        self._max_steps = max_steps
        self._count = 0

    def extend(self, pages: Iterable[StepPage]) -> None:
        for page in pages:
            self.pages.append(page)
            self._count += len(page.data)
        if self._max_steps is not None:
            while self.pages and self._count - len(self.pages[0].data) >= self._max_steps:
                self._count -= len(self.pages.popleft().data)


_NOTHING_NEW: Final = (
    "The server repeats itself: asked for the steps {where}, it sent only steps that it had sent before. "
    "It may ignore the cursor or sort equal times differently on each page, so some steps may be out of reach."
)


class _Seen:
    """The ids that a walk has met: all that it keeps of the steps behind it.

    As bytes they take a sixth less memory than as text, which counts in a walk of a hundred thousand steps. The first
    page is the only one of most walks, so its ids are turned into bytes when the second comes.
    """

    def __init__(self, cursor: str | None) -> None:
        self._ids = set() if cursor is None else {_compact(cursor)}
        self._of_first_page: list[str] = []

    def filter(self, steps: tuple[RunStep, ...]) -> tuple[RunStep, ...]:
        """Return the steps that are new, each once, and remember them."""
        ids = [step.id for step in steps]
        if not self._ids and not self._of_first_page and len(set(ids)) == len(ids):
            self._of_first_page = ids
            return steps
        return self._filter(steps, ids)

    def _filter(self, steps: tuple[RunStep, ...], ids: list[str]) -> tuple[RunStep, ...]:
        seen, compact = self._ids, [_compact(step_id) for step_id in ids]
        seen.update(map(_compact, self._of_first_page))
        self._of_first_page = []
        if seen.isdisjoint(compact) and len(set(compact)) == len(compact):
            seen.update(compact)
            return steps
        fresh: list[RunStep] = []
        for step, step_id in zip(steps, compact, strict=True):
            if step_id not in seen:
                seen.add(step_id)
                fresh.append(step)
        return tuple(fresh)


def _compact(step_id: str) -> bytes:
    return step_id.encode("utf-8", "surrogatepass")


def _behind(steps: tuple[RunStep, ...], cursor: str | None) -> tuple[tuple[RunStep, ...], bool]:
    """Return the steps behind the one called ``cursor``, and whether it is among them."""
    if cursor is not None:
        for index, step in enumerate(steps):
            if step.id == cursor:
                return steps[index + 1 :], True
    return steps, False


def _ahead_of(steps: tuple[RunStep, ...], stop_at: str | None) -> tuple[tuple[RunStep, ...], bool]:
    """Return the steps ahead of the one called ``stop_at``, and whether it is among them."""
    if stop_at is not None:
        for index, step in enumerate(steps):
            if step.id == stop_at:
                return steps[:index], True
    return steps, False


def _with_data(page: StepPage, data: tuple[RunStep, ...]) -> StepPage:
    return page if len(data) == len(page.data) else evolve(page, data=data)


def _and_follows(cursor: str | None) -> str:
    return "" if cursor is None else f" and follows {cursor!r} in this order"
