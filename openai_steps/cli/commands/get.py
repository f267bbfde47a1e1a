"""``openai-steps get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from openai_steps.cli._options import Connection, connection_options, format_option, include_option
from openai_steps.cli._terminal import write_line

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient, RunStep


@click.command("get")
@click.argument("thread")
@click.argument("run")
@click.argument("step")
@include_option
@format_option
@connection_options
def command(thread: str, run: str, step: str, include: tuple[str, ...], form: str, connection: Connection) -> None:
    """Show one step, with its tools' input and output in full."""

    async def read(client: AsyncStepsClient) -> RunStep:
        return await client.get_step(thread, run, step, include=include)

    found = connection.run(read)
    if form == "jsonl":
        from openai_steps import dumps

        write_line(dumps(found))
    else:
        from openai_steps.cli._step_view import print_step

        print_step(found)
