"""From a cursor, or the head of a list, to its end or to another cursor."""

from __future__ import annotations

from typing import Final

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import PaginationError
from openai_steps._models.pages import StepPage
from openai_steps._walks.pages import NOTHING_NEW, PageQuery, Seen, ahead_of, and_follows, behind, with_data


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
        verify_paging: bool = False,
    ) -> None:
        self._after = after
        self._cursor = after
        self._stop_at = before
        self._page_size = page_size
        self._left = max_steps
        self._verify = verify_paging
        self._doubted: StepPage | None = None  # the first page behind ``after``, while that is being verified
        # A server that lies about has_more is found out where the walk knows that there must be more.
        self._trust_has_more = not verify_paging and before is None
        self._inclusive = False  # does the server send the cursor's own step, too?
        self._seen = Seen(after)
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
        steps, echo = behind(page.data, self._cursor)
        fresh = self._seen.filter(steps)
        if not fresh:
            return self._feed_stale(page)
        self._inclusive = self._inclusive or echo
        page = with_data(page, fresh)
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
        steps, met = ahead_of(page.data, self._stop_at)
        steps = steps[: self._left]
        self._cursor = page.data[-1].id
        if self._left is not None:
            self._left -= len(steps)
        over = met or self._left == 0 or (page.has_more is False and self._trust_has_more)
        self.query = None if over else self._ask()
        return [with_data(page, steps)] if steps else []

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
                    f"Check that it belongs to this run{and_follows(self._after)}."
                )
            return []
        if only_echo and self.query.limit < self._page_size and not self._inclusive:
            self._inclusive = True
            self.query = self._ask()
            return []
        raise PaginationError(NOTHING_NEW.format(where=f"after {self._cursor!r}"))

    def _ask(self) -> PageQuery:
        if self._cursor == "":
            raise PaginationError("The last step of a page has an empty id, so there is no cursor to go on with.")
        wanted = self._page_size
        if self._left is not None:
            wanted = min(wanted, self._left + self._inclusive)
        return PageQuery(limit=wanted, after=self._cursor)
