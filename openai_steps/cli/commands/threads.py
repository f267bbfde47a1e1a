"""``openai-steps threads``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from openai_steps.cli._command import Command
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._output import LIST, Output, output_options
from openai_steps.cli._walk import Walk, walk_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openai_steps import AsyncStepsClient, Thread


@click.command("threads", cls=Command)
@walk_options("threads")
@output_options(LIST)
@connection_options
def command(walk: Walk, output: Output, connection: Connection) -> None:
    """List the threads of a server that has such a list; OpenAI has none.

    The columns of tsv and csv are id, created_at, title, and metadata.
    """
    from openai_steps.cli._tables import THREADS

    def threads(client: AsyncStepsClient, most: int | None, **options: Any) -> AsyncGenerator[Thread, None]:
        return client.iter_threads(max_threads=most, **options)  # pyright: ignore[reportReturnType]

    walk.show(threads, connection, output, THREADS)
