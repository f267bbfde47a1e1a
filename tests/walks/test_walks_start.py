"""The walk for a call's arguments."""

from __future__ import annotations

from typing import Any

import pytest
from walk_servers import full_trust

from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import check_walk, start_walk


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"order": "up"}, "order must be"),
        ({"after": ""}, "after must be an id"),
        ({"before": ".."}, "before must be an id"),
        ({"after": "x", "before": "x"}, "the same step"),
        ({"page_size": 101}, "page_size must be"),
        ({"max_steps": 0}, "max_steps must be"),
    ],
)
def test_arguments_that_make_no_walk_are_named(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_walk(**{"order": "asc", **arguments})


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ({}, PageQuery(limit=20, order="desc")),
        ({"max_steps": 5}, PageQuery(limit=5, order="desc")),
        ({"after": "a"}, PageQuery(limit=20, order="desc", after="a")),
        ({"before": "b"}, PageQuery(limit=20, order="desc", before="b")),
        ({"after": "a", "before": "b"}, PageQuery(limit=20, order="desc", after="a")),
    ],
)
def test_where_a_walk_begins_on_a_known_server(arguments: dict[str, Any], asked: PageQuery) -> None:
    walk = start_walk(order="desc", page_size=20, trust=full_trust(), **arguments)
    assert walk.query == asked
    assert walk.backward == (arguments.keys() == {"before"})
