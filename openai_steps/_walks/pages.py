"""The queries and pages of walks, which know an item's id and time, and nothing else."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import Enum, auto
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, cast

from attrs import define, evolve, frozen

from openai_steps._arguments import LONGEST_ID, MAX_PAGE_SIZE
from openai_steps._models.runs import Order

FLIPPED: Final[dict[Order, Order]] = {"asc": "desc", "desc": "asc"}

Param: TypeAlias = Literal["after", "before"]


class Item(Protocol):
    """An item of a list."""

    @property
    def id(self) -> str:  # pyright: ignore[reportReturnType]
        """Unique in its list."""

    @property
    def created_at(self) -> Any:
        """A time that compares with those of the other items, or None."""


class Page(Protocol):
    """An attrs class with some items of a list."""

    @property
    def data(self) -> tuple[Any, ...]:  # pyright: ignore[reportReturnType]
        """The items, in list order."""

    @property
    def has_more(self) -> bool | None:
        """Whether the server says that more follows; None if it does not say."""


P = TypeVar("P", bound=Page)
R = TypeVar("R")


@define(kw_only=True)  # frozen would take twice as long to make, and one is made for each request
class PageQuery:
    """What to ask a server for: at most ``limit`` items in this order, after or before an item's id."""

    limit: int
    order: Order
    after: str | None = None
    before: str | None = None


Script: TypeAlias = Generator[PageQuery, P, R]
"""A generator that yields queries and is sent their answers; a walk consists of such scripts."""


@frozen
class Lane:
    """A way to go from page to page: one cursor parameter, in one order of the list.

    A list can be read towards later times ``after`` a cursor in ascending order, or ``before`` it in descending order,
    and towards earlier times in the other two ways.
    """

    order: Order
    param: Param

    @property
    def rising(self) -> bool:
        """Whether the lane leads towards later times."""
        return (self.order == "asc") == (self.param == "after")

    def query(self, cursor: str | None, limit: int) -> PageQuery:
        """Ask for the items that follow the cursor in the lane's direction; without one, for the head of the list."""
        if self.param == "after":
            return PageQuery(limit=limit, order=self.order, after=cursor)
        return PageQuery(limit=limit, order=self.order, before=cursor)

    def along(self, items: Sequence[Any]) -> Sequence[Any]:
        """Return the items of a page in the lane's direction."""
        return items if self.param == "after" else items[::-1]


def head(*, rising: bool, limit: int = MAX_PAGE_SIZE) -> PageQuery:
    """Ask for the oldest items, or for the newest."""
    return PageQuery(limit=limit, order="asc" if rising else "desc")


def with_data(page: P, data: tuple[Any, ...]) -> P:
    """Return the page with other items."""
    return page if len(data) == len(page.data) and data == page.data else cast(P, evolve(cast(Any, page), data=data))


def size_of(page: Page) -> int:
    """Return how many items the server sent, including unreadable ones."""
    return len(page.data) + len(getattr(page, "unreadable", ()))


def is_cursor(item_id: str) -> bool:
    """Return whether an id can be sent as a cursor; some servers list items with an empty one."""
    if not item_id or len(item_id) > LONGEST_ID or item_id in (".", ".."):
        return False
    return item_id.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in item_id)


def times_of(items: Sequence[Any]) -> list[Any]:
    """Return the items' times; an item without one has that of the item before it."""
    times = [item.created_at for item in items]
    if None in times:
        known = next((time for time in times if time is not None), None)
        for index, time in enumerate(times):
            known = times[index] = known if time is None else time
    return times


def is_sorted(times: list[Any], *, rising: bool) -> bool:
    """Return whether the times go one way; they may be equal."""
    return times == sorted(times, reverse=not rising)


class Direction(Enum):
    """Which way the times of some items go, compared with the order asked for."""

    RIGHT = auto()
    WRONG = auto()
    NONE = auto()
    MIXED = auto()


def direction_of(items: Sequence[Any], *, rising: bool) -> Direction:
    """Return which way the items' times go."""
    times = times_of(items)
    if not times or times.count(times[0]) == len(times):
        return Direction.NONE
    if is_sorted(times, rising=rising):
        return Direction.RIGHT
    return Direction.WRONG if is_sorted(times, rising=not rising) else Direction.MIXED
