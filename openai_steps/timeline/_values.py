"""The parts of a timeline: frozen values, without layout or colours."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import Literal, TypeAlias

from attrs import frozen

from openai_steps import _words
from openai_steps._models.notebook import one_line
from openai_steps._models.steps import RunStep
from openai_steps._models.tokens import Tokens

BarKind: TypeAlias = Literal["message", "tools", "other"]
"""What a step did: it wrote a message, called tools, or did something for which this package has no class."""


@frozen(kw_only=True)
class Found:
    """A file that a search found: its name, the score from 0 to 1, and the text if it was asked for."""

    name: str
    score: float
    text: str | None = None


@frozen(kw_only=True)
class Block:
    """A part of what a step did, under a title such as ``Code`` or ``Logs``: text, files found, or a picture.

    For a picture, ``image`` is the id of its file.
    """

    title: str
    text: str = ""
    found: tuple[Found, ...] = ()
    image: str | None = None


@frozen(kw_only=True)
class ToolUse:
    """One tool call, ready to show."""

    id: str
    name: str
    type: str
    blocks: tuple[Block, ...] = ()


@frozen(kw_only=True)
class Bar:
    """One step on the timeline.

    Attributes:
        step: The step itself.
        kind: What it did.
        label: The same in a few words, as the server sent them: not escaped.
        status: The step's status, or ``unknown``.
        start: When it began.
        end: When it ended, or the last known time of an unfinished step; never before ``start``.
        tokens: The tokens it used.
        tool_calls: The tools that it called.
        blocks: Everything besides the tool calls: the message, the error.
    """

    step: RunStep
    kind: BarKind
    label: str
    status: str
    start: datetime
    end: datetime
    tokens: Tokens = Tokens()
    tool_calls: tuple[ToolUse, ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def duration(self) -> timedelta:
        """From start to end."""
        return self.end - self.start

    @property
    def failed(self) -> bool:
        """Whether the step failed or expired."""
        return self.status in ("failed", "expired")


@frozen(kw_only=True)
class Gap:
    """A time in which no step was running."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """From start to end."""
        return self.end - self.start


@frozen(kw_only=True)
class Totals:
    """The totals of a run.

    Attributes:
        steps: The number of steps.
        duration: From the start of the timeline to its end.
        tokens: The tokens of all steps.
        tool_time: The time in which at least one step with tool calls was running.
        message_time: The time in which at least one message was being written.
        waiting_time: The time in which no step was running.
        slowest: The longest step, the first of equals; None without steps.
        failures: The steps that failed or expired.
    """

    steps: int = 0
    duration: timedelta = timedelta()
    tokens: Tokens = Tokens()
    tool_time: timedelta = timedelta()
    message_time: timedelta = timedelta()
    waiting_time: timedelta = timedelta()
    slowest: Bar | None = None
    failures: tuple[Bar, ...] = ()


@frozen(kw_only=True)
class Timeline:
    """A run's steps in time.

    Attributes:
        run_id: The run's id, or ``""`` if it is unknown.
        thread_id: The thread's id, likewise.
        status: The run's status, or None if the run itself was not given.
        start: When the timeline begins; None without steps and run.
        end: When it ends.
        bars: The steps in order of creation.
        gaps: The times of waiting, in order.
        totals: The totals.
    """

    run_id: str = ""
    thread_id: str = ""
    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    bars: tuple[Bar, ...] = ()
    gaps: tuple[Gap, ...] = ()
    totals: Totals = Totals()

    @property
    def images(self) -> tuple[str, ...]:
        """The ids of the files with the pictures that code drew, each once."""
        blocks = (block for bar in self.bars for call in bar.tool_calls for block in call.blocks)
        return tuple(dict.fromkeys(block.image for block in blocks if block.image is not None))

    def place(self, moment: datetime) -> float:
        """Return the place of a moment: 0 at the start, 1 at the end."""
        if self.start is None or not self.totals.duration:
            return 0.0
        return min(1.0, max(0.0, (moment - self.start) / self.totals.duration))

    def __repr__(self) -> str:
        counted, gaps = _words.count(len(self.bars), "bar"), len(self.gaps)
        return one_line("Timeline", counted, run_id=self.run_id, status=self.status, start=self.start, gaps=gaps)

    def _repr_html_(self) -> str | None:
        """Return the page in a sandboxed frame, for notebooks; None without Jinja2: they show the picture then."""
        from openai_steps.timeline._html import to_html

        try:
            page = to_html(self)
        except ModuleNotFoundError:
            return None
        # Sandboxed without allow-same-origin, the page's script cannot reach the notebook.
        style = "width:100%;height:40rem;border:0"
        return f'<iframe sandbox="allow-scripts" title="Timeline" style="{style}" srcdoc="{escape(page)}"></iframe>'

    def _repr_svg_(self) -> str:
        """Return the picture, for viewers without HTML."""
        from openai_steps.timeline._svg import to_svg

        return to_svg(self)
