"""Runs: what they wait for, why they are incomplete, and when they ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import Body, page_body, step_body
from hypothesis import given
from hypothesis import strategies as st
from reaching import check_reachable
from thread_bodies import EVERY_RUN, run_body

from openai_steps import (
    Run,
    RunPage,
    StepPage,
    structure_page,
    structure_run,
    structure_step,
)
from openai_steps._words import duration
from openai_steps.console._rows import run_row
from openai_steps.timeline import build_timeline


def test_every_field_of_the_wire_can_be_reached() -> None:
    body = page_body(*EVERY_RUN, total=None)
    check_reachable(structure_page(body, RunPage), body)


@pytest.mark.parametrize("body", EVERY_RUN)
def test_what_is_documented_has_a_field(body: Body) -> None:
    assert structure_run(body).extra == {"config_values": None}


@given(st.sampled_from(["completed_at", "failed_at", "cancelled_at"]))
def test_a_run_ends_however_it_ends(name: str) -> None:
    run = structure_run(run_body(expires_at=1700000600, **{name: 1700000007.5}))
    assert run.finished_at == datetime(2023, 11, 14, 22, 13, 27, 500_000, UTC)
    assert run.duration == timedelta(seconds=7.5)


def test_an_expired_run_ended_when_it_expired_and_another_does_not() -> None:
    expired, going_on = (
        structure_run(run_body(status=status, expires_at=1700000600)) for status in ("expired", "in_progress")
    )
    assert expired.duration == timedelta(minutes=10)
    assert (going_on.finished_at, going_on.duration) == (None, None)


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        *[(status, True) for status in ("completed", "cancelled", "failed", "expired", "incomplete")],
        *[(status, False) for status in ("queued", "in_progress", "requires_action", "cancelling", "something_new")],
    ],
)
def test_a_run_is_finished(status: str, finished: bool) -> None:
    assert structure_run({"id": "run_1", "status": status, "created_at": 1700000000}).is_finished is finished


def test_an_empty_page_is_a_value() -> None:
    assert StepPage(data=()) == StepPage(data=(), has_more=None, first_id=None, last_id=None, object=None, extra={})


@given(
    st.sampled_from(["completed", "failed", "cancelled", "expired"]),
    st.integers(1, 90),
    st.integers(100, 900),
)
def test_picture_and_trace_end_when_the_run_does(status: str, last_step: int, end: int) -> None:
    pytest.importorskip("opentelemetry.trace", reason="needs opentelemetry-api")
    from openai_steps.otel._plan import Settings, plan_run

    began = 1_700_000_000
    at = "expires_at" if status == "expired" else f"{status}_at"
    run = structure_run({"id": "run_1", "status": status, "created_at": began, at: began + end})
    step = structure_step(step_body(run_id="run_1", created_at=began, completed_at=began + last_step))
    assert run.finished_at == build_timeline([step], run=run).end
    planned = plan_run(run, [step], settings=Settings())
    assert planned.end == (began + end) * 1_000_000_000


@given(st.integers(-(10**6), 10**6), st.sampled_from(["completed_at", "failed_at", "cancelled_at", "expires_at"]))
def test_all_that_show_how_long_a_run_took_show_the_same(seconds: int, name: str) -> None:
    """Clocks of servers disagree: what ends before it began took no time."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    status = {"expires_at": "expired"}.get(name, name.removesuffix("_at"))
    times: dict[str, Any] = {name: began + timedelta(seconds=seconds)}
    run = Run(id="run_1", created_at=began, status=status, **times)
    assert run.duration == timedelta(seconds=max(seconds, 0))
    assert run_row(run)["took"] == duration(run.duration)
    assert f"<td>{duration(run.duration)}</td>" in run._repr_html_()
