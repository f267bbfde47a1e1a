"""Walks on an unknown server: nothing but the first page is passed on before the cursors have been proven.

Until then, pages are as large as the API allows, since a small one proves little. If cursors lead nowhere, the list is
read from its other end, too. ``docs/cursors.md`` explains the proofs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeAlias

from attrs import define

from openai_steps._walks.pages import (
    Direction,
    P,
    Script,
    direction_of,
    head,
    is_cursor,
    is_sorted,
    size_of,
    times_of,
    with_data,
)
from openai_steps._walks.proofs import HELD_AT_MOST, Claim, contradiction
from openai_steps._walks.reading import Reading
from openai_steps._walks.stretch import Cut, Stretch, Verdict
from openai_steps._walks.whole import is_whole

Jump: TypeAlias = Callable[[], Script[P, bool]]
"""Goes on from another place in the list; False if that is not possible."""


_MOST_RESTARTS = 3


@define
class _Unproven(Generic[P]):
    """What has been read so far."""

    first: P
    limit: int
    """The limit of the first page."""
    held: list[Any]
    stretch: Stretch
    turned: bool
    """Whether the list comes in the other order than asked for."""

    @property
    def is_one_page(self) -> bool:
        return len(self.held) == len(self.first.data)


class CarefulReading(Reading[P]):
    """A walk from the head of the list."""

    _restarts = 0
    _claim: Claim | None = None  # what a look at the end showed of the first page

    def from_head(self) -> Script[P, None]:
        """Read from the head of the list."""
        trust, sink, lane = self.trust, self.sink, self.lane
        limit = self.next_limit(0)
        page: P = yield head(rising=self.rising, limit=limit)
        stretch = Stretch(rising=self.rising)
        in_order = not page.data or stretch.begin(page.data)
        if not in_order or trust.turned:
            self.note_order(lane.order, page)
        if page.data and in_order:
            if stretch.tells_order:
                trust.orders.add(lane.order)
            if lane.order in trust.orders and (sink.satisfied_by(page.data) or self.is_known(stretch)):
                sink.offer(page, page.data)
                return (yield from self.go_on(stretch, page, limit, fallback=lambda: self._start_again(page, limit)))
        return (yield from self.carefully(page, limit))

    def _start_again(self, page: P, limit: int) -> Script[P, None]:
        """Forget what was believed of the server, and read the list as on an unknown one."""
        self.trust.cursors.pop(self.lane, None)
        self.trust.refuted.pop(self.lane, None)
        larger, new_limit = yield from self.large_head(self.rising)
        page = yield from self._enlarged(page, limit, larger)
        return (yield from self.carefully(page, new_limit))

    def carefully(self, page: P, limit: int, jump: Jump[P] | None = None) -> Script[P, None]:
        """Read from the head.

        Args:
            page: The first page.
            limit: Its limit.
            jump: What to try once the cursors have been proven.
        """
        if not page.data:
            return (yield from self._check_empty(page))
        way = direction_of(page.data, rising=self.rising)
        if self.is_believed_end(page, limit, self.lane) and way is not Direction.MIXED:
            return self._pass_on(page, page.data, turned=way is Direction.WRONG)
        if limit < self.largest_limit and size_of(page) >= limit:
            if way is Direction.RIGHT and self.lane.order in self.trust.orders:
                self.sink.offer(page, page.data)
            larger = yield from self._enlarge(page, limit)
            if larger is None:
                return self.finish()
            page, limit = larger
            way = direction_of(page.data, rising=self.rising)
        stretch = Stretch(rising=self.rising != (way is Direction.WRONG))
        stretch.in_doubt = True
        if not stretch.begin(page.data) or self.trust.unsteady:
            return (yield from self._settle(page, limit))
        self.note_ties(stretch)
        if way is Direction.RIGHT:
            if stretch.tells_order:
                self.trust.orders.add(self.lane.order)
            self.sink.offer(page, page.data)
        read = _Unproven(page, limit, list(page.data), stretch, way is Direction.WRONG)
        return (yield from self._prove(read, jump))

    def _enlarge(self, page: P, limit: int) -> Script[P, tuple[P, int] | None]:
        """Ask for a larger first page; None if the small one is proven to be all."""
        stretch = Stretch(rising=self.rising)
        in_order = stretch.begin(page.data)
        claim = (yield from self._look_at_end(stretch, page, limit)) if page.has_more is False and in_order else None
        if claim == "proven":
            self.sink.offer(page, page.data)
            return None
        if claim == "same":
            self._claim = claim
            return page, limit  # a larger limit gives no larger page
        larger, new_limit = yield from self.large_head(self.rising)
        if self.sink.offered:
            larger = yield from self._enlarged(page, limit, larger)
        return larger, new_limit

    def _enlarged(self, page: P, limit: int, larger: P) -> Script[P, P]:
        """Return a first page that has been passed on, with the items that a larger one has after it.

        New items before it were added in the meantime; so were new ones of the first time, if the page had all of that
        time. Items of the last time may be in another order now, and any item in another place.
        """
        stretch = Stretch(rising=self.rising)
        stretch.begin(page.data)
        ahead, rest = set[str](), list[Any]()
        for item, time in zip(larger.data, times_of(larger.data), strict=True):
            if item.id in stretch.seen:
                continue
            if stretch.single_time or stretch.is_ahead(stretch.times[0], time):
                rest.append(item)
            else:
                ahead.add(item.id)
        if ahead:
            again = yield from self.ask(head(rising=self.rising, limit=limit))
            if ahead.isdisjoint(item.id for item in again.data):
                raise contradiction("The server lists other items first, whenever it is asked for more of them.")
        return with_data(larger, (*page.data, *rest))

    def _prove(self, read: _Unproven[P], jump: Jump[P] | None) -> Script[P, None]:
        """Go on until the cursors have been proven, or the list has ended."""
        trust, lane, stretch, limit = self.trust, self.lane, read.stretch, read.limit
        page, claim = read.first, self._claim
        while not self._is_enough(read):
            if claim is None and self._seems_to_end(page, limit, read):
                claim = yield from self._look_at_end(stretch, page, limit)
                if claim == "proven":
                    break
            if not is_cursor(stretch.ids[-1]):
                self.sink.offer(page, read.held)
                self.check_last(stretch)
            self.longest = max(self.longest, size_of(page))
            cut = self.doubtful_cut(stretch, lane, self.room(limit))
            claimed_with = limit
            answer, verdict, limit, contradicted = yield from self._next_unproven(read, cut)
            if answer is None or (contradicted and not verdict.fresh):
                return (yield from self._settle(read.first, read.limit))
            self.learn(lane, stretch, verdict)
            self.note(lane, claimed_with, page.has_more, bool(verdict.fresh))
            if not verdict.fresh:
                if (yield from self._is_over(read, answer, verdict, claim)):
                    break
                return (yield from self._settle(read.first, read.limit))
            if trust.unsteady:
                return (yield from self._settle(read.first, read.limit))
            read.held += verdict.fresh
            page, claim = answer, None
            if not read.turned and not stretch.single_time:
                trust.orders.add(lane.order)
                if trust.follows(lane):
                    self.sink.offer(page, read.held)
                    if jump is not None and not self.sink.started and (yield from jump()):
                        return
                    return (yield from self.go_on(stretch, page, limit))
            if len(read.held) > HELD_AT_MOST:
                raise contradiction(
                    f"The server ignores order={lane.order!r}, or does not show that it honours it, and the list is "
                    f"too long to be reversed (over {HELD_AT_MOST:,} items). Read it in the other order."
                )
        self._pass_on(read.first, read.held, turned=read.turned)

    def _next_unproven(self, read: _Unproven[P], cut: Cut) -> Script[P, tuple[P | None, Verdict, int, bool]]:
        """Ask for the next page; return it with its verdict and limit, and whether another page contradicted it."""
        stretch, lane = read.stretch, self.lane
        answer, verdict = yield from self.next_page(stretch, lane, cut, read.limit)
        if not verdict.continues and self._goes_the_other_way(stretch, answer):
            stretch.rising, read.turned = not self.rising, True
            verdict = stretch.take(lane.along(answer.data), cut)
        stuck = self.is_stuck(answer, verdict, read.limit)
        if verdict.continues and not stuck:
            return answer, verdict, read.limit, False
        another, better, limit = yield from self.try_again(stretch, lane, answer, cut)
        return another, better, limit, not stuck

    def _goes_the_other_way(self, stretch: Stretch, page: P) -> bool:
        """Return whether a page shows that the order is ignored, after all times before were equal."""
        if not stretch.single_time or self.lane.order in self.trust.orders:
            return False
        times = [stretch.last_time, *times_of(page.data)]
        return times[0] != times[-1] and is_sorted(times, rising=not self.rising)

    def _is_enough(self, read: _Unproven[P]) -> bool:
        """Return whether no more is needed, and this is known to be the head of the list in the order asked for."""
        in_order = not read.stretch.single_time or self.lane.order in self.trust.orders
        if read.turned or not in_order:
            return False
        return self.sink.done or self.sink.satisfied_by(read.held[self.sink.offered :])

    def _seems_to_end(self, page: P, limit: int, read: _Unproven[P]) -> bool:
        if read.turned:
            return False
        if page.has_more is False:
            return not self.trust.end(self.lane, limit).lied
        return page.has_more is None and page is read.first and size_of(page) < limit

    def _is_over(self, read: _Unproven[P], answer: P, verdict: Verdict, claim: Claim | None) -> Script[P, bool]:
        """Return whether the list has ended, since nothing new came after its last item."""
        if (yield from self.hides_more(read.stretch, self.lane, answer)):
            return False
        if not read.is_one_page and read.stretch.single_time and (yield from self.end(read.stretch)) == "more":
            return False  # the cursors lead through this time alone
        if self.trust.follows(self.lane):
            return True
        if not read.is_one_page:
            return (yield from self.reads_the_same(read.held, self.lane))
        if claim is None:
            claim = yield from self._look_at_end(read.stretch, read.first, read.limit)
        # Both ends are one short page, and just its rest comes after a cursor.
        is_rest = not verdict.skipped and len(answer.data) < len(read.held)
        return claim == "proven" or (claim == "same" and is_rest)

    def _look_at_end(self, stretch: Stretch, page: P, limit: int) -> Script[P, Claim]:
        claim = yield from self.end(stretch)
        if claim == "more" and page.has_more is False:
            self.trust.end(self.lane, limit).lied = True
        return claim

    def _pass_on(self, page: P, items: Sequence[Any], *, turned: bool) -> None:
        if turned and self.sink.offered:
            raise contradiction("The server lists in one order at one time, and in the other at another.")
        self.sink.offer(page, items[::-1] if turned else items)
        self.finish()

    def _check_empty(self, page: P) -> Script[P, None]:
        if page.has_more is False and self.trust.believing:
            return self.finish()
        other = yield from self.ask_if_allowed(head(rising=not self.rising, limit=1))
        if other is not None and other.data:
            raise contradiction("The server says that the list is empty, and lists items in the other order.")
        self.finish()

    # --- Where cursors lead nowhere ---------------------------------------------------------------------------

    def _settle(self, first: P, limit: int) -> Script[P, None]:
        """Read the list from its two ends, if they meet."""
        self.trust.cursors[self.lane] = "broken"
        stretch = Stretch(rising=self.rising)
        in_order = stretch.begin(first.data)
        if not in_order and self.sink.offered:
            raise contradiction("The server lists the same items in another order at each request.")
        if in_order and not stretch.single_time and not self.trust.unsteady:
            met = yield from self.other_side(stretch, self.lane)
            if met is not None:
                self.sink.offer(first, first.data)
                self.sink.put(first, met[1], ties_known=met[2])
                return self.finish()
        full = size_of(first) == limit and self._claim != "same"
        if (yield from is_whole(self, first, self.lane, full=full)):
            ties_known = direction_of(first.data, rising=self.rising) is not Direction.MIXED
            self.sink.offer(first, self._sorted(first.data), ties_known=ties_known)
            return self.finish()
        if not self.sink.offered and self._restarts < _MOST_RESTARTS:
            page, limit = yield from self.large_head(self.rising)
            if {item.id for item in page.data} > {item.id for item in first.data}:
                self._restarts += 1  # the list has grown, and each look showed another part of it
                self._claim = None
                return (yield from self.carefully(page, limit))
        if first.has_more is False:
            self.trust.end(self.lane, limit).lied = True  # it may be right, but nothing else shows it
        raise contradiction(
            "The server's cursors do not lead through this list (it may ignore them, or compare ids), and its two ends "
            "do not meet."
        )

    def _sorted(self, items: Sequence[Any]) -> list[Any]:
        if direction_of(items, rising=self.rising) is Direction.WRONG:
            return list(items[::-1])
        times = times_of(items)
        return [items[place] for place in sorted(range(len(items)), key=times.__getitem__, reverse=not self.rising)]
