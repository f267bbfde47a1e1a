"""Walks of one client, one after the other: what it has learned from lists of every kind makes no later walk wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from laboratory import SERVERS, Cell, run

from openai_steps._walks.trust import Trust

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
