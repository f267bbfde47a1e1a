"""The words of a timeline: its totals in one line, and what a pointer is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from timeline_steps import code, function, step, three_steps, usage

from openai_steps._words import UNSAFE
from openai_steps.timeline import build_timeline
from openai_steps.timeline._captions import hint, summary


def test_totals_in_one_line() -> None:
    assert summary(build_timeline(three_steps())) == (
        "3 steps · 10s · 7s in tools · 2s waiting · 350 tokens · 1 failed"
    )


def test_what_is_nothing_is_left_out() -> None:
    assert summary(build_timeline([step(1, 0, 2)])) == "1 step · 2s"
    assert summary(build_timeline([])) == "No steps."


def test_a_hint_says_what_how_and_how_long() -> None:
    (bar,) = build_timeline([step(1, 0, 4, function(), code(), usage=usage(1, 0))]).bars
    assert hint(bar) == "get_weather, code_interpreter: completed, 4s, 1 token"


@given(st.text(), st.text(min_size=1))
def test_remote_words_are_made_safe(status: str, name: str) -> None:
    timeline = build_timeline([step(1, 0, 4, function(name), status=status)])
    assert not UNSAFE.search(summary(timeline) + hint(timeline.bars[0]))
