"""Timelines as values: where a moment lies."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timeline_steps import EPOCH, step

from openai_steps.timeline import Timeline, _html, build_timeline, to_html, to_svg

moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_every_moment_lies_between_the_ends(moment: datetime) -> None:
    timeline = build_timeline([step(1, 0, 4), step(2, 6, 10)])
    assert 0 <= timeline.place(moment) <= 1


def test_places_are_shares_of_the_time() -> None:
    timeline = build_timeline([step(1, 0, 4), step(2, 6, 10)])
    start = datetime.fromtimestamp(EPOCH, UTC)
    assert [timeline.place(start + timedelta(seconds=seconds)) for seconds in (0, 4, 10)] == [0, 0.4, 1]
    assert [gap.duration for gap in timeline.gaps] == [timedelta(seconds=2)]


@given(moments)
def test_a_timeline_of_no_time_has_one_place(moment: datetime) -> None:
    assert Timeline().place(moment) == 0
    assert build_timeline([step(1, 0, 0)]).place(moment) == 0


def test_what_failed_or_expired_is_a_failure() -> None:
    bars = build_timeline([step(n, n, n, status=s) for n, s in enumerate(["failed", "expired", "cancelled"])]).bars
    assert [bar.failed for bar in bars] == [True, True, False]


def test_a_notebook_shows_the_page_in_a_frame_and_else_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = build_timeline([step(1, 0, 4)])
    shown = timeline._repr_html_() or ""
    frame, _, page = shown.partition(' srcdoc="')
    assert 'sandbox="allow-scripts"' in frame
    assert unescape(page.removesuffix('"></iframe>')) == to_html(timeline)
    assert '"' not in page.removesuffix('"></iframe>')
    assert timeline._repr_svg_() == to_svg(timeline)
    assert repr(timeline).startswith("Timeline(1 bar, run_id='")
    _html._template.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert timeline._repr_html_() is None
