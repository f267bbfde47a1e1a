"""``openai-steps list``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

import attrs
import click

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import StepsError
from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options, include_option
from openai_steps.cli._output import LIST, Kind, Output, output_options
from openai_steps.cli._terminal import Failure, Interrupted

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient, Order, RunStep


@click.command("list", cls=Command)
@click.argument("thread")
@click.argument("run")
@option(
    "--order", type=click.Choice(["asc", "desc"]), default="desc", show_default=True, help="Oldest or newest first."
)
@option("--after", metavar="STEP", help="Only steps behind this one, in list order.")
@option("--before", metavar="STEP", help="Only steps ahead of this one; without --after, the nearest come first.")
@option("--status", metavar="STATUS", multiple=True, help="Only steps of this status; may be repeated.")
@option("--type", "types", metavar="TYPE", multiple=True, help="Only steps of this type; may be repeated.")
@option(
    "--tool",
    "tools",
    metavar="NAME",
    multiple=True,
    help="Only steps that call this tool, a function's name or a tool's type; may be repeated.",
)
@option("--max", "max_steps", metavar="N", type=click.IntRange(min=1), help="The most steps to show.")
@option(
    "--page-size",
    metavar="N",
    type=click.IntRange(1, MAX_PAGE_SIZE),
    default=MAX_PAGE_SIZE,
    show_default=True,
    help="The most steps in a request.",
)
@include_option
@option("--verify-paging", is_flag=True, help="Trust the server in nothing, with more requests; see doctor.")
@output_options(LIST)
@connection_options
def command(
    thread: str,
    run: str,
    order: Order,
    after: str | None,
    before: str | None,
    status: tuple[str, ...],
    types: tuple[str, ...],
    tools: tuple[str, ...],
    max_steps: int | None,
    page_size: int,
    include: tuple[str, ...],
    verify_paging: bool,
    output: Output,
    connection: Connection,
) -> None:
    """List the steps of a run, as they arrive.

    The columns of tsv are id, created_at, type, status, seconds, tokens, and what the step did.
    """
    from openai_steps import RunStep
    from openai_steps.cli._steps_table import StepsTable, step_cells

    wanted = Filter(status, types, tools)
    place = Place(after, before)
    with place.told(), output.opened(Kind(RunStep, StepsTable, step_cells)) as show:

        async def walk(client: AsyncStepsClient) -> None:
            steps = client.iter_steps(
                thread,
                run,
                order=order,
                after=after,
                before=before,
                include=include,
                page_size=page_size,
                max_steps=max_steps if wanted.is_open else None,
                verify_paging=verify_paging,
            )
            shown = 0
            async with aclosing(steps):
                async for step in steps:
                    if wanted.takes(step):
                        show(step)
                        shown += 1
                    place.passed(step)
                    if shown == max_steps:
                        break

        connection.run(walk)


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
        """Tell whether a step is wanted."""
        return (
            (not self._statuses or step.status in self._statuses)
            and (not self._types or step.type in self._types)
            and (not self._tools or any({call.name, call.type} & {*self._tools} for call in step.tool_calls))
        )


@attrs.define
class Place:
    """Where a walk has come, for the message that says how to go on from there."""

    _after: str | None
    _before: str | None
    _moved: bool = attrs.field(default=False, init=False)

    def passed(self, step: RunStep) -> None:
        """Note that a step has been shown."""
        self._moved = True
        if self._before is not None and self._after is None:
            self._before = step.id
        else:
            self._after = step.id

    @property
    def hint(self) -> str:
        """The options with which the same command goes on; empty where it would start anew."""
        cursors = {"--after": self._after, "--before": self._before}
        shown = [f"{option} {shlex.quote(cursor)}" for option, cursor in cursors.items() if cursor is not None]
        return f"Go on with {' '.join(shown)}." if self._moved else ""

    @contextmanager
    def told(self) -> Iterator[None]:
        """Add the hint to what ends the walk early."""
        try:
            yield
        except StepsError as error:
            raise Failure(error.message, hint=self.hint) from error
        except KeyboardInterrupt:
            raise Interrupted(self.hint) from None
