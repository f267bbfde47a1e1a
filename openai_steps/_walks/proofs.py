"""Queries that prove something: where a list ends, what its other end is, whether cursors work."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Generic, Literal, TypeAlias

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import ARGUMENT_REFUSED, APIStatusError, PaginationError
from openai_steps._models.runs import Order
from openai_steps._walks.pages import (
    FLIPPED,
    Lane,
    P,
    PageQuery,
    Script,
    direction_of,
    head,
    is_sorted,
    size_of,
    times_of,
)
from openai_steps._walks.stretch import Cut, Stretch, Verdict
from openai_steps._walks.trust import Trust

HELD_AT_MOST = 10_000
"""A list that must be read whole before any of it can be passed on is refused beyond this length."""

_LIMITS = (MAX_PAGE_SIZE, 50, 20, 10, 5)

SMALLEST_PAGE = 2
"""A page of one item could not repeat what it follows."""

_REFUSED = (400, 404, 410, 422)

Claim: TypeAlias = Literal["proven", "more", "same", "unclear"]
"""What the other end of a list shows of this one. ``same``: both are one short page, all of one time."""


class Proofs(Generic[P]):
    """Asks, and judges answers.

    Args:
        trust: What is known of the server.
        page_size: The most items to ask for at once, except in doubt.
    """

    def __init__(self, trust: Trust, page_size: int) -> None:
        self.trust = trust
        self.page_size = page_size

    def ask(self, query: PageQuery) -> Script[P, P]:
        """Ask for a page."""
        page: P = yield query
        self.note_order(query.order, page)
        return page

    def ask_if_allowed(self, query: PageQuery) -> Script[P, P | None]:
        """Ask for a page; None if the server refuses the query."""
        try:
            page: P = yield query
        except APIStatusError as error:
            if error.status not in _REFUSED:
                raise
            return None
        self.note_order(query.order, page)
        return page

    def note_order(self, order: Order, page: P) -> None:
        """Take note of which way the times of a page go."""
        self.trust.note_order(order, direction_of(page.data, rising=order == "asc"))

    def note_ties(self, stretch: Stretch) -> None:
        """Take note of equal times, and of their order."""
        trust = self.trust
        trust.ties_seen = trust.ties_seen or stretch.has_ties
        trust.ties_move = trust.ties_move or stretch.ties_move

    @property
    def largest_limit(self) -> int:
        """The most items to ask for in doubt, where a small page proves little."""
        return max(self.trust.largest_limit, self.page_size)

    def large_head(self, rising: bool) -> Script[P, tuple[P, int]]:
        """Ask for as much of the head of the list as the server gives; return the page and its limit."""
        least = max(self.page_size, SMALLEST_PAGE)
        for limit in (self.largest_limit, *_LIMITS):
            if not least < limit <= self.largest_limit:
                continue
            page = yield from self.ask_if_allowed(head(rising=rising, limit=limit))
            if page is not None:
                return page, limit
            self.trust.largest_limit = max((lower for lower in _LIMITS if lower < limit), default=least)
        self.trust.largest_limit = limit = min(self.largest_limit, least)
        return (yield from self.ask(head(rising=rising, limit=limit))), limit

    def end(self, stretch: Stretch) -> Script[P, Claim]:
        """Check at the list's other end whether the last item is held."""
        needed = max(2, len(stretch.ids) - stretch.last_group + 1)
        for limit in (min(needed, self.largest_limit), self.largest_limit):
            page = yield from self.ask_if_allowed(head(rising=not stretch.rising, limit=limit))
            if page is not None and not page.data and size_of(page) == limit:
                continue  # none of them can be read
            if page is None or not page.data:
                return "unclear"
            times = times_of(page.data)
            if not is_sorted(times, rising=not stretch.rising):
                return "unclear"  # the server ignores the order
            if stretch.is_ahead(times[0], stretch.last_time):
                return "unclear"  # the same, or its copies differ
            if stretch.is_ahead(stretch.last_time, times[0]):
                return "more"
            ids = [item.id for item, time in zip(page.data, times, strict=True) if time == times[0]]
            if not all(item_id in stretch.seen for item_id in ids):
                return "more"
            if len(ids) < len(times):
                behind_origin = takewhile(lambda item: item.id != stretch.origin, page.data)
                return "proven" if all(item.id in stretch.seen for item in behind_origin) else "unclear"
            if size_of(page) < limit:
                return "same" if len(ids) == stretch.count else "unclear"
        return "unclear"

    def next_page(
        self, stretch: Stretch, lane: Lane, cut: Cut, limit: int, gone: frozenset[str] = frozenset()
    ) -> Script[P, tuple[P, Verdict]]:
        """Ask for the page after a cut, and let the stretch judge it."""
        try:
            page: P = yield lane.query(cut.cursor, limit)
        except APIStatusError as error:
            if limit <= self.page_size or error.status not in ARGUMENT_REFUSED:
                raise
            _, lower = yield from self.large_head(lane.rising)
            if lower >= limit:
                raise error from None  # it was the cursor
            page = yield lane.query(cut.cursor, lower)
        stretch.ties_move = stretch.ties_move or self.trust.ties_move
        verdict = stretch.take(lane.along(page.data), cut, gone=gone)
        self.note_ties(stretch)
        if not verdict.continues:
            self.note_order(lane.order, page)
        return page, verdict

    def hides_more(self, stretch: Stretch, lane: Lane, page: P) -> Script[P, bool]:
        """Return whether there are other items, though a page only repeats some: those may have moved to the end."""
        held = dict(zip(stretch.ids, stretch.times, strict=True))
        times = times_of(page.data)
        if all(held.get(item.id, time) == time for item, time in zip(page.data, times, strict=True)):
            return False
        other, _ = yield from self.large_head(not lane.rising)
        behind_origin = takewhile(lambda item: item.id != stretch.origin, other.data)
        return not all(item.id in stretch.seen for item in behind_origin)

    def doubtful_cut(self, stretch: Stretch, lane: Lane, room: int) -> Cut:
        """Return a cut that tests what is still unknown about the lane's cursors."""
        return stretch.doubtful_cut(room, self.trust.refuted.get(lane, frozenset()))

    def learn(self, lane: Lane, stretch: Stretch, verdict: Verdict) -> None:
        """Note what a page that continues a stretch shows about the lane's cursors."""
        if verdict.skipped:
            self.trust.skips[lane] = max(verdict.skipped, self.trust.skips.get(lane, 0))
        if verdict.repeats:
            self.trust.repeats.add(lane)
        self.trust.learn(lane, stretch, verdict.refuted)

    def read_on(self, stretch: Stretch, lane: Lane, held: Stretch) -> Script[P, list[Any] | None]:
        """Read on from a stretch until the last time of what is held has been passed for certain.

        Args:
            stretch: The list's other end.
            lane: How to go on.
            held: What is held of the list's head.

        Returns:
            The items after the stretch; None if the lane does not lead there.
        """
        stretch.in_doubt = True
        items: list[Any] = []
        size = len(stretch.ids)
        while not stretch.is_ahead(held.last_time, stretch.last_time):
            cut = self.doubtful_cut(stretch, lane, max(min(self.largest_limit, size) - 1, 0))
            nearest = stretch.ids[min(cut.place + 1, len(stretch.ids) - 1)]
            page, verdict = yield from self.next_page(stretch, lane, cut, self.largest_limit)
            if not verdict.continues or not verdict.fresh or len(items) > HELD_AT_MOST:
                return None
            if lane.param == "before" and page.data[-1].id != nearest:
                return None  # a window on the head may end within the time that was to come again
            if lane.param == "before" and page.data[0].id == held.ids[0] and size_of(page) >= size:
                return None  # or just there
            self.learn(lane, stretch, verdict)
            items += verdict.fresh
        return items if self.trust.follows(lane) else None

    def reads_the_same(self, held: Sequence[Any], lane: Lane) -> Script[P, bool]:
        """Return whether a short list, read in the other order, has the same items to its end."""
        way = Lane(FLIPPED[lane.order], lane.param)
        page, limit = yield from self.large_head(not lane.rising)
        stretch = Stretch(rising=way.rising)
        if not page.data or not stretch.begin(page.data):
            return False
        found, longest = list(page.data), len(page.data)
        while len(found) <= len(held):
            more, verdict = yield from self.next_page(stretch, way, stretch.cut(longest - 1), limit)
            if not verdict.continues or (not verdict.fresh and len(more.data) >= longest):
                return False
            if not verdict.fresh:
                break
            found += verdict.fresh
        return {item.id for item in found} == {item.id for item in held}

    def other_side(self, held: Stretch, lane: Lane) -> Script[P, tuple[P, list[Any], bool] | None]:
        """Read the list from its other end until it meets the held part.

        The held part has every item up to its last time, but perhaps not all of that time. So the two make the whole
        list if the other end's items lead past that time: strictly, because within one time both may show the same
        part.

        Returns:
            A page, the items after the held part, in the direction of the lane, and whether those of one time are in
            the lane's order; None if the two do not meet.
        """
        last_time = held.last_time
        page, _ = yield from self.large_head(not lane.rising)
        stretch = Stretch(rising=not lane.rising)
        if not page.data or not stretch.begin(page.data) or stretch.single_time:
            return None
        found, flipped = list(page.data), True
        if not stretch.is_ahead(last_time, stretch.last_time):
            for way in (Lane(FLIPPED[lane.order], lane.param), Lane(lane.order, _OTHER[lane.param])):
                more = yield from self.read_on(stretch, way, held)
                if more is not None:
                    found += more
                    flipped = way.order != lane.order
                    break
                stretch = Stretch(rising=not lane.rising)
                stretch.begin(page.data)
            else:
                return None
        rest: list[Any] = []
        group = set(held.ids[held.last_group :])
        for item, time in zip(found, times_of(found), strict=True):
            if item.id in held.seen:
                group.discard(item.id)
            elif held.is_ahead(time, last_time):
                return None  # the held part has holes
            else:
                rest.append(item)
        if group:
            return None
        rest = rest[::-1]
        if not flipped:
            return page, rest, False
        rest, known = _as_listed(rest, [item.id for item in reversed(found)], held)
        return page, rest, known

    def shown_at_end(self, held: Stretch, lane: Lane, since: Any) -> Script[P, tuple[P, list[Any]] | None]:
        """Check at the list's other end whether everything from a time on is held.

        A list that grows by an item or two while it is read is too short to show whether its cursors compare ids.

        Returns:
            A page, and its items after all held ones, in the direction of the lane; None if the page does not lead past
            the time, or shows an item that should be held and is not.
        """
        page, _ = yield from self.large_head(not lane.rising)
        times = times_of(page.data)
        if not is_sorted(times, rising=not lane.rising):
            return None
        behind: list[Any] = []
        for item, time in zip(page.data, times, strict=True):
            if held.is_ahead(time, since):
                return page, behind[::-1]
            if item.id in held.seen:
                continue
            if not held.is_ahead(held.last_time, time):
                return None
            behind.append(item)
        is_whole = (
            held.origin is None and held.count == len(held.ids) and any(item.id == held.ids[0] for item in page.data)
        )
        return (page, behind[::-1]) if is_whole else None


def _as_listed(items: list[Any], flipped: list[str], held: Stretch) -> tuple[list[Any], bool]:
    """Put items of one time into the list's order, as far as it shows in what was read in both orders.

    Args:
        items: The items from the other end, reversed.
        flipped: The ids of everything read from there, reversed.
        held: What was read in the list's own order.
    """
    common = set(flipped).intersection(held.ids)
    one_way = [item_id for item_id in held.ids if item_id in common]
    other_way = [item_id for item_id in flipped if item_id in common]
    times = [time for item_id, time in zip(held.ids, held.times, strict=True) if item_id in common]
    if len(set(times)) == len(times):
        return items, False  # no ties were seen
    if one_way == other_way:
        return items, True
    if one_way != _turn_ties(other_way, times):
        return items, False
    return _turn_ties(items, times_of(items)), True


def _turn_ties(items: list[Any], times: list[Any]) -> list[Any]:
    """Reverse the items of each time, and keep the order of times."""
    turned: list[Any] = []
    start = 0
    for place in range(1, len(items) + 1):
        if place == len(items) or times[place] != times[start]:
            turned += items[start:place][::-1]
            start = place
    return turned


_OTHER: dict[str, Any] = {"after": "before", "before": "after"}


def contradiction(text: str) -> PaginationError:
    """Return the error, with what to do next."""
    return PaginationError(
        f"{text} Nothing is left out silently: what was read before is right. `openai-steps doctor` tells more."
    )
