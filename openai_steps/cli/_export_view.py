"""The progress of an export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from openai_steps.cli._console import make_console
from openai_steps.export import ExportProgress


@contextmanager
def progress_bar(total: int | None, *, quiet: bool) -> Iterator[Callable[[ExportProgress], None]]:
    """Show an export's progress on standard error, if that is a terminal; call the function with each state."""
    console = make_console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs, {task.fields[rate]:,.0f}/s, {task.fields[failures]} failed, left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task: TaskID | None = None

        def show(now: ExportProgress) -> None:
            nonlocal task
            if task is None:  # runs of earlier attempts must not count for the rate
                task = bar.add_task("export", total=total, completed=now.found, rate=0.0, failures=0)
            rate = bar.tasks[0].speed or 0.0
            bar.update(task, completed=now.runs + now.failures, failures=now.failures, rate=rate)

        yield show
