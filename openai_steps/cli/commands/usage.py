"""``openai-steps usage``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from openai_steps.cli._source import Source, source_options
from openai_steps.cli._steps_table import show_duration
from openai_steps.cli._terminal import excerpt, make_console

if TYPE_CHECKING:
    from openai_steps.timeline import Timeline, Tokens, Totals


@click.command("usage", short_help="Add up tokens and time, of a run or of many.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="json: one object, times in seconds.",
)
@source_options
def usage(form: str, source: Source) -> None:
    """Add up the tokens and the time of a run, or of each run of a file."""
    from openai_steps.timeline import build_timeline

    timelines = [build_timeline(found.steps, run=found.run) for found in source.read_runs()]
    if form == "json":
        click.echo(json.dumps({"runs": [_as_json(one) for one in timelines], "total": _sum_as_json(timelines)}))
    elif len(timelines) == 1:
        _print_run(timelines[0])
    else:
        _print_runs(timelines)


def _as_json(timeline: Timeline) -> dict[str, Any]:
    slowest = timeline.totals.slowest
    return {
        "thread_id": timeline.thread_id,
        "run_id": timeline.run_id,
        **_numbers([timeline.totals]),
        "slowest": slowest and {"step_id": slowest.step.id, "seconds": slowest.duration.total_seconds()},
    }


def _sum_as_json(timelines: Iterable[Timeline]) -> dict[str, Any]:
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
    from openai_steps.timeline import Tokens

    return sum((each.tokens for each in totals), Tokens())


def _print_run(timeline: Timeline) -> None:
    from rich.table import Table
    from rich.text import Text

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
        ("slowest", show_duration(slowest.duration if slowest else None), excerpt(slowest.label) if slowest else ""),
        ("tokens in", f"{tokens.prompt:,}", f"{tokens.cached:,} cached"),
        ("tokens out", f"{tokens.completion:,}", f"{tokens.reasoning:,} reasoning"),
        ("tokens", f"{tokens.total:,}", ""),
    ):
        facts.add_row(name, value, Text(note))
    console = make_console()
    console.print(Text(excerpt(timeline.run_id), style="bold"))
    console.print(facts)


_COLUMNS: Final = ("Steps", "Failed", "Time", "Tools", "In", "Out", "Tokens")


def _print_runs(timelines: list[Timeline]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", footer_style="bold", show_footer=True)
    table.add_column("Run", footer="all", overflow="ellipsis", no_wrap=True)
    for name, footer in zip(_COLUMNS, _row([timeline.totals for timeline in timelines]), strict=True):
        table.add_column(name, footer=footer, justify="right", no_wrap=True)
    for timeline in timelines:
        table.add_row(Text(excerpt(timeline.run_id)), *_row([timeline.totals]))
    make_console().print(table)


def _row(totals: list[Totals]) -> list[str]:
    tokens = _tokens(totals)
    failed = sum(len(each.failures) for each in totals)
    return [
        f"{sum(each.steps for each in totals):,}",
        f"{failed:,}" if failed else "",
        show_duration(_add(each.duration for each in totals)),
        show_duration(_add(each.tool_time for each in totals)),
        *(f"{number:,}" for number in (tokens.prompt, tokens.completion, tokens.total)),
    ]
