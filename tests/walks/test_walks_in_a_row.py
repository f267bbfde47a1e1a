"""Walks of one client, one after the other: what it has learned from lists of every kind makes no later walk wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laboratory import SERVERS, Cell, run

from openai_steps._walks.trust import Trust
from openai_steps.emulator import Dialect

UNSTEADY = {"order_unsteady"}
"""Servers that change their habits, on which a warm client may be wrong."""

walks = st.fixed_dictionaries(
    {
        "page_size": st.sampled_from([1, 2, 7, 20, 100]),
        "count": st.sampled_from([1, 2, 5, 8, 19, 20, 21, 40, 99, 100, 101, 130, 200, 201, 250]),
        "ids": st.sampled_from(["rising", "random", "falling", "two kinds"]),
        "ties": st.sampled_from([1, 2, 3, 5, 17, 30, 0]),
        "order": st.sampled_from(["asc", "desc"]),
        "cursors": st.sampled_from(["none", "after", "before", "both"]),
        "places": st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda places: tuple(sorted(places))),
        "verified": st.booleans(),
        "max_steps": st.sampled_from([None, None, 1, 2, 21, 100, 130]),
    }
)


@given(st.sampled_from(sorted(SERVERS.keys() - UNSTEADY)), st.lists(walks, min_size=1, max_size=6))
def test_no_walk_is_wrong(server: str, arguments: list[dict[str, Any]]) -> None:
    trust = Trust()
    for one in arguments:
        cell = Cell(server=server, **one)
        after, before = cell.given(cell.serve().items)
        if cell.cursors != "both" or after != before:
            outcome, _ = run(cell, trust)
            assert outcome != "wrong", cell
            assert outcome == "exact" or not cell.readable(), cell


IN_TURN = {"ids": "random", "ties": 3, "page_size": 20, "order": "asc", "cursors": "none"}

FOUND: dict[str, tuple[Dialect, list[dict[str, Any]]]] = {
    "pages of 1, where the server allows 3, skip every second step": (
        Dialect(after="off_by_one", ties="same_order", has_more="absent", max_limit=3, default_limit=3),
        [{"count": 4, "ids": "two kinds", "ties": 2, "page_size": 1, "order": "desc", "cursors": "after"}],
    ),
    "pages of 1, where the server allows 3, skip the rest of a second": (
        Dialect(after="later_only", ties="same_order", has_more="absent", max_limit=3, default_limit=3),
        [{"count": 20, "page_size": 1, "order": "desc"}],
    ),
    "pages of 1, where the server allows 3 and compares ids": (
        Dialect(after="by_id", before="by_id", has_more="inverted", max_limit=3, default_limit=3),
        [{"count": 4, "ids": "two kinds", "ties": 1, "page_size": 1, "order": "desc", "cursors": "before"}],
    ),
    "the neighbour of a cursor is asked for in the other order, and comes in this one": (
        Dialect(order="stored", after="by_id", ties="same_order", max_limit=20, limit_over="accepted"),
        [
            {"count": 101, "ids": "rising"},
            {"count": 8, "ids": "falling", "ties": 1, "page_size": 50, "cursors": "both"},
        ],
    ),
    "ids that compare otherwise look like one that is skipped": (
        Dialect(order="ignored", after="wrong_side", has_more="full_page_as_asked", max_limit=3, limit_over="capped"),
        [
            {"count": 130, "ids": "falling", "ties": 17, "page_size": 50, "order": "desc", "cursors": "both"},
            {"count": 4, "ties": 0, "page_size": 10},
        ],
    ),
    "a page ends within a second whose steps are in another order now": (
        Dialect(ties="unstable", max_limit=7, default_limit=7),
        [{"count": 20, "ids": "rising", "ties": 17, "page_size": 3}],
    ),
    "has_more is wrong at 7 only, the most that the server allows": (
        Dialect(before="window", ties="unstable", has_more="unlike_default", max_limit=7, default_limit=7),
        [{"count": 40, "ties": 17, "page_size": 1}],
    ),
    "all of a second comes again from where it began": (
        Dialect(ties="unstable", has_more="false_at_default_limit", default_limit=10, limit_over="accepted"),
        [
            {"count": 130, "ids": "rising", "page_size": 1, "order": "desc", "cursors": "before"},
            {"count": 4, "ids": "rising", "page_size": 3, "order": "desc", "cursors": "after"},
            {"count": 101, "ids": "falling", "ties": 0, "page_size": 1, "order": "desc"},
        ],
    ),
    "a cursor leaves out the rest of its second": (
        Dialect(after="later_only", before="ignored", has_more="absent", max_limit=50, limit_over="capped"),
        [
            {"count": 201, "ties": 1, "page_size": 7, "cursors": "before"},
            {"count": 40, "ties": 17, "page_size": 50, "order": "desc", "cursors": "both"},
        ],
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dialect, cells = FOUND[name]
    monkeypatch.setitem(SERVERS, "found", dialect)
    trust = Trust()
    for cell in cells:
        assert run(Cell(**{"server": "found", **IN_TURN, **cell}), trust)[0] != "wrong"
