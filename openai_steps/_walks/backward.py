"""From a cursor to the head of a list, the nearest items first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import PaginationError
from openai_steps._models.pages import StepPage
from openai_steps._walks.forward import ForwardWalk
from openai_steps._walks.pages import PageQuery, Seen, with_data

_CLOCK_SKEW: Final = timedelta(minutes=10)  # by which a server's clock may be behind


class BackwardWalk:
    """From the step ``before`` to the head of the list, the nearest steps first."""

    backward: Final = True

    def __init__(
        self,
        *,
        before: str,
        page_size: int = MAX_PAGE_SIZE,
        max_steps: int | None = None,
        verify_paging: bool = False,
        started_at: datetime | None = None,
    ) -> None:
        self._cursor = before  # all from here on has been passed on, or was not asked for
        self._page_size = page_size
        self._left = max_steps
        self._verify = verify_paging
        self._adjacent = False  # has the server shown that it sends the items next to the cursor?
        self._held: StepPage | None = None  # a page whose place in the list is not yet proven
        self._following: StepPage | None = None  # the page ahead of it, while that is being proven
        self._started_at = started_at
        self._seen = Seen(before)
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
        page = with_data(page, fresh)
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
            page = with_data(page, page.data[max(0, len(page.data) - self._left) :])
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
            raise PaginationError("The first step of a page has an empty id, so there is no cursor to go on with.")
        wanted = self._page_size if self._left is None else min(self._page_size, self._left - len(held))
        return PageQuery(limit=wanted, before=cursor)


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
