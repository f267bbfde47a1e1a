"""Sums of tokens and time: lines for one run, a table for many, JSON for any."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import attrs
from rich.table import Table
from rich.text import Text

from openai_steps import _words
from openai_steps._models.tokens import Tokens
from openai_steps.cli._console import make_console
from openai_steps.cli._steps_table import show_duration
from openai_steps.cli._terminal import safe, safe_line
from openai_steps.timeline import Timeline, Totals


def as_json(timeline: Timeline) -> dict[str, Any]:
    """Return the sums of a run as JSON, times in seconds."""
    slowest = timeline.totals.slowest
    return {
        "thread_id": timeline.thread_id,
        "run_id": timeline.run_id,
        **_numbers([timeline.totals]),
        "slowest": slowest and {"step_id": slowest.step.id, "seconds": slowest.duration.total_seconds()},
    }


def sum_as_json(timelines: Iterable[Timeline]) -> dict[str, Any]:
    """Return the sums of all runs as JSON, times in seconds."""
    return _numbers([timeline.totals for timeline in timelines])


def _numbers(totals: list[Totals]) -> dict[str, Any]:
    return {
        "steps": sum(each.steps for each in totals),
        "failed_steps": sum(len(each.failures) for each in totals),
        "seconds": _add(each.duration for each in totals).total_seconds(),
        "tool_seconds": _add(each.tool_time for each in totals).total_seconds(),
        "message_seconds": _add(each.message_time for each in totals).total_seconds(),
        "waiting_seconds": _add(each.waiting_time for each in totals).total_seconds(),
        "tokens": attrs.asdict(_tokens(totals)),
    }


def _add(times: Iterable[timedelta]) -> timedelta:
    return sum(times, timedelta())


def _tokens(totals: Iterable[Totals]) -> Tokens:
    return sum((each.tokens for each in totals), Tokens())


def print_run(timeline: Timeline) -> None:
    """Print the sums of one run, one line each."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim")
    facts.add_column(justify="right")
    facts.add_column(style="dim")
    totals, tokens = timeline.totals, timeline.totals.tokens
    slowest = totals.slowest
    failed = f"{len(totals.failures):,} failed" if totals.failures else ""
    for name, value, note in (
        ("steps", f"{totals.steps:,}", failed),
        ("time", show_duration(totals.duration), f"{show_duration(totals.waiting_time)} waiting"),
        ("in tools", show_duration(totals.tool_time), ""),
        ("slowest", show_duration(slowest.duration if slowest else None), safe_line(slowest.label) if slowest else ""),
        ("tokens in", _words.number(tokens.prompt), f"{tokens.cached:,} cached" if tokens.cached else ""),
        (
            "tokens out",
            _words.number(tokens.completion),
            f"{tokens.reasoning:,} reasoning" if tokens.reasoning else "",
        ),
        ("tokens", _words.number(tokens.total), ""),
    ):
        facts.add_row(name, value, Text(note))
    console = make_console()
    console.print(Text(safe(timeline.run_id), style="bold"))
    console.print(facts)


_COLUMNS: Final = ("Steps", "Failed", "Time", "Tools", "In", "Out", "Tokens")


def print_runs(timelines: list[Timeline]) -> None:
    """Print the sums of many runs, one row each, and those of all below."""
    table = Table(box=None, pad_edge=False, header_style="bold", footer_style="bold", show_footer=True)
    table.add_column("Run", footer="all", overflow="fold")  # an id is never cut
    for name, footer in zip(_COLUMNS, _row([timeline.totals for timeline in timelines]), strict=True):
        table.add_column(name, footer=footer, justify="right", no_wrap=True)
    for timeline in timelines:
        table.add_row(Text(safe(timeline.run_id)), *_row([timeline.totals]))
    make_console().print(table)


def _row(totals: list[Totals]) -> list[str]:
    tokens = _tokens(totals)
    failed = sum(len(each.failures) for each in totals)
    return [
        f"{sum(each.steps for each in totals):,}",
        f"{failed:,}" if failed else "",
        show_duration(_add(each.duration for each in totals)),
        show_duration(_add(each.tool_time for each in totals)),
        *map(_words.number, (tokens.prompt, tokens.completion, tokens.total)),
    ]
