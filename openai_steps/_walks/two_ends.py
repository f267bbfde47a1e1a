"""Both ends at once: read a whole list from its head and, in the other order, from its tail, until the two meet.

That halves the time spent waiting for answers. It must never change the result, so the tail is believed only where
nothing is ambiguous, and dropped at the first doubt; the walk from the head then goes on alone, as if there had never
been a tail. What could be lost or misplaced is what shares its time with something else: servers sort such steps the
same way in both orders, or skip them between pages. Hence

- the tail's times must fall strictly (rise, for a list in descending order);
- a page of the tail begins with the last step of the page before, so that nothing can hide between the two;
- the tail joins the head where both have at least two steps in common, in the same places.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order
from openai_steps._models.steps import RunStep
from openai_steps._walks.forward import ForwardWalk
from openai_steps._walks.pages import PageQuery

FLIPPED: Final[dict[Order, Order]] = {"asc": "desc", "desc": "asc"}

_COMMON_STEPS: Final = 2
_SMALLEST_PAGE: Final = 10
"""With smaller pages the step that each page of the tail repeats would cost more than the tail saves."""


class TwoEnds:
    """Reads a list from both ends.

    The caller sends ``head_query`` in the list's order and ``tail_query`` in the flipped one, as either is set, and
    feeds the answers back in any sequence, until ``done``.

    Args:
        order: The list's order.
        page_size: The most steps to ask for at once.
    """

    def __init__(self, *, order: Order, page_size: int) -> None:
        self._walk = ForwardWalk(page_size=page_size)
        self._page_size = page_size
        self._rising = order == "desc"  # the tail's times
        self._head: list[RunStep] = []
        self._places: dict[str, int] = {}
        self._tail: list[RunStep] = []
        self.done = False
        self.tail_query: PageQuery | None = None

    @property
    def head_query(self) -> PageQuery | None:
        """What to ask for next in the list's order."""
        return None if self.done else self._walk.query

    @property
    def steps(self) -> list[RunStep]:
        """The steps, in the list's order; all of them when done."""
        return self._head

    def feed_head(self, page: StepPage) -> None:
        """Take the answer to ``head_query``."""
        is_first = not self._head
        for fresh in self._walk.feed(page):
            self._places.update((step.id, place) for place, step in enumerate(fresh.data, len(self._head)))
            self._head.extend(fresh.data)
        if self._walk.query is None:
            self._finish()
        elif is_first and page.has_more is True and self._page_size >= _SMALLEST_PAGE:
            self.tail_query = PageQuery(limit=self._page_size)
        else:
            self._join()

    def feed_tail(self, page: StepPage) -> None:
        """Take the answer to ``tail_query``, which was sent in the flipped order."""
        if self.tail_query is None:
            return
        expected = self._tail[-1:]
        continues = [step.id for step in page.data[: len(expected)]] == [step.id for step in expected]
        fresh = page.data[len(expected) :]
        if not fresh or not continues or not self._is_strict([*expected, *fresh]):
            self.drop_tail()
            return
        self._tail.extend(fresh)
        if len(self._tail) < _COMMON_STEPS:
            self.drop_tail()
            return
        self.tail_query = PageQuery(limit=self._page_size, after=self._tail[-2].id)
        self._join()
        if page.has_more is False and not self.done:  # at the head of the list, and it did not meet the walk from there
            self.drop_tail()

    def drop_tail(self) -> None:
        """Go on from the head alone."""
        self.tail_query = None
        self._tail.clear()

    def _is_strict(self, steps: list[RunStep]) -> bool:
        times = [step.created_at for step in steps]
        return all((one < other) == self._rising and one != other for one, other in pairwise(times))

    def _join(self) -> None:
        """Finish if the tail reaches into the head and agrees with it."""
        place = self._places.get(self._tail[-1].id) if self._tail else None
        if place is None:
            return
        common = len(self._head) - place
        in_head = [step.id for step in self._head[place:]]
        in_tail = [step.id for step in reversed(self._tail[-common:])]
        rest = self._tail[: len(self._tail) - common]
        if in_head != in_tail or any(step.id in self._places for step in rest):
            self.drop_tail()
        elif common >= _COMMON_STEPS:
            self._head.extend(reversed(rest))
            self._finish()

    def _finish(self) -> None:
        self.done = True
        self.tail_query = None
