"""Reads a whole list from its head and, in the other order, from its tail, until the two meet.

That halves the time spent waiting for answers. It must never change the result, so the tail is trusted only where
nothing is ambiguous, and dropped at the first doubt; the walk from the head then goes on alone. Servers sort equal
times the same way in both orders, or not, and a copy of the data that lags behind may answer the other order. Hence

- the tail's times must be strictly ordered, and each of its pages must continue the one before;
- its first page, which is the end of the list, must read the same in the list's own order, and nothing may follow it;
- it joins the head where both have at least two items in common, in the same places.

A tail that contradicts the head is also evidence against the server, whose has_more is not trusted then.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, Generic, Literal, TypeAlias

from openai_steps._errors import APIStatusError
from openai_steps._models.runs import Order
from openai_steps._walks.pages import FLIPPED, Lane, P, PageQuery, head, times_of
from openai_steps._walks.proofs import Proofs
from openai_steps._walks.stretch import Cut, Stretch
from openai_steps._walks.trust import Trust
from openai_steps._walks.walk import Walk

_COMMON: Final = 2
_SMALLEST_PAGE: Final = 10
"""With smaller pages the repeated items of the tail's pages would cost more than the tail saves."""

Side: TypeAlias = Literal["head", "tail", "end"]


class TwoEnds(Generic[P]):
    """Reads a list from both ends.

    The caller sends ``queries``, at most one a side at a time, and feeds the answers back in any sequence, until
    ``done``.

    Args:
        order: The list's order.
        page_size: The most items to ask for at once.
        trust: What is known of the server.
        walk: Reads the list from its head alone.
    """

    def __init__(self, *, order: Order, page_size: int, trust: Trust, walk: Walk[P]) -> None:
        self._walk = walk
        self._trust = trust
        self._proofs = Proofs[P](trust, page_size)
        self._page_size = page_size
        self._lane = Lane(order, "after")
        self._back = Lane(FLIPPED[order], "after")
        self._head: list[Any] = []
        self._places: dict[str, int] = {}
        self._tail: list[Any] = []
        self._stretch = Stretch(rising=self._back.rising)
        self._cut: Cut | None = None
        self._tail_query: PageQuery | None = None
        self._end_query: PageQuery | None = None
        self._end_holds = False
        self.done = False

    @property
    def queries(self) -> dict[Side, PageQuery]:
        """The next queries, by side."""
        sides: dict[Side, PageQuery | None] = {
            "head": self._walk.query,
            "tail": self._tail_query,
            "end": self._end_query,
        }
        return {} if self.done else {side: query for side, query in sides.items() if query is not None}

    @property
    def items(self) -> list[Any]:
        """The items, in the list's order; all of them when done."""
        return self._head

    def feed(self, side: Side, page: P) -> None:
        """Take the answer to the query of a side."""
        if self.done:
            return  # the others were still under way
        if side == "head":
            self._take_head(page, self._walk.feed(page))
        elif self._tail_query is not None:  # else the tail has been dropped since
            (self._take_tail if side == "tail" else self._take_end)(page)

    def refuse(self, error: APIStatusError) -> None:
        """Take an error as the answer to the head's query; raise it, unless the walk can go on without the answer."""
        self._take_head(None, self._walk.refuse(error))

    def drop_tail(self) -> None:
        """Go on from the head only."""
        self._tail_query = self._end_query = None
        self._end_holds = False
        self._tail.clear()

    def _take_head(self, answer: P | None, pages: list[P]) -> None:
        is_first = answer is not None and not self._head and self._cut is None
        for page in pages:
            self._places.update((item.id, place) for place, item in enumerate(page.data, len(self._head)))
            self._head.extend(page.data)
        if self._walk.query is None:
            self._walk.finish()
            self.done = True
        elif is_first and answer is not None and answer.has_more is True and self._page_size >= _SMALLEST_PAGE:
            is_steady = self._tail_query is None and not self._trust.unsteady
            if is_steady and self._is_strict(answer.data, rising=self._lane.rising):
                self._tail_query = head(rising=self._back.rising, limit=self._page_size)
        else:
            self._join()

    def _take_tail(self, page: P) -> None:
        if self._cut is None:
            self._begin_tail(page)
            return
        verdict = self._stretch.take(page.data, self._cut)
        if not verdict.continues or not verdict.fresh or not self._is_strict(page.data, rising=self._back.rising):
            self._contradict()
            return
        self._proofs.learn(self._back, self._stretch, verdict)
        self._tail.extend(verdict.fresh)
        self._ask_tail()
        self._join()
        if page.has_more is False and not self.done and self._end_holds:
            self._contradict()  # it has reached the head of the list without meeting the walk from there

    def _begin_tail(self, page: P) -> None:
        if not self._is_strict(page.data, rising=self._back.rising) or len(page.data) <= _COMMON:
            self.drop_tail()
            return
        self._stretch.in_doubt = True
        self._stretch.begin(page.data)
        self._tail.extend(page.data)
        self._ask_tail()
        self._end_query = self._lane.query(page.data[-1].id, min(len(page.data), self._page_size))
        self._join()

    def _take_end(self, page: P) -> None:
        """Take the end of the list, in the list's own order: it must have just the items of the tail's first page."""
        expected = [item.id for item in self._tail[: len(page.data)]][::-1]
        self._end_query = None
        if page.has_more is True or not expected or [item.id for item in page.data] != expected[-len(page.data) :]:
            self._contradict()
            return
        self._end_holds = True
        self._join()

    def _ask_tail(self) -> None:
        stretch, known = self._stretch, self._trust.follows(self._back)
        room = max(self._page_size - 1, 1)
        self._cut = (
            stretch.cut(room) if known else stretch.doubtful_cut(room, self._trust.refuted.get(self._back, frozenset()))
        )
        self._tail_query = self._back.query(self._cut.cursor, self._page_size)

    def _contradict(self) -> None:
        for (lane, _), end in self._trust.ends.items():
            if lane in (self._lane, self._back):
                end.lied = True
        self.drop_tail()

    def _is_strict(self, items: Any, *, rising: bool) -> bool:
        return all((one < other) == rising and one != other for one, other in pairwise(times_of(items)))

    def _join(self) -> None:
        """Finish if the tail reaches into the head and agrees with it."""
        place = self._places.get(self._tail[-1].id) if self._tail else None
        if place is None or not self._end_holds:
            return
        common = len(self._head) - place
        in_head = [item.id for item in self._head[place:]]
        in_tail = [item.id for item in reversed(self._tail[-common:])]
        rest = self._tail[: len(self._tail) - common]
        if in_head != in_tail or any(item.id in self._places for item in rest):
            self._contradict()
        elif common >= _COMMON and self._trust.follows(self._back):
            self._head.extend(reversed(rest))
            self.done = True
