"""The summary of a timeline and the hint of a bar, in words."""

from __future__ import annotations

from openai_steps import _words
from openai_steps.timeline._values import Bar, Timeline


def summary(timeline: Timeline) -> str:
    """Return a timeline's totals in one line."""
    totals = timeline.totals
    if not timeline.bars:
        return "No steps."
    parts = [
        _words.line(timeline.status or ""),
        _words.count(totals.steps, "step"),
        _words.duration(totals.duration),
        f"{_words.duration(totals.tool_time)} in tools" if totals.tool_time else "",
        f"{_words.duration(totals.waiting_time)} waiting" if totals.waiting_time else "",
        _words.count(totals.tokens.total, "token") if totals.tokens.total else "",
        f"{len(totals.failures):,} failed" if totals.failures else "",
    ]
    return " · ".join(part for part in parts if part)


def hint(bar: Bar) -> str:
    """Return the tooltip of a bar."""
    spent = f", {_words.count(bar.tokens.total, 'token')}" if bar.tokens.total else ""
    return f"{_words.shorten(bar.label, 80)}: {_words.line(bar.status)}, {_words.duration(bar.duration)}{spent}"
