"""The scripts of walks that begin at the caller's cursor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import CALLER_OR_MOMENT, APIStatusError
from openai_steps._walks.careful import CarefulReading
from openai_steps._walks.pages import FLIPPED, Direction, Lane, P, Page, Script, direction_of, head, is_sorted, times_of
from openai_steps._walks.stretch import Stretch
from openai_steps._walks.trust import UnknownCursor
from openai_steps._walks.walk import Sink

_KNOWN_ANSWER = 10


class CursorReading(CarefulReading[P]):
    """A walk from a cursor: ``after`` one, or ``before`` one and away from it.

    The page next to a cursor must touch it: no item may lie between the cursor and the page. That is proven by the
    neighbour: the item next to the page's near end, asked for in the other direction, must be the cursor. If that
    fails, the walk makes a detour: it reads from the head of the list up to the cursor.
    """

    def after_cursor(self, cursor: str, *, known: bool = False) -> Script[P, None]:
        """Read what follows a cursor in list order.

        Args:
            cursor: The caller's cursor.
            known: Whether this server listed the cursor a moment ago.
        """
        lane = self.lane
        if (known or self.is_known()) and (yield from self._jump(lane, cursor, known=known)):
            return
        page, limit = yield from self.large_head(self.rising)
        yield from self.carefully(page, limit, jump=lambda: self._jump(lane, cursor))

    def before_cursor(self, cursor: str) -> Script[P, None]:
        """Read what precedes a cursor in list order, the nearest first."""
        order, lanes = self.lane.order, [self.lane, Lane(FLIPPED[self.lane.order], "after")]
        if self.is_known() and (yield from self._jump(self.lane, cursor)):
            return
        # The detour walks in list order, since only that shows which items of the cursor's own time precede it.
        walk = Sink[P](stop=cursor, page_size=self.page_size, keep=self.sink.left)
        detour = CursorReading(self.trust, walk, Lane(order, "after"))
        page, limit = yield from self.large_head(not self.rising)
        whole = direction_of(page.data, rising=not self.rising) is Direction.RIGHT
        if whole and not any(item.id == cursor for item in page.data):
            for lane in lanes:
                known_answer = yield from self._knows_answer(lane, page.data)
                if known_answer and (yield from self._jump(lane, cursor)):
                    return
        yield from detour.carefully(page, limit)
        items = [item for part in walk.take_pages() for item in part.data]
        self.sink.put(page, items[::-1])

    def _knows_answer(self, lane: Lane, items: Sequence[Any]) -> Script[P, bool]:
        """Try a lane where its answer is known: on the head of the list, read against its direction."""
        if self.trust.cursors.get(lane) is not None and self.trust.believing:
            return self.trust.follows(lane)
        stretch = Stretch(rising=lane.rising)
        stretch.in_doubt = True
        if not stretch.begin(items[::-1]):
            return False
        size = min(_KNOWN_ANSWER, self.largest_limit, (len(items) - 1) // 2)
        if size < 1:
            return False
        cut = stretch.cut_with_known_answer(size)
        page = yield from self.ask_if_allowed(lane.query(cut.cursor, size))
        if page is None:
            return False
        if not stretch.foretells(lane.along(page.data), cut):
            self.trust.cursors[lane] = "broken"
        else:
            self.trust.learn(lane, stretch, stretch.refuted_by(cut, cut.place))
        return self.trust.follows(lane)

    def _jump(self, lane: Lane, cursor: str, *, known: bool = False) -> Script[P, bool]:
        """Go on from a cursor by a lane that works; False if the page there does not touch the cursor."""
        trust, sink = self.trust, self.sink
        unknown = trust.unknown_cursors.get(lane) if trust.believing else None
        limit = self.page_size if sink.left is None else min(self.page_size, sink.left)
        if not known and (unknown is None or trust.cursors.get(lane) != "places"):
            limit = max(limit, _KNOWN_ANSWER)  # several items show best what touches the cursor, and how ids go
        page = yield from self.ask(lane.query(cursor, limit))
        if 0 < len(page.data) <= _KNOWN_ANSWER and limit < self.largest_limit and _echoes(page, cursor):
            limit = self.largest_limit  # the repeated items would fill a small page
            page = yield from self.ask(lane.query(cursor, limit))
        if lane in trust.repeats and not _echoes(page, cursor):
            return False
        items = _behind(lane.along(page.data), cursor, rising=lane.rising)
        stretch = Stretch(rising=lane.rising)
        stretch.origin = cursor
        if items is None or not stretch.begin(items) or trust.skips.get(lane):
            return False
        self.note_ties(stretch)
        if items and not stretch.single_time:
            trust.orders.add(lane.order)
        is_new = trust.believing and unknown is None and not known
        if is_new and lane.param == "after":
            unknown = yield from self._try_unknown(lane, cursor)
        exists = unknown == "refused" or (unknown == "empty" and len(items) > 0)
        believed = known or (exists and (yield from self._is_adjacent(lane, stretch)))
        if not believed and not (yield from self._touches(lane, cursor, items, page)):
            return False
        if is_new and lane.param == "before":  # only now: a window on the head may be taken for what is adjacent
            yield from self._try_unknown(lane, cursor)
        sink.start, sink.started = None, True
        sink.put(page, items)
        if items:
            yield from self.go_on(stretch, page, limit, lane=lane)
        else:
            self.finish()
        return True

    def _is_adjacent(self, lane: Lane, stretch: Stretch) -> Script[P, bool]:
        """Tell whether what is known of a lane says that nothing is between a cursor and these items behind it.

        Whether a cursor leads to others of its own time is asked once, as soon as two items of one time are known.
        """
        if lane != self.lane or not self.trust.suits(lane, stretch) or self.trust.ties_move:
            return False
        if not self.trust.ties_seen:
            return True
        if lane not in self.trust.within:
            ties = [pair for pair in pairwise(zip(stretch.times, stretch.ids, strict=True)) if pair[0][0] == pair[1][0]]
            if not ties:
                return False
            (_, cursor), (_, wanted) = ties[0]
            page = yield from self.ask(lane.query(cursor, _KNOWN_ANSWER))
            items = _behind(lane.along(page.data), cursor, rising=lane.rising)
            self.trust.within[lane] = items is not None and [item.id for item in items[:1]] == [wanted]
        return self.trust.within[lane]

    def _touches(self, lane: Lane, cursor: str, items: Sequence[Any], page: P) -> Script[P, bool]:
        """Prove that nothing is between the cursor and the items that follow it in the lane's direction."""
        order = self.lane.order
        # Asked in the list's own order, the answer also shows on which side the items of the cursor's own time are.
        back = Lane(order if self.lane.param == "before" else FLIPPED[order], "after")
        times = times_of(items)
        near = sum(time == times[0] for time in times)
        group, rest = {item.id for item in items[:near]}, {item.id for item in items[near:]}
        if rest:
            query = back.query(items[near].id, min(near + 2, MAX_PAGE_SIZE))
        else:
            query = head(rising=back.rising, limit=min(near + 2, MAX_PAGE_SIZE))
        answer = yield from self.ask_if_allowed(query)
        if answer is None or not is_sorted(times_of(answer.data), rising=back.rising):
            return False
        shown = [item for item in answer.data if item.id not in rest]
        ids = [item.id for item in shown]
        if cursor not in ids or set(ids[: ids.index(cursor)]) != group:
            return False
        if back.order == order:
            return True
        place = ids.index(cursor)
        # In the other order, items of the cursor's own time may be on its other side.
        neighbours = [*items[:1], *shown[place + 1 : place + 2]]
        return all(item.created_at != shown[place].created_at for item in neighbours)

    def _try_unknown(self, lane: Lane, cursor: str) -> Script[P, UnknownCursor]:
        """Ask with a cursor that does not exist, since a mistyped cursor must raise an error."""
        try:
            page: P = yield lane.query(_unlike(cursor), 1)
        except APIStatusError as error:
            if error.status >= 500 or error.status in CALLER_OR_MOMENT:
                raise
            answer: UnknownCursor = "refused"
        else:
            answer = "answered" if page.data else "empty"
        self.trust.unknown_cursors[lane] = answer
        return answer


def _echoes(page: Page, cursor: str) -> bool:
    return any(item.id == cursor for item in page.data)


def _behind(items: Sequence[Any], cursor: str, *, rising: bool) -> Sequence[Any] | None:
    """Return the items after the cursor, if the page repeats it and earlier ones; None if they cannot be identified."""
    place = next((place for place, item in enumerate(items) if item.id == cursor), None)
    if place is None:
        return items
    times = times_of(items)
    older = (time < times[place] if rising else time > times[place] for time in times[:place])
    return items[place + 1 :] if all(older) else None


def _unlike(cursor: str) -> str:
    """Return an id of the same shape that is unlikely to exist."""
    head_, mark, tail = cursor.rpartition("_")
    return head_ + mark + "".join(_turn(letter) for letter in tail)


def _turn(letter: str) -> str:
    if letter in "0123456789":
        return str((int(letter) + 5) % 10)
    if letter in "abcdefABCDEF":
        return chr(ord(letter) + (3 if letter.lower() < "d" else -3))
    return letter
