"""``openai-steps migrate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from openai_steps.cli._command import Command, LocalPath, option
from openai_steps.cli._options import include_option
from openai_steps.cli._terminal import safe
from openai_steps.cli._threads_source import ThreadsSource, threads_options

if TYPE_CHECKING:
    from openai_steps.conversation import ThreadHistory


@click.command("migrate", cls=Command)
@option(
    "-o",
    "--out",
    metavar="DIR",
    required=True,
    type=LocalPath(file_okay=False),
    help="A folder, which gets a file for each thread.",
)
@option("--native", is_flag=True, help="Use the items of built-in tools; untested against any server.")
@include_option
@threads_options
def command(out: Path, native: bool, include: tuple[str, ...], source: ThreadsSource) -> None:
    """Turn threads into items of the Responses API's conversations.

    Each file has the items in batches of at most 20, and names what a conversation cannot hold. Nothing is sent.
    """
    from openai_steps._words import count
    from openai_steps.migration import migrate_thread, write_migration

    def take(history: ThreadHistory) -> None:
        migration = migrate_thread(history, native=native)
        path = write_migration(migration, out)
        items = sum(map(len, migration.batches))
        click.echo(safe(f"{path}: {count(items, 'item')}, {len(migration.lost):,} lost"), err=True)

    source.each(take, include=include, with_object=True)
