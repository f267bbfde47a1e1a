"""A timeline as one HTML page that needs nothing else. Jinja2 is imported when it is used."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from attrs import frozen

from openai_steps import _words
from openai_steps._extras import needing
from openai_steps.timeline._axis import tick_step, ticks
from openai_steps.timeline._palette import css_variables, status_tone, tone
from openai_steps.timeline._pictures import as_urls
from openai_steps.timeline._rows import in_and_out, rows
from openai_steps.timeline._values import Timeline

if TYPE_CHECKING:
    from jinja2 import Template

_OVERVIEW_FROM: Final = 13  # steps: more than fit on a screen


def to_html(timeline: Timeline, *, title: str | None = None, images: Mapping[str, bytes] | None = None) -> str:
    """Draw a timeline as one HTML page.

    Args:
        timeline: The timeline.
        title: The page's title. Default: the run's id.
        images: The content of the files that `Timeline.images` names, as far as you have fetched it, by their ids.
            PNG, JPEG, GIF and WebP of up to 8 MiB are shown; for any other, the file's id.

    Returns:
        The text of an HTML file, to be written as UTF-8. It loads nothing, and its policy forbids it to; style, script
        and pictures are in it. Texts are cut after 20,000 characters.

    Raises:
        ModuleNotFoundError: If Jinja2 is not installed; it comes with the extra ``timeline``.
    """
    script, pictures = _asset("page.js"), as_urls(images or {})
    return _template().render(
        title=_words.shorten(title or timeline.run_id or "A run", 120),
        timeline=timeline,
        facts=_facts(timeline),
        rows=rows(timeline, pictures),
        pictures=bool(pictures),
        legend=_legend(timeline),
        choices=_choices(timeline),
        failures=bool(timeline.totals.failures),
        ticks=ticks(timeline.totals.duration, at_most=6),
        tick_share=_tick_share(timeline.totals.duration),
        overview=len(timeline.bars) >= _OVERVIEW_FROM,
        status_tone=status_tone(timeline.status),
        light=css_variables("light"),
        dark=css_variables("dark"),
        style=_asset("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


@frozen(kw_only=True)
class _Fact:
    """A number at the head of the page."""

    name: str
    value: str
    note: str = ""
    target: str = ""


def _facts(timeline: Timeline) -> list[_Fact]:
    totals, tokens = timeline.totals, timeline.totals.tokens
    numbers = {id(bar): number for number, bar in enumerate(timeline.bars, start=1)}
    facts = [
        _Fact(name="Steps", value=f"{totals.steps:,}"),
        _Fact(name="Time", value=_words.duration(totals.duration), note=_part(totals.waiting_time, "waiting")),
        _Fact(name="In tools", value=_words.duration(totals.tool_time), note=_share(totals.tool_time, totals.duration)),
        _Fact(name="Tokens", value=f"{tokens.total or 0:,}", note=in_and_out(tokens)),
    ]
    if totals.slowest is not None:
        facts.append(
            _Fact(
                name="Slowest",
                value=_words.duration(totals.slowest.duration),
                note=_words.shorten(totals.slowest.label, 28),
                target=f"step-{numbers[id(totals.slowest)]}",
            )
        )
    if totals.failures:
        first = totals.failures[0]
        facts.append(
            _Fact(
                name="Failed",
                value=f"{len(totals.failures):,}",
                note=_words.shorten(first.label, 28),
                target=f"step-{numbers[id(first)]}",
            )
        )
    return facts


_LEGEND: Final[Mapping[str, str]] = {
    "message": "wrote a message",
    "tools": "called tools",
    "other": "something else",
    "live": "still going on",
    "failed": "failed",
    "stopped": "was stopped",
}


def _legend(timeline: Timeline) -> list[tuple[str, str]]:
    """Return the colours of the page, and their meaning."""
    tones = {tone(bar) for bar in timeline.bars}
    return [(name, meaning) for name, meaning in _LEGEND.items() if name in tones]


def _choices(timeline: Timeline) -> list[tuple[str, str, list[str]]]:
    """Return the filters for steps: the name and the label of each, and its values."""
    statuses = sorted({_words.line(bar.status).replace("_", " ") for bar in timeline.bars})
    tools = sorted({_words.line(call.name).replace(" ", "_") for bar in timeline.bars for call in bar.tool_calls})
    kinds: list[str] = sorted({bar.kind for bar in timeline.bars})
    choices = [("kind", "kinds", kinds), ("status", "statuses", statuses), ("tool", "tools", tools)]
    return [choice for choice in choices if len(choice[2]) > 1]


def _part(time: timedelta, noun: str) -> str:
    return f"{_words.duration(time)} {noun}" if time else ""


def _share(part: timedelta, whole: timedelta) -> str:
    return f"{part / whole:.0%} of the time" if whole else ""


def _tick_share(total: timedelta) -> float:
    seconds = total.total_seconds()
    return round(100 * tick_step(total, at_most=6) / seconds, 4) if seconds else 100.0


@cache
def _asset(name: str) -> str:
    return files("openai_steps.timeline").joinpath("page", name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    with needing("jinja2", "openai-steps[timeline]", what="An HTML page"):
        from jinja2 import Environment, StrictUndefined
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["line"] = lambda text: _words.shorten(text, 200)
    return environment.from_string(_asset("page.html"))
