"""The ids that a walk has met: as a set would have it, in little memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from openai_steps._walks import seen
from openai_steps._walks.seen import Seen


@given(st.lists(st.lists(st.text(max_size=3), max_size=5), max_size=30), st.integers(0, 10))
def test_it_is_a_set_that_takes_all_or_nothing(batches: list[list[str]], small: int) -> None:
    known: set[str] = set()
    ids = Seen(as_text=small)
    for batch in batches:
        fresh = len(set(batch)) == len(batch) and known.isdisjoint(batch)
        assert ids.add_all(batch) == fresh
        if fresh:
            known.update(batch)
        assert all((item_id in ids) == (item_id in known) for item_id in [*batch, "no", "such"])


def test_many_ids_take_little_memory() -> None:
    count = 200_000
    tracemalloc.start()
    try:
        ids = Seen()
        for first in range(0, count, 100):
            assert ids.add_all([f"step_{number:024d}" for number in range(first, first + 100)])
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 33 * count
    assert f"step_{count - 1:024d}" in ids
    assert f"step_{count:024d}" not in ids


def test_ids_move_when_they_are_many() -> None:
    ids = Seen()
    assert ids.add_all([str(number) for number in range(seen.AS_TEXT + 1)])
    assert not ids.add_all(["0"])
    assert ids.add_all(["another"])
