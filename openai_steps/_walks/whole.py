"""Whether one page is the whole list, where neither times nor cursors lead on. The last resort of a walk.

The page is compared as a set: the order of such a list may mean nothing. What is behind its last item is asked for, as
far as the cursors tell anything; and what ``has_more`` says, as far as it tells pages that end from those that do not.
Either alone would be believed too easily: some servers cap pages in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from openai_steps._walks.pages import FLIPPED, Lane, P, Page, Script, head
from openai_steps._walks.proofs import Proofs
from openai_steps._walks.stretch import ENOUGH_IN_ORDER, ONE_IN


def is_whole(proofs: Proofs[P], first: P, lane: Lane, *, full: bool) -> Script[P, bool]:
    """Tell whether a first page is the whole list.

    Args:
        proofs: Asks.
        first: The page.
        lane: How it was asked for, and how it would go on.
        full: Whether it is as long as was asked for.
    """
    ids, rising = _ids(first), lane.rising
    other, _ = yield from proofs.large_head(not rising)
    if _ids(other) != ids:
        return False
    smallest = (yield from proofs.ask(head(rising=rising, limit=1))) if len(ids) > 1 else None
    if smallest is not None and len(smallest.data) == len(ids):
        return True  # a server without any limit has sent all it has
    in_same_order = _sequence(other) == _sequence(first)
    if full or (proofs.trust.unsteady and not in_same_order and len(ids) < ENOUGH_IN_ORDER):
        return False  # two looks at some of a longer list may have shown the same few
    shown = None
    if in_same_order or not proofs.trust.unsteady:
        shown = yield from _cursors_show(proofs, first.data, other.data, lane)
    if shown is None and not proofs.trust.unsteady:
        shown = yield from _looks_show(proofs, first, other, lane)
    if shown is not None:
        return shown
    if smallest is None:
        return first.has_more is not True
    if smallest.has_more is not True or first.has_more is not False:
        return False
    # Of a page that is capped in silence some say that it is the last because it is shorter than was asked for.
    exact = yield from proofs.ask(head(rising=rising, limit=len(ids)))
    return exact.has_more is False and _ids(exact) == ids


def _looks_show(proofs: Proofs[P], first: P, other: P, lane: Lane) -> Script[P, bool | None]:
    """Tell the same of items of one time that are listed in another order each time; None if they are not.

    If the page were capped, each look would leave out others: one look in n + 1 would show the same n.
    """
    ids, listed, flipped = _ids(first), _sequence(first), _sequence(other)
    if len(ids) < 2 or first.data[0].created_at != first.data[-1].created_at:
        return None
    if not proofs.trust.ties_move and flipped in (listed, listed[::-1]):
        return None
    orders = {lane.rising: {listed}, not lane.rising: {flipped}}
    chance = len(ids) + 1
    for limit, rising in product(range(proofs.largest_limit - 1, len(ids), -1), orders):
        page = yield from proofs.ask_if_allowed(head(rising=rising, limit=limit))
        if page is None or _ids(page) != ids:
            return False
        orders[rising].add(_sequence(page))
        chance *= len(ids) + 1
        if chance >= ONE_IN:
            return True if any(len(seen) > 1 for seen in orders.values()) else None
    return None


def _cursors_show(
    proofs: Proofs[P], listed: Sequence[Any], flipped: Sequence[Any], lane: Lane
) -> Script[P, bool | None]:
    """Tell whether cursors show that there is nothing else; None if they tell nothing.

    Args:
        proofs: Asks.
        listed: The items, as the lane has them.
        flipped: The same, in the other order.
        lane: How to ask.
    """
    ids, last = {item.id for item in listed}, listed[-1].id
    ways = ((lane, listed), (Lane(FLIPPED[lane.order], lane.param), flipped))
    sides: list[set[str]] = []
    for way, _ in ways:
        page = yield from proofs.ask_if_allowed(way.query(last, proofs.largest_limit))
        sides.append(set() if page is None else _ids(page))
    if not sides[0] | sides[1] <= ids:
        return False
    if len(ids) <= 2 and not all(sides):
        return True
    # A server that compares ids, or times, has what the one page lacks on the other.
    if not sides[0] & sides[1] and sides[0] | sides[1] == ids - {last}:
        return True
    for way, items in ways:
        rest = [item.id for item in items[1:]]
        if (yield from _behind(proofs, way, items[-1].id)) == []:
            behind = yield from _behind(proofs, way, items[0].id)
            if behind and behind == rest:
                return True
            # A cursor may skip an item; if ids are compared, the skipped one's leads back to the first.
            if behind and behind == rest[1:] and (yield from _behind(proofs, way, rest[0])) == rest[2:]:
                return True
    if len(ids) > 1 and listed[0].created_at == listed[-1].created_at:
        return (yield from _ids_show(proofs, ids, lane))
    return None


def _ids_show(proofs: Proofs[P], ids: set[str], lane: Lane) -> Script[P, bool | None]:
    """Tell the same of items of one time, where what follows a cursor is all whose ids are greater, in both orders."""
    behind = yield from _behind(proofs, lane, min(ids))
    if behind is None or set(behind) != ids - {min(ids)}:
        return None
    ahead = yield from _behind(proofs, Lane(lane.order, "before"), min(ids))
    if not set(ahead or ()) <= ids:
        return False
    return True if (yield from _behind(proofs, lane, max(ids))) == [] else None


def _behind(proofs: Proofs[P], way: Lane, cursor: str) -> Script[P, list[str] | None]:
    """Return the ids behind a cursor, which the page may repeat; None if the server refuses the query."""
    page = yield from proofs.ask_if_allowed(way.query(cursor, proofs.largest_limit))
    return None if page is None else [item.id for item in page.data if item.id != cursor]


def _sequence(page: Page) -> tuple[str, ...]:
    return tuple(item.id for item in page.data)


def _ids(page: Page) -> set[str]:
    return {item.id for item in page.data}
