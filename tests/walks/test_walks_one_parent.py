"""Pages of one list have the items of one parent."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen
from walk_servers import full_trust

from openai_steps import PaginationError
from openai_steps._walks.one_parent import OneParent
from openai_steps._walks.start import start_walk


@frozen
class Item:
    run_id: Any
    id: str = ""
    created_at: int = 0


@frozen
class ItemPage:
    data: tuple[Any, ...]
    has_more: bool | None = None


def page(*parents: Any) -> ItemPage:
    return ItemPage(tuple(map(Item, parents)))


def test_one_parent_is_fine_whatever_it_is_called() -> None:
    check = OneParent("run_id")
    for parents in [(), ("alias", "alias"), (None, "alias"), (None,), ("alias",)]:
        check(page(*parents))


@pytest.mark.parametrize("pages", [[("a", "b")], [("a",), ("b",)], [("a",), (None, "b")]])
def test_several_are_an_error_that_names_them(pages: list[tuple[Any, ...]]) -> None:
    check = OneParent("run_id")
    for parents in pages[:-1]:
        check(page(*parents))
    with pytest.raises(PaginationError, match="run_id is 'a' and 'b'"):
        check(page(*pages[-1]))


def run_of(number: int) -> str:
    return "run_other" if number == 150 else "run_alias"


def test_an_item_of_another_parent_is_an_error_behind_the_pages_before() -> None:
    listed = [Item(run_of(number), f"step_{number:04d}", number) for number in range(200)]
    walk = start_walk(order="asc", trust=full_trust(), check=OneParent("run_id"))
    (first,) = walk.feed(ItemPage(tuple(listed[:100]), has_more=True))
    assert len(first.data) == 100
    with pytest.raises(PaginationError, match="run_id is 'run_alias' and 'run_other'"):
        walk.feed(ItemPage(tuple(listed[99:199]), has_more=True))
    assert walk.resume_after == "step_0099"
