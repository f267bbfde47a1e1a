"""Unreadable items, each at its place in a walk.

A walk goes by ids and times, so it sees only the items that have them. The others are kept here, under the id of the
item before them in the walk. The next page begins after the last readable item of a page; so unreadable items at the
end of a page may begin the next one as well, and of those after one item only the ones not passed on yet are due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from attrs import evolve

from openai_steps._arguments import ArgumentError
from openai_steps._errors import ResponseDecodeError, unreadable_item
from openai_steps._models.extra import UnreadableItem
from openai_steps._models.pages import Page
from openai_steps._models.runs import Order
from openai_steps._walks.pages import PageQuery

Item = TypeVar("Item")
Refused = TypeVar("Refused", bound=UnreadableItem)
AnyPage = TypeVar("AnyPage", bound=Page[Any])

Odd: TypeAlias = Literal["raise", "keep"]
"""What to do with an unreadable item: raise an error in its place, or pass it on as it is."""

_CHOICES: Final = ("raise", "keep")


def check_odd(odd: Odd) -> Odd:
    """Return the argument, or raise ValueError."""
    if odd not in _CHOICES:
        raise ArgumentError("odd", f"must be 'raise' or 'keep', not {odd!r}.")
    return odd


def error_for(item: UnreadableItem) -> ResponseDecodeError:
    """Return the error that says why an item of a page cannot be read."""
    return unreadable_item(f"$.data[{item.index}]", item.problem.path, item.problem.expected, body=item.data)


def ahead_of_odd(page: AnyPage) -> AnyPage:
    """Return a page without its first unreadable item and everything after it."""
    return evolve(page, data=page.data[: page.unreadable[0].index], unreadable=())


class OddItems(Generic[Item, Refused]):
    """The unreadable items on the pages of one walk.

    Args:
        odd: Whether to raise an error for one, or to pass it on.
        order: The order of the list.
        after: Only items after this one.
        before: Only items before this one; alone, the walk leads backward from it.
        max_items: The most readable items in all. Unreadable ones after the last of them are ignored.
    """

    def __init__(
        self,
        odd: Odd,
        *,
        order: Order,
        after: str | None = None,
        before: str | None = None,
        max_items: int | None = None,
    ) -> None:
        self._keep = check_odd(odd) == "keep"
        self._order = order
        self._before = before
        self._backward = backward = before is not None and after is None
        self._rising = (order == "asc") != backward
        self._left = max_items
        self._page: Any = None
        self._behind: dict[str | None, list[Refused]] = {}
        self._next: dict[str | None, str | None] = {}  # the item after the unreadable ones after an item
        self._guessed: list[tuple[str | None, Refused]] = []  # places known from the other order only
        self._last = self._start = before if backward else after
        self._passed_on = 0  # of those after the last item

    def note(self, page: Page[Any], query: PageQuery) -> None:
        """Note the unreadable items on a page.

        Raises:
            ResponseDecodeError: If no item of the page is readable, so that there is no cursor for the next page.
        """
        if not page.unreadable:
            return
        is_first = self._page is None and self._last == self._start
        self._page = self._page or page
        other_order = query.order != self._order
        against = (query.order == "asc") != self._rising  # a look at the other end, or from a cursor back
        is_look = against and not is_first and query.after is None and query.before is None
        is_last = page.has_more is False or (page.has_more is None and len(page.unreadable) < query.limit)
        if not page.data and not is_look and not is_last:
            raise error_for(page.unreadable[0])
        items = list(page.data)
        for item in page.unreadable:
            items.insert(item.index, item)
        if against:
            items.reverse()
        behind: list[Refused] = []
        found: dict[str | None, list[Refused]] = {}
        if not against or query.before is not None:  # otherwise the item before the page is unknown
            found[query.before if against else query.after] = behind
        for item in items:
            if isinstance(item, UnreadableItem):
                behind.append(item)  # type: ignore[arg-type]
            else:
                behind = found[item.id] = []
        noted = self._noted_beside(found) if other_order else []
        for (item_id, odd_items), behind_them in zip(found.items(), [*list(found)[1:], None], strict=False):
            known = self._behind.get(item_id, [])
            self._next[item_id] = behind_them
            if other_order:
                # Equal times may be reversed here, and a server that ignores the order reverses everything: an item in
                # another place now is the same item.
                fresh = [item for item in odd_items if not _take(noted, item)]
                self._behind[item_id] = known + fresh
                self._guessed += ((item_id, item) for item in fresh)
                continue
            self._forget_guesses(odd_items, found)
            if len(odd_items) >= len(self._behind.get(item_id, ())):
                # The last item of one page may be followed by items that only another page shows.
                self._behind[item_id] = odd_items

    def _forget_guesses(self, odd_items: list[Refused], item_ids: Iterable[str | None]) -> None:
        """Drop the guesses from the other order about items whose place is known now."""
        for guess in self._guessed[:] if odd_items else ():
            item_id, guessed = guess
            if self._is_beside(guessed, item_id, item_ids) and any(item.data == guessed.data for item in odd_items):
                self._guessed.remove(guess)
                self._behind[item_id] = [item for item in self._behind[item_id] if item is not guessed]

    def _noted_beside(self, item_ids: Iterable[str | None]) -> list[Any]:
        """Return the unreadable items noted next to one of these items, and all that have an id, which is unique."""
        return [
            item.data
            for item_id, odd_items in self._behind.items()
            for item in odd_items
            if self._is_beside(item, item_id, item_ids)
        ]

    def _is_beside(self, item: Refused, item_id: str | None, item_ids: Iterable[str | None]) -> bool:
        return item.id is not None or not {item_id, self._next[item_id]}.isdisjoint(item_ids)

    def among(self, items: tuple[Item, ...]) -> Iterable[Item | Refused]:
        """Return items in the walk's direction, with the unreadable ones at their places.

        Raises:
            ResponseDecodeError: At such a place, unless they are to be passed on; it says where to go on.
        """
        if self._left is not None:
            self._left -= len(items)
        if self._behind:
            return self._among(items)
        self._pass_on(items[-1])
        return items

    def rest(self) -> Iterator[Refused]:
        """Yield the unreadable items after the last item of the walk.

        Raises:
            ResponseDecodeError: As `among`.
        """
        return iter(()) if self._left == 0 else self._due()

    def sort(self, items: tuple[Item, ...], into: list[Item], unreadable: list[Refused]) -> None:
        """Append readable and unreadable items to a list each; errors as for `among`."""
        found: Iterable[Any] = self.among(items)
        if found is items:
            into.extend(items)
            return
        for item in found:
            target: list[Any] = unreadable if isinstance(item, UnreadableItem) else into
            target.append(item)

    def within(self, page: AnyPage) -> Iterator[AnyPage]:
        """Yield a page with its due items in ``unreadable``.

        Raises:
            ResponseDecodeError: As `among`, after the page with the items before it.
        """
        self._page = page
        found: list[Any] = []
        failure: ResponseDecodeError | None = None
        try:
            found.extend(self.among(page.data[::-1] if self._backward else page.data))  # those before an error, too
        except ResponseDecodeError as error:
            failure = error
        if found:
            yield self._page_of(page, found)
        if failure is not None:
            raise failure

    def last_page(self) -> Iterator[Any]:
        """Yield a page of the unreadable items after the last item of the walk, if any; errors as for `rest`."""
        if rest := list(self.rest()):
            yield self._page_of(self._page, rest)

    def _page_of(self, page: AnyPage, items: list[Any]) -> AnyPage:
        if self._backward:
            items.reverse()
        data = tuple(item for item in items if not isinstance(item, UnreadableItem))
        unreadable = tuple(
            evolve(item, index=index) for index, item in enumerate(items) if isinstance(item, UnreadableItem)
        )
        is_whole = len(data) == len(page.data) and not unreadable and not page.unreadable
        return page if is_whole else evolve(page, data=data, unreadable=unreadable)

    def _among(self, items: tuple[Item, ...]) -> Iterator[Item | Refused]:
        for item in items:
            yield from self._due()
            yield item
            self._pass_on(item)

    def _pass_on(self, item: Any) -> None:
        self._last, self._passed_on = item.id, 0

    def _due(self) -> Iterator[Refused]:
        for item in self._behind.get(self._last, [])[self._passed_on :]:
            if not self._keep:
                error = error_for(item)
                backward = self._backward
                error.resume_at(after=None if backward else self._last, before=self._last if backward else self._before)
                raise error
            self._passed_on += 1
            yield item


def _take(noted: list[Any], item: UnreadableItem) -> bool:
    """Take the item's value out of a list, if it is there."""
    if item.data not in noted:
        return False
    noted.remove(item.data)
    return True
