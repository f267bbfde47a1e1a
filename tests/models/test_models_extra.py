"""The empty ``extra`` that models share: it stays empty, and is itself wherever it is copied to."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

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
