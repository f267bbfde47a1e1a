"""``openai-steps runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._output import LIST, Output, output_options
from openai_steps.cli._walk import Walk, walk_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openai_steps import AsyncStepsClient, Run


@click.command("runs", cls=Command)
@click.argument("thread")
@walk_options("runs")
@option("--status", metavar="STATUS", multiple=True, help="Only runs of this status; may be repeated.")
@output_options(LIST)
@connection_options
def command(thread: str, status: tuple[str, ...], walk: Walk, output: Output, connection: Connection) -> None:
    """List the runs of a thread.

    The columns of tsv and csv are id, created_at, status, seconds, tokens, model, assistant_id, and why the run
    ended so.
    """
    from openai_steps.cli._tables import RUNS

    def runs(client: AsyncStepsClient, most: int | None, **options: Any) -> AsyncGenerator[Run, None]:
        return client.iter_runs(thread, max_runs=most, **options)  # pyright: ignore[reportReturnType]

    def takes(run: Run) -> bool:
        return run.status in status

    walk.show(runs, connection, output, RUNS, takes=takes if status else None)
