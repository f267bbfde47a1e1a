"""A part of a list without holes, and whether a page continues it. No queries are made here.

Each page is asked for *from an earlier time* than that of the last item held, so that all of the last time comes again.
Hence no page ends where times tie, which is where servers lose rows, and a page that lacks the held items shows that
cursors are not positions in this list.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from openai_steps._walks.pages import is_cursor, is_sorted, times_of
from openai_steps._walks.seen import Seen

_KEPT: Final = 400
_OVERLAP_IN_DOUBT: Final = 3  # one more than an `after` that skips a step can hide
_ECHO: Final = 3  # a page may repeat this many items before its cursor

ENOUGH_IN_ORDER: Final = 8
"""This many ids in order are no accident: of random ids one list in 20,000 would be in order."""

ONE_IN: Final = 20_000
"""What happens by chance once in so many times is no accident."""


ENOUGH_TIMES: Final = 5
"""This many times in order are no accident: of a server that sorts at random, one page in 120 would be in order."""


class Cut(NamedTuple):
    """Where the next page is to begin: after this item of the tail, or, at -1, where the stretch began."""

    place: int
    cursor: str | None
    overlap: int


Comparison: TypeAlias = Literal["greater", "less"]
"""A cursor that is not a position: all items follow whose ids are greater, or less, wherever they are."""

IdOrder: TypeAlias = Literal["rising", "falling"]

BOTH: Final[frozenset[Comparison]] = frozenset({"greater", "less"})


class Verdict(NamedTuple):
    """How a page relates to the stretch.

    ``continues``: it contains the end of the stretch, and nothing of it is missing. ``fresh``: its new items.
    ``refuted``: ways of comparing ids that would have led to another page (set in doubt only). ``skipped``: how many
    places the cursor skips. ``repeats``: the page begins before where it was asked for. ``cut_off``: it ends within
    what was to come again.
    """

    continues: bool
    fresh: Sequence[Any] = ()
    refuted: frozenset[Comparison] = frozenset()
    skipped: int = 0
    repeats: bool = False
    cut_off: bool = False


_NEVER: Final = object()
FOREIGN: Final = Verdict(continues=False)


class Stretch:
    """The end of what has been read, going towards later or earlier times."""

    def __init__(self, *, rising: bool) -> None:
        self.rising = rising
        self.seen = Seen()
        self.ids: list[str] = []  # the last ones
        self.times: list[Any] = []
        self.count = 0
        self.in_doubt = False  # more is remembered then
        self.has_ties = False
        self.ties_move = False  # items of one time were listed in another order than before
        self.origin: str | None = None  # the cursor after which the stretch begins

    @property
    def last_time(self) -> Any:
        """The time of the last item."""
        return self.times[-1]

    @property
    def last_group(self) -> int:
        """The place in the tail where the last time begins."""
        return self._start_of(len(self.times) - 1)

    def _start_of(self, place: int) -> int:
        """Return the place in the tail where the time of this place begins."""
        times, time = self.times, self.times[place]
        while place > 0 and times[place - 1] == time:
            place -= 1
        return place

    @property
    def single_time(self) -> bool:
        """Whether all of the tail has one time."""
        return bool(self.times[0] == self.times[-1])

    @property
    def tells_order(self) -> bool:
        """Whether there are enough times for their order to be no accident."""
        return len(set(self.times)) >= ENOUGH_TIMES

    def is_ahead(self, time: Any, of: Any) -> bool:
        """Return whether a time comes strictly before another, in the direction of the stretch."""
        return bool(time < of if self.rising else time > of)

    def begin(self, items: Sequence[Any]) -> bool:
        """Take the first items; False if their times are not in order, or an id occurs twice."""
        ids, times = [item.id for item in items], times_of(items)
        if not self.seen.add_all(ids):
            return False
        self.ids, self.times, self.count = ids, times, len(ids)
        self.has_ties = len(set(times)) < len(times)
        return is_sorted(times, rising=self.rising)

    # --- Where the next page begins ---------------------------------------------------------------------------

    def cut(self, room: int, *, skip: int = 0) -> Cut:
        """Return the cut after the last item of an earlier time, with at most ``room`` items to come again.

        If all has one time, the next page is to begin where the stretch did. If that, or the last time, would fill a
        page, the cut is as near to the end as it can be.
        """
        last, group = len(self.ids) - 1, self.last_group
        place = group - 1 - skip
        if self.ties_move and group:
            further = self._start_of(group - 1) - 1
            if further >= 0 and last - self._start_of(further) <= room:  # any of that time may come as well
                place = further
        if place < 0 and self._fits(room):
            return self._from_its_beginning()
        if place < 0 or last - place > room:
            place = max(last - min(room, _OVERLAP_IN_DOUBT + skip), 0) if last else 0
        return self._cut(place)

    def doubtful_cut(self, room: int, refuted: frozenset[Comparison] = frozenset()) -> Cut:
        """Return a cut where a server that compares ids would answer differently from one that looks them up.

        Args:
            room: How many items may come again.
            refuted: The comparisons that are refuted already.
        """
        last = len(self.ids) - 1
        if last < 1 or room < 1:
            return self._cut(last)
        highest, lowest = self.last_group - 1, max(last - room, 0)
        if highest < lowest:
            highest = last - 1  # one time fills the page
        nearest = max(min(highest, last - min(_OVERLAP_IN_DOUBT, room)), 0)
        telling = self._telling(refuted)
        places = [*range(nearest, lowest - 1, -1), *range(nearest + 1, highest + 1)]
        return self._cut(next((place for place in places if place in telling and is_cursor(self.ids[place])), nearest))

    def _telling(self, refuted: frozenset[Comparison]) -> set[int]:
        """Return the places whose cursors test all remaining comparisons: earlier ids are both lower and higher."""
        telling = set[int]()
        low = high = None
        for place, item_id in enumerate(self.ids):
            lower = low is not None and low < item_id
            higher = high is not None and high > item_id
            if (lower or "less" in refuted) and (higher or "greater" in refuted):
                telling.add(place)
            low = item_id if low is None or item_id < low else low
            high = item_id if high is None or item_id > high else high
        return telling

    def cuts_further_up(self, room: int) -> list[Cut]:
        """Return cuts to try after a page that did not continue the stretch: the cursor may be deleted, or skipped.

        Those where times differ come first, since items of one time may be in another order now.
        """
        last, group = len(self.ids) - 1, self.last_group
        places = {*(group - back for back in (1, 3, 6)), *(last - back for back in (3, 6))}
        within = [place for place in places if max(last - room, 0) <= place < last]
        within.sort(key=lambda place: (self.times[place] != self.times[place + 1], place), reverse=True)
        cuts = [self._cut(place) for place in [*within, max(last - min(room, 1), 0)]]
        if self.ties_move and self._fits(room):
            cuts.insert(0, self._from_its_beginning())
        return cuts

    def cut_with_known_answer(self, size: int) -> Cut:
        """Return a cut with twice ``size`` items of the tail after it, where comparing ids would differ the most."""
        telling_all = self._telling(frozenset())
        last = len(self.ids) - 1 - 2 * size  # with a nearer one, a window on the head would be right, too
        places = [place for place in range(last, -1, -1) if is_cursor(self.ids[place])] or [last]
        apart = [place for place in places if self.times[place] != self.times[place + 1]] or places
        telling = [place for place in apart if place in telling_all]
        return self._cut((telling or apart)[0])

    def foretells(self, items: Sequence[Any], cut: Cut) -> bool:
        """Return whether these items follow the cut; those of one time may be in another order."""
        count = len(items)
        ids, times = [item.id for item in items], times_of(items)
        expected = self.ids[cut.place + 1 :][:count]
        if not items or times != self.times[cut.place + 1 :][:count]:
            return False
        whole = times.index(times[-1]) if times[-1] != times[0] or self.times[cut.place] != times[0] else count
        return set(ids[:whole]) == set(expected[:whole]) and set(ids) <= set(self.ids[cut.place + 1 :])

    def _fits(self, room: int) -> bool:
        """Return whether all of the stretch can come again."""
        return self.count == len(self.ids) <= room

    def _from_its_beginning(self) -> Cut:
        return Cut(-1, self.origin, self.count)

    def _cut(self, place: int) -> Cut:
        while place > 0 and not is_cursor(self.ids[place]):
            place -= 1
        return Cut(place, self.ids[place], len(self.ids) - 1 - place)

    def is_within(self, cut: Cut) -> bool:
        """Return whether the cut is within the last time, so that only some of that time comes again."""
        return cut.place >= self.last_group

    # --- Whether a page continues it --------------------------------------------------------------------------

    def take(self, items: Sequence[Any], cut: Cut, *, gone: frozenset[str] = frozenset()) -> Verdict:
        """Judge a page that was asked for after a cut, and add its new items if it continues the stretch.

        Args:
            items: The page's items, in the stretch's direction.
            cut: Where the page was to begin.
            gone: Ids that another page lacked, too, where they should have been: they have been deleted.
        """
        ids = [item.id for item in items]
        if self.origin is not None and self.origin in ids:  # only a page that repeats much goes back so far
            items = items[ids.index(self.origin) + 1 :]
            ids = [item.id for item in items]
        times = times_of(items)
        if not is_sorted(times, rising=self.rising) or (self.ties_move and not self._shows_more_than_its_end(ids, cut)):
            return FOREIGN
        expected = self.ids[cut.place + 1 :]
        if ids and ids == expected[: len(ids)] != expected:
            return Verdict(continues=False, cut_off=True)
        if ids[: len(expected)] != expected:
            return self._take_overlap(items, ids, cut, gone)
        fresh = items[len(expected) :]
        if not fresh:
            return self._verdict(fresh, cut, cut.place + 1)
        times = times[len(expected) :]
        if self.is_ahead(times[0], self.last_time) or not self.seen.add_all(ids[len(expected) :]):
            return self._take_overlap(items, ids, cut, gone)
        verdict = self._verdict(fresh, cut, cut.place + 1)
        self._add(ids[len(expected) :], times)
        return verdict

    def _take_overlap(self, items: Sequence[Any], ids: list[str], cut: Cut, gone: frozenset[str]) -> Verdict:
        """Take a page that does not repeat just what was asked for: more, less, or in another order."""
        places = {item_id: place for place, item_id in enumerate(self.ids)}
        in_page = [places[item_id] for item_id in ids if item_id in places]
        if not in_page:
            return FOREIGN
        first = min(in_page)
        if in_page != sorted(in_page):
            self.ties_move = True
            if not self._shows_more_than_its_end(ids, cut):
                return FOREIGN
        if self.is_within(cut) and ids[: len(in_page)] != self.ids[first:]:
            return FOREIGN  # what is ahead of a cursor in its own time, and what behind it, has no meaning here
        if first < cut.place - _ECHO and self.times[first] != self.times[cut.place]:
            return FOREIGN
        fresh = [item for item in items if item.id not in places]
        if max(in_page) < len(self.ids) - 1 and not fresh:
            gone = frozenset()  # nothing shows that the list goes on after what seems to be gone
        skipped = self._skipped(set(in_page), cut, gone)
        times = times_of(fresh)
        if skipped is None or (fresh and self.is_ahead(times[0], self.times[first])):
            return FOREIGN  # new items among old ones: that part of the list had holes, or ids are compared
        if not self.seen.add_all([item.id for item in fresh]):
            return FOREIGN
        verdict = self._verdict(fresh, cut, first, skipped)
        if fresh:  # else places in the tail, which cuts still to be tried tell, stay as they are
            self._add([item.id for item in fresh], times)
        if not is_sorted(self.times, rising=self.rising):
            order = sorted(range(len(self.ids)), key=self.times.__getitem__, reverse=not self.rising)
            self.ids = [self.ids[place] for place in order]
            self.times = [self.times[place] for place in order]
        return verdict

    def _shows_more_than_its_end(self, ids: list[str], cut: Cut) -> bool:
        """Return whether a page repeats items before the last time, so that none of that time can be ahead of it.

        Where items of one time are listed in another order than before, the cursor may stand behind any of its own
        time, and may skip one; and of the last time, not all need be held.
        """
        return cut.place < 0 or not cut.overlap or not set(ids).isdisjoint(self.ids[: self.last_group])

    def _skipped(self, known: set[int], cut: Cut, gone: frozenset[str]) -> int | None:
        """Return how many items the cursor skips, 0 or 1; None if the page lacks others that were to come again.

        Of the time within which the page begins it need not have all: they may be in another order now.
        """
        first, group = min(known), self.last_group
        skips = first == cut.place + 2 and len(known) == len(self.ids) - first
        if self.is_within(cut):
            return 0 if first <= cut.place + 1 else 1 if skips else None
        begins_at = self.times[min(first, cut.place)] if cut.place >= 0 and not skips else _NEVER
        lacking = [
            place
            for place in range(min(first, cut.place + 1), len(self.ids))
            if place not in known and self.times[place] != begins_at and self.ids[place] not in gone
        ]
        if not lacking:
            return 0
        if len(lacking) > 1 or lacking[0] >= group or not 0 <= cut.place < first:
            return None  # of the last time, or of a page that begins further up, all must come again
        return None if self.is_ahead(self.times[first], self.times[lacking[0]]) else 1

    def _verdict(self, fresh: Sequence[Any], cut: Cut, first: int, skipped: int = 0) -> Verdict:
        refuted = self.refuted_by(cut, first) if self.in_doubt else frozenset()
        return Verdict(True, fresh, refuted, skipped, repeats=first <= cut.place)

    def refuted_by(self, cut: Cut, first: int) -> frozenset[Comparison]:
        """Return the comparisons by which earlier items would have been in this page, too."""
        if cut.cursor is None:
            return frozenset()
        refuted = set[Comparison]()
        ahead = self.ids[: min(cut.place, first)]
        if any(item_id > cut.cursor for item_id in ahead):
            refuted.add("greater")
        if any(item_id < cut.cursor for item_id in ahead):
            refuted.add("less")
        return frozenset(refuted)

    def _add(self, ids: list[str], times: list[Any]) -> None:
        keep = 0 if self.in_doubt else self._start_of(max(self.last_group - 8, 0))
        keep = max(keep, len(self.ids) - _KEPT)
        self.ids = self.ids[keep:] + ids
        self.times = self.times[keep:] + times
        self.count += len(ids)
        self.has_ties = self.has_ties or len(set(self.times)) < len(self.times)

    # --- Whether ids go with times ----------------------------------------------------------------------------

    def goes(self, id_order: IdOrder) -> bool:
        """Return whether the tail's ids go this way from each time to the next, or within its only time."""
        if self.ids == sorted(self.ids, reverse=id_order == "falling"):
            return True  # nearly always, at a tenth of the cost; called for each page
        groups = [[item_id] for item_id in self.ids] if self.single_time else self._groups()
        if id_order == "rising":
            return all(max(one) < min(other) for one, other in pairwise(groups))
        return all(min(one) > max(other) for one, other in pairwise(groups))

    @property
    def id_order(self) -> IdOrder | None:
        """Which way the tail's ids go with its times."""
        return "rising" if self.goes("rising") else "falling" if self.goes("falling") else None

    @property
    def tells_id_order(self) -> bool:
        """Whether there are enough ids for their order to be no accident."""
        if len(self.ids) < ENOUGH_IN_ORDER:
            return False
        return self.single_time or len(self._groups()) >= ENOUGH_IN_ORDER

    def _groups(self) -> list[list[str]]:
        groups: list[list[str]] = []
        for index, item_id in enumerate(self.ids):
            if index and self.times[index] == self.times[index - 1]:
                groups[-1].append(item_id)
            else:
                groups.append([item_id])
        return groups
