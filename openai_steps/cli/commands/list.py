"""``openai-steps list``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs
import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options, include_option
from openai_steps.cli._output import LIST, Kind, Output, output_options
from openai_steps.cli._terminal import Failure, safe
from openai_steps.cli._walk import Walk, walk_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openai_steps import AsyncStepsClient, RunStep


@click.command("list", cls=Command)
@click.argument("thread")
@click.argument("run", required=False)
@walk_options("steps")
@option("--status", metavar="STATUS", multiple=True, help="Only steps of this status; may be repeated.")
@option("--type", "types", metavar="TYPE", multiple=True, help="Only steps of this type; may be repeated.")
@option(
    "--tool",
    "tools",
    metavar="NAME",
    multiple=True,
    help="Only steps that call this tool, a function's name or a tool's type; may be repeated.",
)
@include_option
@output_options(LIST)
@connection_options
def command(
    thread: str,
    run: str | None,
    status: tuple[str, ...],
    types: tuple[str, ...],
    tools: tuple[str, ...],
    walk: Walk,
    include: tuple[str, ...],
    output: Output,
    connection: Connection,
) -> None:
    """List the steps of a run, as they arrive; without RUN, of the thread's newest run.

    The columns of tsv and csv are id, created_at, type, status, seconds, tokens, and what the step did.
    """
    from openai_steps import RunStep
    from openai_steps.cli._steps_table import STEP_COLUMNS, StepsTable, step_cells

    if run is None:
        run = connection.run(functools.partial(_newest_run, thread=thread))
        if not connection.quiet:
            click.echo(safe(f"The thread's newest run: {run}"), err=True)
    wanted = Filter(status, types, tools)

    def steps(client: AsyncStepsClient, most: int | None, **options: Any) -> AsyncGenerator[RunStep, None]:
        options["max_steps"] = most
        return client.iter_steps(thread, run, include=include, **options)  # pyright: ignore[reportReturnType]

    kind = Kind(RunStep, StepsTable, step_cells, STEP_COLUMNS)  # pyright: ignore[reportArgumentType]
    walk.show(steps, connection, output, kind, takes=None if wanted.is_open else wanted.takes)


async def _newest_run(client: AsyncStepsClient, *, thread: str) -> str:
    async for run in client.iter_runs(thread, order="desc", max_runs=1):
        return run.id
    raise Failure("The thread has no runs.")


@attrs.frozen
class Filter:
    """Which steps are wanted: all of them, if nothing is named."""

    _statuses: tuple[str, ...]
    _types: tuple[str, ...]
    _tools: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether every step is wanted."""
        return not any(attrs.astuple(self))

    def takes(self, step: RunStep) -> bool:
        """Return whether a step is wanted."""
        return (
            (not self._statuses or step.status in self._statuses)
            and (not self._types or step.type in self._types)
            and (not self._tools or any({call.name, call.type} & {*self._tools} for call in step.tool_calls))
        )
