"""A walk: which page is next, and what to pass on. A state machine, no I/O, driven by a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic

from openai_steps._errors import APIStatusError, PaginationError
from openai_steps._walks.pages import P, PageQuery, Script, is_cursor, with_data


class Sink(Generic[P]):
    """Takes items in the walk's direction, and makes pages from them.

    Args:
        start: Pass on only items after this one.
        stop: Pass on nothing from this item on.
        left: The most items to pass on.
        page_size: The most items in a page.
        backward: Whether the walk's direction is against that of the list.
        keep: Keep only the pages with this many of the last items.
    """

    def __init__(
        self,
        *,
        start: str | None = None,
        stop: str | None = None,
        left: int | None = None,
        page_size: int,
        backward: bool = False,
        keep: int | None = None,
    ) -> None:
        self.start = start
        self.stop = stop
        self.left = left
        self.page_size = page_size
        self.backward = backward
        self.keep = keep
        self.started = start is None
        self.stopped = False
        self.offered = 0
        self.cursor: str | None = None
        self.pages: list[P] = []

    @property
    def done(self) -> bool:
        """Whether everything asked for has been passed on."""
        return self.stopped or self.left == 0

    def put(self, page: P, items: Sequence[Any], *, ties_known: bool = True) -> None:
        """Pass items on, in pages like this one except for their data.

        Args:
            page: The template of the pages.
            items: The items, in the walk's direction.
            ties_known: Whether items of one time are as the server lists them in the order asked for.
        """
        if self.stopped:
            return
        if not self.started:
            place = _find(items, self.start)
            if self.stop is not None and _find(items[:place], self.stop) is not None:
                raise PaginationError(
                    f"The server lists the step {self.stop!r}, given as 'before', ahead of {self.start!r}, given as "
                    "'after': nothing lies between them."
                )
            if place is None:
                return
            if not ties_known:
                _check_alone(items, place)
            self.started, items = True, items[place + 1 :]
        if self.stop is not None and (place := _find(items, self.stop)) is not None:
            if not ties_known:
                _check_alone(items, place)
            self.stopped, items = True, items[:place]
        if self.left is not None:
            items = items[: self.left]
            self.left -= len(items)
        for first in range(0, len(items), self.page_size):
            part = tuple(items[first : first + self.page_size])
            self.pages.append(with_data(page, part[::-1] if self.backward else part))
        if self.keep is not None:
            while len(self.pages) > 1 and sum(len(part.data) for part in self.pages[1:]) >= self.keep:
                del self.pages[0]
        self.cursor = next((item.id for item in reversed(items) if is_cursor(item.id)), self.cursor)

    def offer(self, page: P, items: Sequence[Any], *, ties_known: bool = True) -> None:
        """Pass on those of these items, which are all from the head of the list on, that are not offered yet."""
        fresh, self.offered = items[self.offered :], max(self.offered, len(items))
        self.put(page, fresh, ties_known=ties_known)

    def satisfied_by(self, items: Sequence[Any]) -> bool:
        """Return whether these items would be all that is needed."""
        if not self.started:
            place = _find(items, self.start)
            if place is None:
                return False
            items = items[place + 1 :]
        if self.stop is not None and _find(items, self.stop) is not None:
            return True
        return self.left is not None and len(items) >= self.left

    def take_pages(self) -> list[P]:
        """Return the pages to pass on, once."""
        pages, self.pages = self.pages, []
        return pages


class Walk(Generic[P]):
    """Drives a script: ``query`` is what to ask for, or None when the walk is over.

    Args:
        script: The script, which is started at once.
        sink: Where the script puts the items to pass on.
        after: The cursor that was given.
        before: Likewise.
    """

    def __init__(
        self,
        script: Script[P, None],
        sink: Sink[P],
        *,
        after: str | None = None,
        before: str | None = None,
    ) -> None:
        self._script = script
        self._sink = sink
        self._after, self._before = after, before
        self._error: PaginationError | None = None
        self.backward = sink.backward
        self.query: PageQuery | None = next(script, None)

    @property
    def resume_after(self) -> str | None:
        """The cursor ``after`` that continues this walk; None for a backward walk, which `resume_before` continues."""
        return None if self.backward else self._sink.cursor or self._after

    @property
    def resume_before(self) -> str | None:
        """The cursor ``before`` that continues this walk."""
        return self._sink.cursor or self._before if self.backward else self._before

    def feed(self, page: P) -> list[P]:
        """Take the answer to ``query``, return the pages to pass on, and set the next query.

        Raises:
            PaginationError: If the pages contradict each other. What was proven until then has been returned before.
        """
        return self._go_on(lambda: self._script.send(page))

    def refuse(self, error: APIStatusError) -> list[P]:
        """Take an error as the answer to ``query``; raise it again, unless the walk can go on without that page."""
        return self._go_on(lambda: self._script.throw(error))

    def finish(self) -> None:
        """Raise the error that ended the walk, if one did. To be called when ``query`` is None."""
        if self._error is not None:
            raise self._error

    def _go_on(self, step: Callable[[], PageQuery]) -> list[P]:
        try:
            self.query = step()
        except StopIteration:
            self.query = None
        except PaginationError as error:
            return self._end_with(error)
        return self._sink.take_pages()

    def _end_with(self, error: PaginationError) -> list[P]:
        self.query = None
        if pages := self._sink.take_pages():
            self._error = error
            return pages
        raise error


def _check_alone(items: Sequence[Any], place: int) -> None:
    """Raise an error if other items have this item's time, so that it is unclear which of them follow it."""
    time = items[place].created_at
    if any(item.created_at == time for item in (*items[max(0, place - 1) : place], *items[place + 1 : place + 2])):
        raise PaginationError(
            f"Others have the time of the step {items[place].id!r}, and the server does not tell which of them follow "
            "it: its cursors do not lead there."
        )


def _find(items: Sequence[Any], item_id: str | None) -> int | None:
    return next((place for place, item in enumerate(items) if item.id == item_id), None)
