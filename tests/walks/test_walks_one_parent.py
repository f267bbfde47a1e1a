"""Pages of one list have the items of one parent."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from openai_steps import PaginationError
from openai_steps._walks.one_parent import OneParent


@frozen
class Item:
    run_id: Any
    id: str
    created_at: int = 0


@frozen
class ItemPage:
    data: tuple[Any, ...]
    has_more: bool | None = None


def page(*parents: Any) -> ItemPage:
    return ItemPage(tuple(Item(parent, f"item_{number}") for number, parent in enumerate(parents)))


def test_one_parent_is_fine_whatever_it_is_called() -> None:
    check = OneParent(aliases=True, run_id="run_1")
    for parents in [(), ("alias", "alias"), (None, "alias"), (None,), ("alias",)]:
        check(page(*parents))


@pytest.mark.parametrize("pages", [[("a", "b")], [("a",), ("b",)], [("a",), (None, "b")]])
def test_several_are_an_error_that_names_them(pages: list[tuple[Any, ...]]) -> None:
    check = OneParent(aliases=True, run_id="run_1")
    for parents in pages[:-1]:
        check(page(*parents))
    with pytest.raises(PaginationError, match="run_id is 'a' and 'b'"):
        check(page(*pages[-1]))


def test_without_aliases_it_is_the_one_that_was_asked_for() -> None:
    check = OneParent(run_id="run_1")
    for parents in [(), (None,), ("",), ("run_1", None)]:
        check(page(*parents))
    with pytest.raises(PaginationError, match="ignores run_id: asked for a list of 'run_1', it sent 'item_1' of 'b'"):
        check(page("run_1", "b"))
