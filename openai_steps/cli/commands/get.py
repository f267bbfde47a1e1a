"""``openai-steps get``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from openai_steps.cli._command import Command
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options, include_option
from openai_steps.cli._output import ONE, Kind, Output, output_options

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient, RunStep


@click.command("get", cls=Command)
@click.argument("thread")
@click.argument("run")
@click.argument("step")
@include_option
@output_options(ONE)
@connection_options
def command(thread: str, run: str, step: str, include: tuple[str, ...], output: Output, connection: Connection) -> None:
    """Show one step, with its tools' input and output in full."""
    from openai_steps import RunStep
    from openai_steps.cli._step_view import StepView
    from openai_steps.cli._steps_table import step_cells

    async def read(client: AsyncStepsClient) -> RunStep:
        return await client.get_step(thread, run, step, include=include)

    with output.opened(Kind(RunStep, StepView, step_cells)) as show:
        show(connection.run(read))
