"""The axis of time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from openai_steps.timeline._axis import tick_step, ticks


@given(st.floats(0.001, 1e9), st.integers(2, 12))
def test_an_axis_has_few_marks_and_all_are_on_it(seconds: float, at_most: int) -> None:
    total = timedelta(seconds=seconds)
    marks = ticks(total, at_most=at_most)
    assert 1 <= len(marks) <= at_most + 1
    assert marks[0].place == 0
    assert all(0 <= mark.place <= 1.000001 for mark in marks)
    assert tick_step(total, at_most=at_most) > 0
