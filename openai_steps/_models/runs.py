"""Runs, and references to runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from attrs import field, frozen

from openai_steps import _words
from openai_steps._models.actions import RequiredAction
from openai_steps._models.extra import NO_EXTRA, Misfit, extra_field, optional_json_object, problems_field
from openai_steps._models.notebook import one_line, table
from openai_steps._models.steps import FINISHED_STEP_STATUSES, LastError, RunStep, UnreadableStep, Usage, tokens_of

Order: TypeAlias = Literal["asc", "desc"]
"""The order of a list by time of creation: oldest first (``asc``) or newest first (``desc``)."""


FINISHED_RUN_STATUSES: Final = FINISHED_STEP_STATUSES | {"incomplete"}


@frozen
class IncompleteDetails:
    """Why a run or a message is incomplete, such as ``max_prompt_tokens`` or ``content_filter``."""

    reason: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen(kw_only=True)
class Run:
    """A run: an assistant's work on a thread, from a request to its end. Times are aware datetimes in UTC."""

    id: str
    thread_id: str | None = None
    assistant_id: str | None = None
    agent_id: str | None = None
    """Foundry Local's name for ``assistant_id``."""
    status: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    cancelled_at: datetime | None = None
    expires_at: datetime | None = None
    required_action: RequiredAction | None = None
    last_error: LastError | None = None
    incomplete_details: IncompleteDetails | None = None
    model: str | None = None
    instructions: str | None = None
    tools: tuple[dict[str, Any], ...] | None = field(default=None, hash=False)
    tool_resources: dict[str, Any] | None = optional_json_object()
    metadata: dict[str, Any] | None = optional_json_object()
    temperature: float | None = None
    top_p: float | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: dict[str, Any] | None = optional_json_object()
    tool_choice: str | dict[str, Any] | None = field(default=None, hash=False)
    response_format: str | dict[str, Any] | None = field(default=None, hash=False)
    parallel_tool_calls: bool | None = None
    reasoning_effort: str | None = None
    usage: Usage | None = None
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()
    problems: tuple[Misfit, ...] = problems_field()
    """What did not fit; the field is None then, and the value is in ``extra``."""

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended. With ``requires_action`` it has not, it waits for tool outputs."""
        return self.status in FINISHED_RUN_STATUSES

    @property
    def finished_at(self) -> datetime | None:
        """When the run ended, however it ended; None while it goes on."""
        ended = self.completed_at or self.failed_at or self.cancelled_at
        return ended or (self.expires_at if self.status == "expired" else None)

    @property
    def duration(self) -> timedelta | None:
        """From creation to the end, 0 if the server's clocks say less; None while the run goes on."""
        end = self.finished_at
        return None if end is None else max(end - self.created_at, timedelta())

    def __repr__(self) -> str:
        shown = {"created_at": self.created_at, "model": self.model, "last_error": self.last_error}
        return one_line("Run", id=self.id, thread_id=self.thread_id, status=self.status, **shown)

    def _repr_html_(self) -> str:
        """Return the run's row, for notebooks."""
        return runs_table("1 run", [self])


@frozen
class RunRef:
    """A reference to a run: its thread's id and its own."""

    thread_id: str
    run_id: str


@frozen(kw_only=True)
class RunSteps:
    """The result of reading one run: its steps, or the error that stopped the reading (then the steps read so far).

    ``unreadable`` has the steps that could not be read, if they were asked for with ``odd="keep"``. ``raw`` has the
    server's own text of each step, if that was asked for.
    """

    thread_id: str
    run_id: str
    steps: tuple[RunStep, ...]
    unreadable: tuple[UnreadableStep, ...] = ()
    error: Exception | None = None
    raw: tuple[bytes, ...] | None = field(default=None, eq=False)

    def __repr__(self) -> str:
        counted, unreadable = _words.count(len(self.steps), "step"), len(self.unreadable) or None
        ids = {"thread_id": self.thread_id, "run_id": self.run_id}
        return one_line("RunSteps", counted, **ids, unreadable=unreadable, error=self.error)


def runs_table(caption: str, runs: Iterable[Run]) -> str:
    """Return runs as an HTML table, for notebooks."""
    return table(caption, ("run", "began (UTC)", "model", "status", "took", "tokens"), map(_cells, runs))


def _cells(run: Run) -> tuple[str, ...]:
    took = "" if run.duration is None else _words.duration(run.duration)
    tokens = _words.number(tokens_of(run.usage).total)
    return (run.id, _words.moment(run.created_at), run.model or "", run.status or "", took, tokens)
