"""One step in full: its fields, and the arguments and results of its tools."""

from __future__ import annotations

from textwrap import indent

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps import _words
from openai_steps._models.steps import RunStep, tokens_of
from openai_steps.cli._console import unbroken
from openai_steps.cli._steps_table import failure, show_doings, show_duration, show_status
from openai_steps.cli._terminal import safe, safe_line, safe_lines


@attrs.frozen
class StepView:
    """Prints the fields of a step, and its calls below."""

    _console: Console = attrs.field(converter=unbroken)

    def show(self, step: RunStep) -> None:
        """Print the step."""
        self._console.print(_facts(step))
        for call in step.tool_calls:
            self._console.print()
            self._console.print(Text.assemble((safe_line(call.name), "bold"), "  ", (safe(call.id), "dim")))
            for title, text in (("in", call.arguments), ("out", call.output)):
                if text:
                    self._console.print(Text(f"  {title}", style="cyan"))
                    # Not wrapped, so that text copied from the terminal is unchanged.
                    self._console.print(Text(indent(safe_lines(text).rstrip(), "    ")), soft_wrap=True)

    def finish(self) -> None:
        """Print nothing."""


def _facts(step: RunStep) -> Table:
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    for name, value in {
        "step": Text(safe(step.id), style="bold"),
        "what": Text(safe_line(step.type or "unknown")) if step.tool_calls else show_doings(step),
        "status": show_status(step.status),
        "created": Text(f"{_words.moment(step.created_at)} UTC"),
        "took": Text(show_duration(step.duration)),
        "tokens": Text(_words.number(tokens_of(step.usage).total)),
        "error": Text(safe_line(failure(step) or ""), "red"),
    }.items():
        if value.plain:
            facts.add_row(name, value)
    return facts
