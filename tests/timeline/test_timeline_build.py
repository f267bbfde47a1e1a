"""Steps to a timeline: bars, gaps and totals."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import recorded
from hypothesis import given
from hypothesis import strategies as st
from timeline_steps import EPOCH, code, function, step, three_steps, usage

from openai_steps import Run, RunStep, Tokens, structure_page
from openai_steps.timeline import Block, Timeline, build_timeline


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(EPOCH + seconds, UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def run(**fields: Any) -> Run:
    return Run(**{"id": "run_1", "thread_id": "thread_1", "status": "completed", "created_at": at(0), **fields})


def test_bars_tell_when_and_what() -> None:
    first, second, third = build_timeline(three_steps()).bars
    assert (first.start, first.end, first.kind, first.status) == (at(0), at(4), "tools", "completed")
    assert first.label == "get_weather, code_interpreter, file_search"
    assert first.tokens == Tokens(prompt=100, completion=20, total=120)
    assert (second.kind, second.label, second.blocks) == ("message", "Message", (Block(title="Message", text="msg_2"),))
    assert (third.status, third.end, third.failed) == ("failed", at(10), True)
    assert third.blocks == (Block(title="Error", text="server_error: The oven is cold."),)


def test_totals() -> None:
    totals = build_timeline(three_steps()).totals
    assert (totals.steps, totals.duration) == (3, seconds(10))
    assert totals.tokens == Tokens(prompt=300, completion=50, total=350)
    assert (totals.tool_time, totals.message_time, totals.waiting_time) == (seconds(7), seconds(1), seconds(2))
    assert totals.slowest is not None
    assert totals.slowest.step.id == "step_001"
    assert [bar.step.id for bar in totals.failures] == ["step_003"]


def test_tools_at_the_same_time_count_once() -> None:
    totals = build_timeline([step(1, 0, 4, function()), step(2, 2, 6, code())]).totals
    assert totals.tool_time == seconds(6)


def test_every_kind_of_tokens_is_read() -> None:
    of_openai = usage(
        5, 3, prompt_token_details={"cached_tokens": 2}, completion_tokens_details={"reasoning_tokens": 1}
    )
    of_dashscope = {"input_tokens": 7, "output_tokens": 4}
    totals = build_timeline([step(1, 0, 1, usage=of_openai), step(2, 1, 2, usage=of_dashscope)]).totals
    assert totals.tokens == Tokens(prompt=12, completion=7, total=19, cached=2, reasoning=1)


def test_waiting_for_the_first_step_shows_with_the_run() -> None:
    timeline = build_timeline([step(1, 3, 5)], run=run(created_at=at(0), completed_at=at(6)))
    assert [(gap.start, gap.end) for gap in timeline.gaps] == [(at(0), at(3)), (at(5), at(6))]
    assert (timeline.status, timeline.totals.waiting_time) == ("completed", seconds(4))


def test_a_step_that_goes_on_is_drawn_up_to_now() -> None:
    going_on = [step(1, 0, 5), step(2, 2, None)]
    assert build_timeline(going_on).bars[1].end == at(5)
    assert build_timeline(going_on, until=at(9)).bars[1].end == at(9)
    assert build_timeline(going_on, until=at(-9)).bars[1].end == at(2)


def test_a_clock_that_goes_backwards_makes_no_negative_time() -> None:
    (bar,) = build_timeline([step(1, 5, 3)]).bars
    assert bar.duration == seconds(0)


def test_a_finished_step_without_a_time_is_a_moment() -> None:
    untimed, _ = build_timeline([step(1, 0, None, status="completed"), step(2, 8, 9)]).bars
    assert untimed.end == at(0)


def test_of_a_step_given_twice_the_last_counts() -> None:
    (bar,) = build_timeline([step(1, 0, None), step(1, 0, 2)]).bars
    assert bar.status == "completed"


@pytest.mark.parametrize("status", ["queued", "completed"])
def test_no_steps(status: str) -> None:
    assert build_timeline([]) == Timeline()
    timeline = build_timeline([], run=run(status=status))
    assert (timeline.run_id, timeline.status, timeline.bars) == ("run_1", status, ())


def test_steps_of_two_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="2 runs"):
        build_timeline([step(1, 0, 1), step(2, 0, 1, run_id="run_2")])
    with pytest.raises(ValueError, match="'run_1', not of the run 'run_2'"):
        build_timeline([step(1, 0, 1)], run=run(id="run_2"))


times = st.tuples(st.integers(0, 500), st.none() | st.integers(0, 500))


@given(st.lists(times, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_time_adds_up(spans: list[tuple[int, int | None]], shuffle: random.Random) -> None:
    steps = [step(number, start, end) for number, (start, end) in enumerate(spans)]
    timeline = build_timeline(steps)
    totals = timeline.totals
    assert timeline.start is not None
    assert timeline.end is not None
    assert totals.waiting_time + totals.message_time == totals.duration == timeline.end - timeline.start
    for bar in timeline.bars:
        assert timeline.start <= bar.start <= bar.end <= timeline.end
        assert 0 <= timeline.place(bar.start) <= timeline.place(bar.end) <= 1
    for gap in timeline.gaps:
        assert not any(bar.start < gap.end and gap.start < bar.end for bar in timeline.bars)
    mixed = list(steps)
    shuffle.shuffle(mixed)
    assert build_timeline(mixed).totals.duration == totals.duration


def recorded_steps() -> list[RunStep]:
    return [one for _, body in recorded("list") for one in structure_page(body).data]


@pytest.mark.parametrize("one", recorded_steps(), ids=lambda one: one.id)
def test_recorded_steps_can_be_drawn(one: RunStep) -> None:
    (bar,) = build_timeline([one]).bars
    assert bar.label
    assert len(bar.tool_calls) == len(one.tool_calls)
    assert all(call.blocks for call in bar.tool_calls)
