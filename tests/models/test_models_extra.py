"""The empty ``extra`` that models share: it stays empty, and is itself wherever it is copied to."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from openai_steps import Misfit, UnreadableStep
from openai_steps._models.extra import NO_EXTRA

CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "set": lambda extra: extra.__setitem__("a", 1),
    "delete": lambda extra: extra.__delitem__("a"),
    "merge": lambda extra: extra.__ior__({"a": 1}),
    "update": lambda extra: extra.update(a=1),
    "setdefault": lambda extra: extra.setdefault("a", 1),
    "pop": lambda extra: extra.pop("a", None),
    "popitem": lambda extra: extra.popitem(),
    "clear": lambda extra: extra.clear(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_refuses_every_change(change: str) -> None:
    with pytest.raises(TypeError, match=r"attrs\.evolve"):
        CHANGES[change](NO_EXTRA)
    assert NO_EXTRA == {}


def test_every_copy_is_itself() -> None:
    assert copy.copy(NO_EXTRA) is copy.deepcopy(NO_EXTRA) is pickle.loads(pickle.dumps(NO_EXTRA)) is NO_EXTRA


def test_what_is_made_of_it_can_be_filled() -> None:
    assert {**NO_EXTRA, "a": 1} == NO_EXTRA | {"a": 1} == {"a": 1}


@pytest.mark.parametrize(
    ("data", "its_id"),
    [({"id": "step_1"}, "step_1"), ({"id": 5}, None), ({"id": None}, None), ({}, None), (["id"], None), ("id", None)],
)
def test_an_unreadable_item_has_the_id_that_is_text(data: Any, its_id: str | None) -> None:
    assert UnreadableStep(data, Misfit("$", "an object")).id == its_id


def test_unreadable_items_are_told_apart_by_their_content_alone() -> None:
    """Not by where they came, nor by the server's spelling; equal ones have equal hashes."""
    misfit = Misfit("$.id", "text")
    here, there = UnreadableStep({"a": 1}, misfit, index=1, raw=b"{}"), UnreadableStep({"a": 1}, misfit, index=2)
    assert (here, hash(here)) == (there, hash(there))
    assert here != UnreadableStep({"a": 2}, misfit)
