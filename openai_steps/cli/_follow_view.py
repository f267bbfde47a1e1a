"""Views of a followed run: a growing timeline, log lines, or JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

import attrs
import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from openai_steps import _words
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps.cli._console import make_console
from openai_steps.cli._run_words import describe_run
from openai_steps.cli._steps_table import describe, show_duration, show_status
from openai_steps.cli._terminal import safe, safe_line, write_line

if TYPE_CHECKING:
    from openai_steps.timeline import Timeline

_FRAMES_PER_SECOND: Final = 8
_LINES_AROUND: Final = 6  # the heading, the totals, which may be wrapped, the line below, and one for the cursor


class View(Protocol):
    """Shows steps as they come."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Restore the screen, whatever happened."""
        ...

    def show(self, step: RunStep) -> None:
        """Show a step that is new, or has changed."""
        ...

    def show_run(self, run: Run) -> None:
        """Show the run's new state."""
        ...

    def finish(self, run: Run) -> None:
        """Show the last state of the run."""
        ...


def make_view(form: str) -> View:
    """Return the view for a ``--format``; a table needs a terminal."""
    if form == "jsonl":
        return JsonView()
    console = make_console()
    return LiveView(console) if console.is_terminal else LogView(console)


class _Quiet:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


class JsonView(_Quiet):
    """Each state of each step as a line of the wire's JSON."""

    def show(self, step: RunStep) -> None:
        """Write the line."""
        from openai_steps import dumps

        write_line(dumps(step))

    def show_run(self, run: Run) -> None:
        """Report on standard error that the run waits, since all lines are steps."""
        if run.status == "requires_action":
            click.echo(describe_run(run), err=True)

    def finish(self, run: Run) -> None:
        """Write nothing."""


class LogView(_Quiet):
    """A line for each change."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show_run(self, run: Run) -> None:
        """Print the state."""
        if not run.is_finished:  # late steps come first
            self._print(run)

    def show(self, step: RunStep) -> None:
        """Print a line: the time, the status, what the step did."""
        moment = step.finished_at or step.created_at
        took = show_duration(step.duration)
        what = Text(" ").join(describe(step).split())
        what.truncate(72, overflow="ellipsis")
        line = Text.assemble(
            f"{_words.iso(moment, 'seconds')}  ",
            (f"{safe_line(step.status or 'unknown'):<11}", show_status(step.status).style),
            f"  {safe(step.id)}  ",
            what,
            f"  {took}" if took else "",
        )
        self._console.print(line, soft_wrap=True)

    def finish(self, run: Run) -> None:
        """Print how the run ended."""
        self._print(run)

    def _print(self, run: Run) -> None:
        self._console.print(Text(describe_run(run)), soft_wrap=True)


class LiveView:
    """A growing timeline.

    The server's clock is not this machine's: unfinished steps grow from the latest time that the server sent.

    Args:
        console: A terminal.
        speed: Seconds of the run per second on the screen.
        clock: Counts seconds.
    """

    def __init__(self, console: Console, *, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._speed = speed
        self._clock = clock
        self._steps: dict[str, RunStep] = {}
        self._shown_at = clock()
        self._waits_for = ""
        self._run: Run | None = None
        self._live = Live(
            console=console,
            get_renderable=self.render,
            refresh_per_second=_FRAMES_PER_SECOND,
            vertical_overflow="visible",
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show_run(self, run: Run) -> None:
        """Show below the timeline that the run waits, as long as it does."""
        self._waits_for = describe_run(run) if run.status == "requires_action" else ""

    def show(self, step: RunStep) -> None:
        """Put the step into the next frame."""
        self._steps[step.id] = step
        self._shown_at = self._clock()

    def finish(self, run: Run) -> None:
        """Show the whole timeline: it stays on the screen."""
        self._run = run

    def render(self) -> RenderableType:
        """Return the next frame."""
        from openai_steps.timeline import to_rich

        timeline = self._timeline()
        if self._run is not None:
            why = [] if self._run.status == "completed" else [Text(describe_run(self._run))]
            return Group(to_rich(timeline), *why)
        room = max(1, self._console.height - _LINES_AROUND)
        below = Text("following; Ctrl-C stops" if self._steps else "waiting for the first step", style="dim")
        if self._waits_for:
            below = Text(self._waits_for, style="yellow", no_wrap=True, overflow="ellipsis")
        return Group(to_rich(attrs.evolve(timeline, bars=timeline.bars[-room:])), below)

    def _timeline(self) -> Timeline:
        from openai_steps.timeline import build_timeline

        steps = list(self._steps.values())
        if self._run is not None or not steps:
            return build_timeline(steps, run=self._run)
        end = build_timeline(steps).end
        assert end is not None
        since = timedelta(seconds=(self._clock() - self._shown_at) * self._speed)
        return build_timeline(steps, until=end + since)
