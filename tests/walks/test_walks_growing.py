"""Lists that grow by an item or two while they are read, as live runs do; ids do not rise."""

from __future__ import annotations

import random
from typing import Any

import pytest
from attrs import frozen
from walk_servers import Server, make_steps, read

from openai_steps import PaginationError, StepPage
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import HABITS, Dialect


def steps(count: int, seed: int) -> list[dict[str, Any]]:
    numbers = random.Random(seed).sample(range(10_000, 99_999), count)
    made = make_steps(list(range(count)))
    return [{**step, "id": f"step_{number}"} for step, number in zip(made, numbers, strict=True)]


@frozen
class Growing(Server):
    """Shows one more of its steps after each answer."""

    later: list[dict[str, Any]]

    def answer(self, query: PageQuery) -> StepPage:
        answer = super().answer(query)
        self.steps.extend(self.later[:1])
        del self.later[:1]
        return answer


def growing(seed: int, begin: int, end: int, dialect: Dialect | None = None) -> Growing:
    made = steps(end, seed)
    return Growing(made[:begin], "asc", dialect or Dialect(), [], made[begin:])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("more", [1, 2, 3])
@pytest.mark.parametrize("place", [None, 0, 2])
def test_what_a_new_client_meets_is_read(place: int | None, more: int, seed: int) -> None:
    asked = growing(seed, 4, 4 + more)
    listed = [step["id"] for step in (*asked.steps, *asked.later)]
    after = None if place is None else listed[place]
    met = read(start_walk(order="asc", after=after, trust=Trust(), known=after is not None), asked)
    begin = 0 if place is None else place + 1
    assert met == listed[begin : begin + len(met)]
    assert begin + len(met) >= 4


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("habit", ["after_by_id", "after_by_id_one_way", "after_later_only"])
def test_where_cursors_compare_ids_nothing_is_left_out(habit: str, seed: int) -> None:
    asked = growing(seed, 4, 7, HABITS[habit])
    listed = [step["id"] for step in (*asked.steps, *asked.later)]
    try:
        met = read(start_walk(order="asc", after=listed[0], trust=Trust()), asked)
    except PaginationError:
        return
    assert met == listed[1 : 1 + len(met)]
    assert len(met) >= 3
