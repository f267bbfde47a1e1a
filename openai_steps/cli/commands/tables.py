"""``openai-steps tables``."""

from __future__ import annotations

from pathlib import Path

import click

from openai_steps.cli._command import Command, LocalPath, option
from openai_steps.cli._options import include_option
from openai_steps.cli._terminal import Failure, safe
from openai_steps.cli._threads_source import ThreadsSource, threads_options


@click.command("tables", cls=Command)
@option(
    "-o", "--out", metavar="DIR", required=True, type=LocalPath(file_okay=False), help="A folder for the four files."
)
@include_option
@threads_options
def command(out: Path, include: tuple[str, ...], source: ThreadsSource) -> None:
    """Write whole threads as tables: steps.parquet, tool_calls.parquet, runs.parquet and messages.parquet.

    They have a row for each step, tool call, run and message, with its JSON.
    """
    from openai_steps._words import count
    from openai_steps.export import ExportError
    from openai_steps.export._tables import TablesWriter

    failure = None
    try:
        with TablesWriter(out) as tables:
            try:
                source.each(tables.add, include=include, take_archived=tables.add_archived)
            except Failure as error:  # what could be read is written even so
                failure = error
    except (ExportError, ModuleNotFoundError) as error:
        raise Failure(str(error)) from error
    done = tables.counts
    nouns = ("thread", "step", "tool_call", "run", "message")
    counts = ", ".join(count(getattr(done, f"{noun}s"), noun.replace("_", " ")) for noun in nouns)
    click.echo(safe(f"In {out.name}: {counts}."), err=True)
    if failure is not None:
        raise failure
    if done.unreadable:
        raise Failure(f"{count(done.unreadable, 'object')} of the archive could not be read.")
