"""``openai-steps follow``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs
import click

from openai_steps._errors import APITimeoutError, NotFoundError, StepsError
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._walks.follow import settled
from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options, format_option, include_option
from openai_steps.cli._terminal import Failure, Interrupted

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient


@click.command("follow", cls=Command)
@click.argument("thread")
@click.argument("run")
@option("--after", metavar="STEP", help="Only steps after this one.")
@option(
    "--poll-interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds between two looks. Default: half a second while things change, up to 8 while they do not.",
)
@option(
    "--max-duration",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds after which to give up.",
)
@option(
    "--exit-status",
    is_flag=True,
    help="Exit with a status for the run's end: 0 completed, 3 failed, 4 cancelled or expired, 5 incomplete, "
    "6 waiting for you when --max-duration is over.",
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
    exit_status: bool,
    include: tuple[str, ...],
    form: str,
    connection: Connection,
) -> None:
    """Watch a live run until it has ended.

    On a terminal its timeline grows; elsewhere each change is a line. When the run waits for you, it says for what.
    """
    from openai_steps.cli._follow_view import make_view

    place = FollowPlace(after, by_status=exit_status)  # pyright: ignore[reportCallIssue]
    with place.hinting(), make_view(form) as view:

        async def watch(client: AsyncStepsClient) -> None:
            def on_run(seen: Run) -> None:
                place.run = seen
                view.show_run(seen)

            steps = client.follow_steps(
                thread,
                run,
                after=after,
                poll_interval=poll_interval,
                include=include,
                on_run=on_run,
                max_duration=max_duration,
            )
            async for step in steps:
                place.passed(step)
                view.show(step)
            place.run = await client.get_run(thread, run)
            view.finish(place.run)

        connection.run(watch, shows_progress=True)
    if exit_status and (status := place.exit_status):
        raise click.exceptions.Exit(status)


_EXIT_STATUSES: Final = {"completed": 0, "failed": 3, "cancelled": 4, "expired": 4, "incomplete": 5}


class _Waiting(Failure):
    """The end of the given time, while the run waits for its caller."""

    exit_code = 6


@attrs.define
class FollowPlace:
    """The position of the following, for the message that says how to resume it, and for the exit status."""

    _after: str | None
    _by_status: bool = attrs.field(default=False, kw_only=True)
    run: Run | None = attrs.field(default=None, init=False)
    _steps: dict[str, RunStep] = attrs.field(factory=dict, init=False)

    def passed(self, step: RunStep) -> None:
        """Note a step, or its next state."""
        self._steps[step.id] = step

    @property
    def hint(self) -> str:
        """The option that resumes the same command; empty if it would start anew."""
        oldest_first = sorted(self._steps.values(), key=lambda step: step.created_at)
        cursor = settled(oldest_first, after=self._after)
        return "" if cursor is None else f"Go on with --after {shlex.quote(cursor)}."

    @property
    def exit_status(self) -> int:
        """The exit status for the run's end; 1 for an unknown one."""
        status = None if self.run is None else self.run.status
        return _EXIT_STATUSES.get(status or "", 1)

    @property
    def _waits(self) -> bool:
        return self.run is not None and self.run.status == "requires_action"

    @contextmanager
    def hinting(self) -> Iterator[None]:
        """Add the hint to an error that ends the following early."""
        try:
            yield
        except NotFoundError as error:
            raise Failure(error.message, hint=" ".join(getattr(error, "__notes__", [])[-1:])) from error
        except StepsError as error:
            waits = isinstance(error, APITimeoutError) and self._by_status and self._waits
            raise (_Waiting if waits else Failure)(error.message, hint=self.hint) from error
        except KeyboardInterrupt:
            raise Interrupted(self.hint) from None
