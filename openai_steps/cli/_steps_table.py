"""Steps as the rows of a table that can be printed while they arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps import _words
from openai_steps._models.steps import MessageCreationDetails, OtherStepDetails, RunStep, Usage
from openai_steps._models.tool_calls import ToolCall
from openai_steps.cli._terminal import excerpt

STATUS_STYLES: Final = {
    "completed": "green",
    "in_progress": "yellow",
    "failed": "bold red",
    "expired": "red",
    "cancelled": "magenta",
}

# Narrower than this, a step's id would leave no place for what the step did.
_WIDE: Final = 110
_WIDEST: Final = 160


class StepsTable:
    """Prints steps, a row each; the columns' widths are known beforehand, so that no row waits for another.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(console.width, _WIDEST)
        self._with_ids = self._width >= _WIDE
        self._day: date | None = None
        self._statuses: Counter[str] = Counter()
        self._tokens = 0

    def print_step(self, step: RunStep) -> None:
        """Print a row, and what goes above it: the header, the day."""
        if not self._statuses:
            self._print_row(*(Text(name, style="bold") for name in ("When", "What", "Status", "Took", "Tokens", "Id")))
        if step.created_at.date() != self._day:
            self._day = step.created_at.date()
            self._console.print(Text(f"{self._day:%Y-%m-%d} UTC", style="dim"))
        tokens = (step.usage or Usage()).tokens.total
        self._print_row(
            Text(f"{step.created_at:%H:%M:%S}", style="cyan"),
            describe(step),
            show_status(step.status),
            Text(show_duration(step.duration)),
            Text(_words.number(tokens)),
            Text(excerpt(step.id), style="dim"),
        )
        self._statuses[step.status or "unknown"] += 1
        self._tokens += tokens or 0

    def print_summary(self) -> None:
        """Print how many steps there were, and what they took."""
        count = self._statuses.total()
        summary = _words.count(count, "step") if count else "No steps"
        if set(self._statuses) - {"completed"}:
            each = [f"{number} {excerpt(status)}" for status, number in self._statuses.most_common()]
            summary += f": {', '.join(each)}"
        if self._tokens:
            summary += f"; {self._tokens:,} tokens"
        self._console.print(Text(summary, style="dim"))

    def _print_row(self, when: Text, what: Text, status: Text, took: Text, tokens: Text, ident: Text) -> None:
        row = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        row.width = self._width
        row.add_column(width=8, no_wrap=True)
        row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        row.add_column(width=11, no_wrap=True, overflow="ellipsis")
        row.add_column(width=7, no_wrap=True, justify="right")
        row.add_column(width=9, no_wrap=True, justify="right")
        if self._with_ids:
            row.add_column(width=30, no_wrap=True, overflow="ellipsis")
        row.add_row(when, what, status, took, tokens, *([ident] if self._with_ids else []))
        self._console.print(row)


def describe(step: RunStep) -> Text:
    """Say what a step did, and why it failed if it did."""
    lines = list(doings(step))
    if step.last_error is not None:
        error = step.last_error
        lines.append(Text(excerpt(f"{error.code}: {error.message}"), style="red"))
    return Text("\n").join(lines)


def doings(step: RunStep) -> Iterable[Text]:
    """Say what a step did: a line for each tool call."""
    match step.step_details:
        case MessageCreationDetails():
            yield _named("message", step.message_id)
        case OtherStepDetails(data=data) if not step.tool_calls:
            yield _named(step.type or "unknown", str(data))
        case _:
            yield from map(_describe_call, step.tool_calls)
            if not step.tool_calls:
                yield Text("no tool call yet" if not step.is_finished else "no tool call", style="dim")


def _describe_call(call: ToolCall) -> Text:
    if call.arguments is not None:
        return _named(call.name, call.arguments)
    found = ", ".join((call.output or "").splitlines())
    return _named(call.name, f"found {found}" if found else None)


def _named(name: str, rest: str | None) -> Text:
    return Text.assemble((excerpt(name), "bold"), "  ", (excerpt(rest or ""), "dim"))


def show_status(status: str | None) -> Text:
    """Show a step's or a run's status in its colour."""
    return Text(excerpt(status or "unknown"), style=STATUS_STYLES.get(status or "", ""))


def show_duration(duration: timedelta | None) -> str:
    """Show a duration in the one or two units that matter; empty for one that has not ended."""
    return "" if duration is None else _words.duration(duration)
