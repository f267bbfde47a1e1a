"""What walks ask for, and what they look at of the answers."""

from __future__ import annotations

import pytest
from laboratory import Item, ItemPage

from openai_steps import StepPage
from openai_steps._json.converter import structure
from openai_steps._walks.pages import Lane, PageQuery, is_cursor, is_sorted, size_of, times_of, with_data


def test_lanes_lead_towards_later_or_earlier_times() -> None:
    rising = {
        (lane.order, lane.param)
        for order in ("asc", "desc")
        for param in ("after", "before")
        if (lane := Lane(order, param)).rising
    }
    assert rising == {("asc", "after"), ("desc", "before")}
    assert Lane("desc", "before").query("x", 5) == PageQuery(limit=5, order="desc", before="x")
    assert Lane("asc", "after").along("abc") == "abc"
    assert Lane("asc", "before").along("abc") == "cba"


@pytest.mark.parametrize(
    ("item_id", "usable"),
    [
        ("step_1", True),
        ("é", True),
        ("x" * 1024, True),
        ("", False),
        (".", False),
        ("..", False),
        ("x" * 1025, False),
        ("\udc80", False),
    ],
)
def test_what_can_be_sent_as_a_cursor(item_id: str, usable: bool) -> None:
    assert is_cursor(item_id) is usable


def test_an_item_without_a_time_has_that_of_the_one_before() -> None:
    assert times_of([Item("a", None), Item("b", 1), Item("c", None), Item("d", 2)]) == [1, 1, 1, 2]
    assert times_of([Item("a", None)]) == [None]
    assert is_sorted([1, 1, 2], rising=True)
    assert is_sorted([2, 1, 1], rising=False)
    assert not is_sorted([1, 2, 1], rising=True)


def test_a_page_with_other_items_is_else_the_same() -> None:
    page = ItemPage((Item("a", 1), Item("b", 2)), has_more=True)
    assert with_data(page, page.data) is page
    assert with_data(page, page.data[::-1]).data == page.data[::-1]
    assert with_data(page, page.data[1:]) == ItemPage(page.data[1:], has_more=True)


def test_what_cannot_be_read_counts() -> None:
    assert size_of(structure({"data": [{"id": 7}], "has_more": False}, StepPage)) == 1
    assert size_of(ItemPage(())) == 0
