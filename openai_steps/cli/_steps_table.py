"""Steps as the rows of a table that is printed while they arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps import _words
from openai_steps._models.steps import MessageCreationDetails, OtherStepDetails, RunStep, tokens_of
from openai_steps._models.tool_calls import ToolCall
from openai_steps.cli._terminal import safe, safe_line

# As timeline/_palette.py has them, whose import would cost a tenth of a second.
STATUS_STYLES: Final = {
    "completed": "green",
    "queued": "yellow",
    "in_progress": "yellow",
    "requires_action": "yellow",
    "cancelling": "yellow",
    "failed": "bold red",
    "expired": "red",
    "incomplete": "red",
    "cancelled": "bright_black",
}

# On a narrower terminal, a step's id would leave no room for what the step did, so it gets a line of its own.
_WIDE: Final = 110
WIDEST: Final = 160
_ID_WIDTH: Final = 30


class StepsTable:
    """Prints steps, one row each; the columns' widths are fixed, so that no row waits for another.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(console.width, WIDEST)
        self._with_ids = self._width >= _WIDE
        self._day: date | None = None
        self._statuses: Counter[str] = Counter()
        self._tokens = 0

    def show(self, step: RunStep) -> None:
        """Print a row, and above it the header or the day if they are due."""
        if not self._statuses:
            titles = ("When", "What", "Status", "Took", "Tokens", *(["Id"] if self._with_ids else []))
            self._print_row(*(Text(title, style="bold") for title in titles))
        if step.created_at.date() != self._day:
            self._day = step.created_at.date()
            self._console.print(Text(f"{self._day:%Y-%m-%d} UTC", style="dim"))
        tokens = tokens_of(step.usage).total
        ident = Text(safe(step.id), style="dim")
        beside = self._with_ids and ident.cell_len <= _ID_WIDTH
        self._print_row(
            Text(_words.clock(step.created_at), style="cyan"),
            describe(step),
            show_status(step.status),
            Text(show_duration(step.duration)),
            Text(_words.number(tokens)),
            *([ident] if beside else []),
        )
        if not beside:  # never cut: `get` and --after need it
            self._console.print(Text.assemble(" " * 10, ident), soft_wrap=True)
        self._statuses[step.status or "unknown"] += 1
        self._tokens += tokens or 0

    def finish(self) -> None:
        """Print the number of steps, and their tokens."""
        count = self._statuses.total()
        summary = _words.count(count, "step") if count else "No steps"
        if set(self._statuses) - {"completed"}:
            each = [f"{number} {safe_line(status)}" for status, number in self._statuses.most_common()]
            summary += f": {', '.join(each)}"
        if self._tokens:
            summary += f"; {_words.count(self._tokens, 'token')}"
        self._console.print(Text(summary, style="dim"))

    def _print_row(self, *cells: Text) -> None:
        row = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        row.width = self._width
        row.add_column(width=8, no_wrap=True)
        row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        row.add_column(width=11, no_wrap=True, overflow="ellipsis")
        row.add_column(width=7, no_wrap=True, justify="right")
        row.add_column(width=9, no_wrap=True, justify="right")
        if self._with_ids:
            row.add_column(width=_ID_WIDTH, no_wrap=True)
        row.add_row(*cells)
        self._console.print(row)


STEP_COLUMNS: Final = ("id", "created_at", "type", "status", "seconds", "tokens", "what")


def step_cells(step: RunStep) -> Iterable[object]:
    """Return a step's cells for programs: id, time, type, status, seconds, tokens, and what it did in full."""
    did = [f"{name} {rest or ''}".rstrip() for name, rest in doings(step)]
    return (
        step.id,
        _words.iso(step.created_at),
        step.type,
        step.status,
        _words.seconds(step.duration),
        tokens_of(step.usage).total,
        "; ".join([*did, *filter(None, [failure(step)])]),
    )


def describe(step: RunStep) -> Text:
    """Return what a step did, one line for each tool call, and why it failed if it did."""
    error = failure(step)
    return Text("\n").join([show_doings(step), *([] if error is None else [Text(safe_line(error), style="red")])])


def show_doings(step: RunStep) -> Text:
    """Return what a step did, one line for each tool call."""
    lines = [
        Text.assemble((safe_line(name), "bold"), "  ", (safe_line(rest or ""), "dim")) for name, rest in doings(step)
    ]
    nothing = Text("no tool call" if step.is_finished else "no tool call yet", style="dim")
    return Text("\n").join(lines or [nothing])


def doings(step: RunStep) -> Iterable[tuple[str, str | None]]:
    """Yield what a step did in full, for each tool call its name and its subject."""
    match step.step_details:
        case MessageCreationDetails():
            yield "message", step.message_id
        case OtherStepDetails(data=data) if not step.tool_calls:
            yield step.type or "unknown", _words.as_json(data)
        case _:
            for call in step.tool_calls:
                yield call.name, call.arguments if call.arguments is not None else _found(call)


def _found(call: ToolCall) -> str | None:
    names = ", ".join((call.output or "").splitlines())
    return f"found {names}" if names else None


def failure(step: RunStep) -> str | None:
    """Return why a step failed; None if it did not."""
    error = step.last_error
    return None if error is None else f"{error.code}: {error.message}"


def show_status(status: str | None) -> Text:
    """Return a step's or a run's status in its colour."""
    return Text(safe_line(status or "unknown"), style=STATUS_STYLES.get(status or "", ""))


def show_duration(duration: timedelta | None) -> str:
    """Return a duration in one or two units; empty if it has not ended."""
    return "" if duration is None else _words.duration(duration)
