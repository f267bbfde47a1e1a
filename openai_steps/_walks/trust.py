"""What a client has found out about its server, by proof, for the client's lifetime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias, get_args

from attrs import define, field, frozen

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._models.runs import Order
from openai_steps._walks.pages import Direction, Lane, Param
from openai_steps._walks.stretch import BOTH, Comparison, IdOrder, Stretch

Cursors: TypeAlias = Literal["places", "ordered ids", "broken"]
"""The kind of a lane's cursors.

``places``: positions in the list, since comparing ids would have led elsewhere. ``ordered ids``: either that, or ids
are compared, but they go with the times, so that it is the same. ``broken``: neither.
"""

UnknownCursor: TypeAlias = Literal["refused", "empty", "answered"]
"""The answer to a cursor that does not exist: an error, an empty page, or a page of something else."""


ListKind: TypeAlias = Literal["steps", "runs", "messages", "threads"]
LIST_KINDS: Final[tuple[ListKind, ...]] = get_args(ListKind)


@frozen(kw_only=True)
class LearnedPaging:
    """What a client has found out about one way to page through the lists of its server.

    Args:
        kind: What is listed.
        order: The order asked for.
        cursor: The cursor parameter.
        cursors: ``places``: cursors are positions in the list. ``ordered ids``: they are, or ids are compared, which is
            the same as long as ids go with times. ``broken``: they lead nowhere. None: not found out.
        unknown_cursor: What is sent for a cursor that does not exist: an error (``refused``), an ``empty`` page, or
            something else (``answered``). None: not found out.
        has_more_kept: Page sizes for which ``has_more`` was right, and is trusted.
        has_more_broken: Page sizes for which it was wrong, and is never trusted.
    """

    kind: ListKind
    order: Order
    cursor: Param
    cursors: Cursors | None
    unknown_cursor: UnknownCursor | None
    has_more_kept: tuple[int, ...]
    has_more_broken: tuple[int, ...]


@define
class End:
    """Whether ``has_more`` was right, for one lane and page size."""

    kept: bool = False
    """It was true, and items followed."""
    lied: bool = False
    """It was true, and none followed; or false, and some did."""
    longest: int = 0
    times_longest: int = 0


@define
class Trust:
    """What is known of one kind of list. Walks write into it; `verify_paging` gives each walk an empty one."""

    believing: bool = True
    unsteady: bool = False
    """Items were listed in no order of time, or in one order at one time and in the other at another. Never taken back:
    one page tells nothing of the next."""
    ties_move: bool = False
    """Items of one time were listed in another order than before. Where a cursor is among them means nothing then."""
    ties_seen: bool = False
    within: dict[Lane, bool] = field(factory=dict)
    """Whether cursors lead on within one time. Some servers list only what is strictly later."""
    orders: set[Order] = field(factory=set)
    turned: set[Order] = field(factory=set)
    cursors: dict[Lane, Cursors] = field(factory=dict)
    refuted: dict[Lane, frozenset[Comparison]] = field(factory=dict)
    repeats: set[Lane] = field(factory=set)
    id_orders: dict[Lane, IdOrder] = field(factory=dict)
    skips: dict[Lane, int] = field(factory=dict)
    unknown_cursors: dict[Lane, UnknownCursor] = field(factory=dict)
    ends: dict[tuple[Lane, int], End] = field(factory=dict)
    largest_limit: int = MAX_PAGE_SIZE

    def note_order(self, order: Order, way: Direction) -> None:
        """Take note of which way the times of a page went."""
        contrary = {Direction.RIGHT: self.turned, Direction.WRONG: self.orders}.get(way, ())
        if way is Direction.MIXED or order in contrary:
            self.believing, self.unsteady = False, True
            self.orders.clear()
            self.cursors.clear()
        elif way is Direction.WRONG:
            self.turned.add(order)

    def follows(self, lane: Lane) -> bool:
        """Return whether the lane's cursors are known to lead from page to page."""
        return self.cursors.get(lane, "broken") != "broken"

    def learn(self, lane: Lane, stretch: Stretch, refuted: frozenset[Comparison]) -> None:
        """Note what a page that continues a stretch shows about the lane's cursors."""
        self.refuted[lane] = refuted | self.refuted.get(lane, frozenset())
        if self.refuted[lane] == BOTH:
            self.cursors[lane] = "places"
        elif stretch.tells_id_order and (id_order := stretch.id_order) is not None:
            self.cursors[lane] = "ordered ids"
            self.id_orders[lane] = id_order

    def proves(self, lane: Lane, stretch: Stretch) -> bool:
        """Return whether the lane's cursors are known to lead through this list, too."""
        cursors = self.cursors.get(lane)
        return cursors == "places" or (cursors == "ordered ids" and stretch.goes(self.id_orders[lane]))

    def suits(self, lane: Lane, stretch: Stretch) -> bool:
        """Return whether the first items of a list show that what is known of the lane holds for it, too.

        If ids may be compared, they must be ordered as before, and be enough to show it: in another list they may be of
        another kind.
        """
        return self.cursors.get(lane) == "places" or (stretch.tells_id_order and self.proves(lane, stretch))

    def is_end(self, lane: Lane, limit: int, size: int) -> bool:
        """Return whether to trust a false has_more on a page of this size.

        A server that once said true, and was right, is trusted. Of others a full page is always doubted. A shorter one
        may come from a server that silently caps pages: the longest page so far is doubted when it comes for the first,
        second, fourth, eighth … time, so that a thousand equal short lists cost ten more requests.
        """
        if not self.believing:
            return False
        end = self.end(lane, limit)
        if end.lied or end.kept:
            return not end.lied
        if size >= limit:
            return False
        if size > end.longest:
            end.longest, end.times_longest = size, 0
        if size < end.longest:
            return True
        end.times_longest += 1
        return end.times_longest & (end.times_longest - 1) != 0

    def end(self, lane: Lane, limit: int) -> End:
        """Return what is known of has_more."""
        try:
            return self.ends[lane, limit]
        except KeyError:
            return self.ends.setdefault((lane, limit), End())

    def learned(self, kind: ListKind) -> list[LearnedPaging]:
        """Return what is known, for users to see."""
        lanes = sorted({*self.cursors, *(lane for lane, _ in self.ends)}, key=lambda lane: (lane.order, lane.param))
        return [
            LearnedPaging(
                kind=kind,
                order=lane.order,
                cursor=lane.param,
                cursors=self.cursors.get(lane),
                unknown_cursor=self.unknown_cursors.get(lane),
                has_more_kept=self._limits(lane, lambda end: end.kept and not end.lied),
                has_more_broken=self._limits(lane, lambda end: end.lied),
            )
            for lane in lanes
        ]

    def _limits(self, lane: Lane, matches: Callable[[End], bool]) -> tuple[int, ...]:
        return tuple(sorted(limit for (one, limit), end in self.ends.items() if one == lane and matches(end)))
