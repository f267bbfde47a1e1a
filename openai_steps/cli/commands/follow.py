"""``openai-steps follow``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
import click

from openai_steps._errors import NotFoundError, StepsError
from openai_steps._models.steps import RunStep
from openai_steps._walks.follow import settled
from openai_steps.cli._options import Connection, connection_options, format_option, include_option
from openai_steps.cli._terminal import Failure, Interrupted

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient


@click.command("follow")
@click.argument("thread")
@click.argument("run")
@click.option("--after", metavar="STEP", help="Only steps behind this one.")
@click.option(
    "--poll-interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Look again after so many seconds. Default: half a second while things move, up to 8 while they do not.",
)
@click.option(
    "--max-duration",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Give up after so many seconds.",
)
@include_option
@format_option
@connection_options
def command(
    thread: str,
    run: str,
    after: str | None,
    poll_interval: float | None,
    max_duration: float | None,
    include: tuple[str, ...],
    form: str,
    connection: Connection,
) -> None:
    """Watch a run while it goes on, until it has ended.

    On a terminal its timeline grows; elsewhere each change is a line.
    """
    from openai_steps.cli._follow_view import make_view

    place = FollowPlace(after)
    with place.told(), make_view(form) as view:

        async def watch(client: AsyncStepsClient) -> None:
            steps = client.follow_steps(
                thread, run, after=after, poll_interval=poll_interval, include=include, max_duration=max_duration
            )
            async for step in steps:
                place.passed(step)
                view.show(step)
            view.finish(await client.get_run(thread, run))

        connection.run(watch)


@attrs.define
class FollowPlace:
    """Where the following has come, for the message that says how to go on from there."""

    _after: str | None
    _steps: dict[str, RunStep] = attrs.field(factory=dict, init=False)

    def passed(self, step: RunStep) -> None:
        """Note a step, or its next state."""
        self._steps[step.id] = step

    @property
    def hint(self) -> str:
        """The option with which the same command goes on; empty where it would start anew."""
        oldest_first = sorted(self._steps.values(), key=lambda step: step.created_at)
        cursor = settled(oldest_first, after=self._after)
        return "" if cursor is None else f"Go on with --after {shlex.quote(cursor)}."

    @contextmanager
    def told(self) -> Iterator[None]:
        """Add the hint to what ends the following early."""
        try:
            yield
        except NotFoundError as error:
            raise Failure(error.message, hint=" ".join(getattr(error, "__notes__", [])[-1:])) from error
        except StepsError as error:
            raise Failure(error.message, hint=self.hint) from error
        except KeyboardInterrupt:
            raise Interrupted(self.hint) from None
