"""The pages that are cut from a whole run are those of the emulator, which shares no code with them."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_steps import make_step

from openai_steps import Order, structure_step
from openai_steps.emulator import Dialect, Query, Refusal, list_steps
from openai_steps.gateway._contract import WholeRun, whole_run
from openai_steps.gateway._rejection import Rejection
from openai_steps.gateway._target import STEPS, Target


@st.composite
def runs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Steps whose times tie and whose ids do not rise."""
    ids = draw(st.lists(st.text("abcxyz_0", min_size=1, max_size=4), unique=True, max_size=12))
    seconds = sorted(draw(st.lists(st.integers(0, 4), min_size=len(ids), max_size=len(ids))))
    return [make_step(0, id=step_id, created_at=1_700_000_000 + at) for step_id, at in zip(ids, seconds, strict=True)]


def target(**query: Any) -> Target:
    return Target(route=STEPS, ids={}, **query)


def of(steps: list[dict[str, Any]]) -> WholeRun:
    return whole_run(structure_step(step) for step in steps)


@given(
    runs(),
    st.none() | st.integers(1, 100) | st.integers(1, 4),
    st.sampled_from(["asc", "desc", None]),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 12),
)
def test_every_page_is_the_contracts(
    steps: list[dict[str, Any]], limit: int | None, order: str | None, after: int | None, before: int | None
) -> None:
    ids = [*(step["id"] for step in steps), "no_such_step"]
    cursors: dict[str, Any] = {
        name: None if place is None else ids[place % len(ids)] for name, place in (("after", after), ("before", before))
    }
    asked = target(limit=limit, order=order, **cursors)
    try:
        expected = list_steps(steps, Query(limit=limit, order=cast("Order", order or "desc"), **cursors), Dialect())
    except Refusal:
        with pytest.raises(Rejection, match="No run step found"):
            of(steps).page(asked)
    else:
        page = json.loads(of(steps).page(asked))
        assert [step["id"] for step in page["data"]] == [step["id"] for step in expected["data"]]
        assert {**page, "data": []} == {**expected, "data": []}


def test_a_step_is_whole_and_in_the_shape_of_the_wire() -> None:
    step = make_step(1, more={"of": ["it", 12345678901234567890]})
    (sent,) = json.loads(of([step]).page(target()))["data"]
    assert sent == step


def test_equal_runs_give_equal_bytes() -> None:
    steps = [make_step(number) for number in range(5)]
    assert of(steps).page(target()) == of(steps[::-1]).page(target())


def test_a_secret_in_a_step_is_masked() -> None:
    step = make_step(1, metadata={"echo": 'sk-"secret'})
    run = whole_run([structure_step(step)], secrets=('sk-"secret',))
    assert json.loads(run.page(target()))["data"][0]["metadata"] == {"echo": "***"}


def test_a_cursor_of_no_step_is_named() -> None:
    with pytest.raises(Rejection, match="No run step found with id 'x'") as caught:
        of([make_step(1)]).page(target(before="x"))
    assert (caught.value.status, caught.value.param) == (404, "before")
