"""``openai-steps list``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
import click

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._errors import StepsError
from openai_steps.cli._options import Connection, connection_options, format_option, include_option
from openai_steps.cli._terminal import Failure, Interrupted, write_line

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient, Order, RunStep


@click.command("list")
@click.argument("thread")
@click.argument("run")
@click.option(
    "--order", type=click.Choice(["asc", "desc"]), default="desc", show_default=True, help="Oldest or newest first."
)
@click.option("--after", metavar="STEP", help="Only steps behind this one, in list order.")
@click.option("--before", metavar="STEP", help="Only steps ahead of this one; without --after, the nearest come first.")
@click.option("--max", "max_steps", metavar="N", type=click.IntRange(min=1), help="The most steps to show.")
@click.option(
    "--page-size",
    metavar="N",
    type=click.IntRange(1, MAX_PAGE_SIZE),
    default=MAX_PAGE_SIZE,
    show_default=True,
    help="The most steps in a request.",
)
@include_option
@click.option("--verify-paging", is_flag=True, help="Trust the server in nothing, with more requests; see doctor.")
@format_option
@connection_options
def command(
    thread: str,
    run: str,
    order: Order,
    after: str | None,
    before: str | None,
    max_steps: int | None,
    page_size: int,
    include: tuple[str, ...],
    verify_paging: bool,
    form: str,
    connection: Connection,
) -> None:
    """List the steps of a run, as they arrive."""
    show, finish = step_printer(form)
    place = Place(after, before)

    async def walk(client: AsyncStepsClient) -> None:
        steps = client.iter_steps(
            thread,
            run,
            order=order,
            after=after,
            before=before,
            include=include,
            page_size=page_size,
            max_steps=max_steps,
            verify_paging=verify_paging,
        )
        async for step in steps:
            show(step)
            place.passed(step)

    with place.told():
        connection.run(walk)
    finish()


def step_printer(form: str) -> tuple[Callable[[RunStep], None], Callable[[], None]]:
    """Return the functions that print a step and what comes below all of them, for a ``--format``."""
    if form == "jsonl":
        from openai_steps import dumps

        return lambda step: write_line(dumps(step)), lambda: None
    from openai_steps.cli._console import make_console
    from openai_steps.cli._steps_table import StepsTable

    table = StepsTable(make_console())
    return table.print_step, table.print_summary


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
