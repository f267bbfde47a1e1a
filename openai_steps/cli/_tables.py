"""Runs, messages and threads as the rows of tables for people, and as cells for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, Generic, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps import Message, Run, Thread, _words
from openai_steps._models.steps import tokens_of
from openai_steps.cli._output import Kind
from openai_steps.cli._run_words import reasons
from openai_steps.cli._steps_table import WIDEST, show_duration, show_status
from openai_steps.cli._terminal import safe, safe_line

T = TypeVar("T", bound=Run | Message | Thread)
Column = tuple[str, int | None]  # its title and width; None: the remaining width


class RowTable(Generic[T]):
    """Prints items, one row each, as they arrive.

    Args:
        console: Where to print.
        noun: What is counted at the end.
        columns: The columns after the time.
        cells: Their cells. Long values are folded, so that no id is cut.
        below: The text of a line of its own below the row.
    """

    def __init__(
        self,
        console: Console,
        noun: str,
        columns: Iterable[Column],
        cells: Callable[[T], Iterable[Text]],
        below: Callable[[T], str],
    ) -> None:
        self._console = console
        self._noun = noun
        self._columns = [("When", 8), *columns]
        self._cells = cells
        self._below = below
        self._width = min(console.width, WIDEST)
        self._day: date | None = None
        self._count = 0

    def show(self, item: T) -> None:
        """Print a row, and above it the header or the day if they are due."""
        if not self._count:
            self._print_row(Text(title, style="bold") for title, _ in self._columns)
        if item.created_at.date() != self._day:
            self._day = item.created_at.date()
            self._console.print(Text(f"{self._day:%Y-%m-%d} UTC", style="dim"))
        self._print_row((Text(_words.clock(item.created_at), style="cyan"), *self._cells(item)))
        if below := self._below(item):
            line = Text(" " * 10 + below, style="dim")
            self._console.print(line, width=self._width, no_wrap=True, overflow="ellipsis")
        self._count += 1

    def finish(self) -> None:
        """Print the number of items."""
        total = _words.count(self._count, self._noun) if self._count else f"No {self._noun}s"
        self._console.print(Text(total, style="dim"))

    def _print_row(self, cells: Iterable[Text]) -> None:
        row = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        row.width = self._width
        for _, width in self._columns:
            row.add_column(width=width, ratio=1 if width is None else None, overflow="fold")
        row.add_row(*cells)
        self._console.print(row)


# --- Runs -----------------------------------------------------------------------------------------------------------


def _run_table(console: Console) -> RowTable[Run]:
    columns: list[Column] = [("Run", None), ("Status", 15), ("Took", 7), ("Tokens", 9)]
    return RowTable(console, "run", columns, _run_row, _why)


def _run_row(run: Run) -> Iterable[Text]:
    yield Text(safe(run.id))
    yield show_status(run.status)
    yield Text(show_duration(run.duration), justify="right")
    yield Text(_words.number(tokens_of(run.usage).total), justify="right")


def _why(run: Run) -> str:
    return safe_line(": ".join(reasons(run)))


def _run_cells(run: Run) -> Iterable[object]:
    tokens = tokens_of(run.usage).total
    return (
        run.id,
        _words.iso(run.created_at),
        run.status,
        _words.seconds(run.duration),
        tokens,
        run.model,
        run.assistant_id,
        ": ".join(reasons(run)),
    )


RUNS: Final = Kind(
    Run,
    _run_table,
    _run_cells,
    ("id", "created_at", "status", "seconds", "tokens", "model", "assistant_id", "reason"),
)


# --- Messages -------------------------------------------------------------------------------------------------------


def _message_table(console: Console) -> RowTable[Message]:
    columns: list[Column] = [("Role", 9), ("Message", None)]
    return RowTable(console, "message", columns, _message_row, _said)


def _message_row(message: Message) -> Iterable[Text]:
    yield Text(safe_line(message.role or "unknown"), style="bold")
    yield Text(safe(message.id))


def _said(message: Message) -> str:
    files = f"  {', '.join(message.files)}" if message.files else ""
    return safe_line(message.text + files)


def _message_cells(message: Message) -> Iterable[object]:
    files = ",".join(message.files)
    return message.id, _words.iso(message.created_at), message.role, message.run_id, message.text, files


MESSAGES: Final = Kind(
    Message, _message_table, _message_cells, ("id", "created_at", "role", "run_id", "text", "file_ids")
)


# --- Threads --------------------------------------------------------------------------------------------------------


def _thread_table(console: Console) -> RowTable[Thread]:
    return RowTable(console, "thread", [("Thread", None)], lambda thread: [Text(safe(thread.id))], _about)


def _about(thread: Thread) -> str:
    return safe_line("  ".join(filter(None, [thread.title, _metadata(thread)])))


def _metadata(thread: Thread) -> str:
    return _words.as_json(thread.metadata) if thread.metadata else ""


def _thread_cells(thread: Thread) -> Iterable[object]:
    return thread.id, _words.iso(thread.created_at), thread.title, _metadata(thread)


THREADS: Final = Kind(Thread, _thread_table, _thread_cells, ("id", "created_at", "title", "metadata"))
