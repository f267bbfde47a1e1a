"""``openai-steps get``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from openai_steps.cli._command import Command
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options, include_option
from openai_steps.cli._output import ONE, Kind, Output, output_options

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient

# The ids that name a thing of each kind.
_IDS: Final = {
    "step": ("THREAD", "RUN", "STEP"),
    "run": ("THREAD", "RUN"),
    "message": ("THREAD", "MESSAGE"),
    "thread": ("THREAD",),
    "file": ("FILE",),
}


@click.command("get", cls=Command)
@click.argument("kind", type=click.Choice(list(_IDS)))
@click.argument("ids", nargs=-1)
@include_option
@output_options(ONE)
@connection_options
def command(kind: str, ids: tuple[str, ...], include: tuple[str, ...], output: Output, connection: Connection) -> None:
    """Show one thing in full: a step with its tools' input and output, a run, a message, a thread, a file.

    \b
    get step THREAD RUN STEP
    get run THREAD RUN
    get message THREAD MESSAGE
    get thread THREAD
    get file FILE
    """  # noqa: D301 - click wants the character itself, and leaves the lines below it as they are
    if len(ids) != len(_IDS[kind]):
        raise click.UsageError(f"A {kind} is named by {' '.join(_IDS[kind])}: get {kind} {' '.join(_IDS[kind])}.")
    if include and kind != "step":
        raise click.UsageError("--include goes with a step.")

    async def read(client: AsyncStepsClient) -> Any:
        options = {"include": include} if kind == "step" else {}
        return await getattr(client, f"get_{kind}")(*ids, **options)

    with output.opened(_shown_as(kind)) as show:
        show(connection.run(read))


def _shown_as(kind: str) -> Kind[Any]:
    if kind == "step":
        from openai_steps import RunStep
        from openai_steps.cli._step_view import StepView
        from openai_steps.cli._steps_table import step_cells

        return Kind(RunStep, StepView, step_cells)  # pyright: ignore[reportArgumentType]
    from openai_steps.cli import _views

    shown: Kind[Any] = getattr(_views, kind.upper())
    return shown
