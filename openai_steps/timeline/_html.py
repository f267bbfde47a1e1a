"""A timeline as one HTML page that needs nothing else. Jinja2 is imported when it is used."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from openai_steps import _words
from openai_steps._extras import needing
from openai_steps._models.tokens import Tokens
from openai_steps.timeline._axis import tick_step, ticks
from openai_steps.timeline._captions import hint
from openai_steps.timeline._palette import css_variables, mark, status_tone, tone
from openai_steps.timeline._values import Bar, Block, Gap, Timeline, ToolUse

if TYPE_CHECKING:
    from jinja2 import Template

_LONGEST_TEXT: Final = 20_000  # characters of one block; a page of 500 steps stays a page
_SHOWN_GAP: Final = 0.04  # the part of the whole from which waiting has a row of its own
_OVERVIEW_FROM: Final = 13  # steps: more than a screen shows at once


def to_html(timeline: Timeline, *, title: str | None = None) -> str:
    """Draw a timeline as one HTML page.

    Args:
        timeline: What to draw.
        title: The page's title. Default: the run's id.

    Returns:
        The text of an HTML file, to be written as UTF-8. It loads nothing, and forbids itself to; style and script
        are in it. Of a text longer than 20,000 characters it holds the beginning.

    Raises:
        ModuleNotFoundError: If Jinja2 is not installed; it comes with the extra ``timeline``.
    """
    script = _asset("page.js")
    return _template().render(
        title=_words.shorten(title or timeline.run_id or "A run", 120),
        timeline=timeline,
        facts=_facts(timeline),
        rows=_rows(timeline),
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


@frozen(kw_only=True)
class _Row:
    """A bar, or a gap, with all that the page says of it in words."""

    number: int = 0
    label: str = ""
    hint: str = ""
    kind: str = ""
    tone: str = ""
    mark: str = ""
    status: str = ""
    left: float = 0.0
    width: float = 0.0
    duration: str = ""
    began: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    tool_calls: tuple[ToolUse, ...] = ()


def _rows(timeline: Timeline) -> list[_Row]:
    """Return bars and the longer gaps, in order of time."""
    shown = [gap for gap in timeline.gaps if gap.duration >= timeline.totals.duration * _SHOWN_GAP]
    parts: list[tuple[datetime, int, Bar | Gap]] = [(gap.end, 0, gap) for gap in shown]
    parts += [(bar.start, number, bar) for number, bar in enumerate(timeline.bars, start=1)]
    parts.sort(key=lambda part: part[:2])
    return [_row(timeline, part, number) for _, number, part in parts]


def _row(timeline: Timeline, part: Bar | Gap, number: int) -> _Row:
    left, right = 100 * timeline.place(part.start), 100 * timeline.place(part.end)
    row = _Row(left=round(left, 3), width=round(right - left, 3), duration=_words.duration(part.duration))
    if isinstance(part, Gap):
        return row
    return evolve(
        row,
        number=number,
        label=_words.shorten(part.label, 200),
        hint=hint(part),
        kind=part.kind,
        tone=tone(part),
        mark=mark(part),
        status=_words.line(part.status).replace("_", " "),
        began=_offset(timeline, part),
        facts=tuple(_step_facts(timeline, part)),
        blocks=part.blocks,
        tool_calls=part.tool_calls,
    )


def _offset(timeline: Timeline, bar: Bar) -> str:
    assert timeline.start is not None
    return _words.duration(bar.start - timeline.start)


def _step_facts(timeline: Timeline, bar: Bar) -> list[tuple[str, str]]:
    tokens = bar.tokens
    facts = [
        ("Status", _words.line(bar.status).replace("_", " ")),
        ("Began", f"{bar.start.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {_offset(timeline, bar)} in"),
        ("Took", _words.duration(bar.duration)),
        ("Tokens", _in_and_out(tokens) if tokens.total else ""),
        ("Step", _words.line(bar.step.id)),
    ]
    return [(name, value) for name, value in facts if value]


def _in_and_out(tokens: Tokens) -> str:
    cached = f" ({tokens.cached:,} cached)" if tokens.cached else ""
    reasoning = f" ({tokens.reasoning:,} reasoning)" if tokens.reasoning else ""
    return f"{tokens.prompt or 0:,} in{cached}, {tokens.completion or 0:,} out{reasoning}"


def _facts(timeline: Timeline) -> list[_Fact]:
    totals, tokens = timeline.totals, timeline.totals.tokens
    numbers = {id(bar): number for number, bar in enumerate(timeline.bars, start=1)}
    facts = [
        _Fact(name="Steps", value=f"{totals.steps:,}"),
        _Fact(name="Time", value=_words.duration(totals.duration), note=_part(totals.waiting_time, "waiting")),
        _Fact(name="In tools", value=_words.duration(totals.tool_time), note=_share(totals.tool_time, totals.duration)),
        _Fact(name="Tokens", value=f"{tokens.total or 0:,}", note=_in_and_out(tokens)),
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
    environment.filters["excerpt"] = lambda text: _words.excerpt(text, _LONGEST_TEXT)
    environment.filters["line"] = lambda text: _words.shorten(text, 200)
    return environment.from_string(_asset("page.html"))
