"""A timeline for the terminal. rich is imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openai_steps import _words
from openai_steps._extras import needing
from openai_steps.timeline._captions import summary
from openai_steps.timeline._palette import PALETTE, mark, tone
from openai_steps.timeline._values import Bar, Timeline

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.measure import Measurement

_LABEL_COLUMNS: Final = 28


def to_rich(timeline: Timeline, *, title: str | None = None) -> RenderableType:
    """Draw a timeline for a terminal.

    Args:
        timeline: The timeline.
        title: The title. Default: the run's id.

    Returns:
        The timeline for a ``rich.console.Console`` to print, as wide as the terminal.

    Raises:
        ModuleNotFoundError: If rich is not installed; it comes with the extra ``cli``.
    """
    with needing("rich", "openai-steps[cli]", what="A timeline in the terminal"):
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

    table = Table(box=None, expand=True, pad_edge=False, show_header=False)
    table.add_column(max_width=_LABEL_COLUMNS, no_wrap=True)
    table.add_column(ratio=1, no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for bar in timeline.bars:
        label = f"{mark(bar)} {bar.label}" if mark(bar) else bar.label
        table.add_row(
            Text(_words.shorten(label, _LABEL_COLUMNS), style=_colour(bar)),
            _Track(timeline, bar),
            Text(_words.duration(bar.duration), style="dim"),
        )
    heading = Text(_words.line(title or timeline.run_id or "A run"), style="bold", overflow="fold")
    return Group(heading, Text(summary(timeline), style="dim"), table)


class _Track:
    """One bar, as wide as its column."""

    def __init__(self, timeline: Timeline, bar: Bar) -> None:
        self._timeline = timeline
        self._bar = bar

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        room = options.max_width
        left = min(round(self._timeline.place(self._bar.start) * room), room - 1)
        right = round(self._timeline.place(self._bar.end) * room)
        sign = "#" if options.ascii_only else "━"
        yield Text(" " * left + sign * max(1, right - left), style=_colour(self._bar), no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(min(10, options.max_width), options.max_width)


def _colour(bar: Bar) -> str:
    return PALETTE[tone(bar)].terminal
