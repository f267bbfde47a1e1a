"""One thing in full, one line for each field: a run, a message, a thread or a file's object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps import File, Message, Run, Thread, _words
from openai_steps._models.steps import tokens_of
from openai_steps.cli._console import unbroken
from openai_steps.cli._output import Kind
from openai_steps.cli._run_words import reasons
from openai_steps.cli._steps_table import show_duration, show_status
from openai_steps.cli._terminal import safe, safe_lines

T = TypeVar("T")
Facts = Mapping[str, str | Text | None]


@attrs.frozen
class FactsView(Generic[T]):
    """Prints the fields of an item; empty ones are left out."""

    _console: Console = attrs.field(converter=unbroken)
    _facts: Callable[[T], Facts]

    def show(self, item: T) -> None:
        """Print the item."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for name, fact in self._facts(item).items():
            if fact:
                table.add_row(name, fact if isinstance(fact, Text) else Text(safe_lines(fact)))
        self._console.print(table)

    def finish(self) -> None:
        """Print nothing."""


def _run(run: Run) -> Facts:
    return {
        "run": Text(safe(run.id), style="bold"),
        "thread": run.thread_id,
        "assistant": run.assistant_id or run.agent_id,
        "status": show_status(run.status),
        "why": ": ".join(reasons(run)),
        "created": f"{_words.moment(run.created_at)} UTC",
        "took": show_duration(run.duration),
        "tokens": _words.number(tokens_of(run.usage).total),
        "model": run.model,
        "instructions": run.instructions,
        "metadata": _json(run.metadata),
    }


def _message(message: Message) -> Facts:
    return {
        "message": Text(safe(message.id), style="bold"),
        "thread": message.thread_id,
        "run": message.run_id,
        "role": message.role,
        "created": f"{_words.moment(message.created_at)} UTC",
        "text": message.text,
        "files": "\n".join(message.files),
        "metadata": _json(message.metadata),
    }


def _thread(thread: Thread) -> Facts:
    return {
        "thread": Text(safe(thread.id), style="bold"),
        "title": thread.title,
        "created": f"{_words.moment(thread.created_at)} UTC",
        "tools": _json(thread.tool_resources),
        "metadata": _json(thread.metadata),
    }


def _file(file: File) -> Facts:
    return {
        "file": Text(safe(file.id), style="bold"),
        "name": file.filename,
        "bytes": _words.number(file.bytes),
        "purpose": file.purpose,
        "status": file.status,
        "created": f"{_words.moment(file.created_at)} UTC",
    }


def _json(value: object) -> str:
    return _words.as_json(value) if value else ""


def _kind(model: type[T], facts: Callable[[T], Facts]) -> Kind[T]:
    return Kind(model, lambda console: FactsView(console, facts), lambda _: ())


RUN: Final = _kind(Run, _run)
MESSAGE: Final = _kind(Message, _message)
THREAD: Final = _kind(Thread, _thread)
FILE: Final = _kind(File, _file)
