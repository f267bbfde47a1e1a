"""Runs, pages of steps, and references to runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from attrs import frozen

from openai_steps._models.extra import extra_field, optional_json_object
from openai_steps._models.steps import (
    FINISHED_STEP_STATUSES,
    CompletionTokensDetails,
    LastError,
    MessageCreation,
    PromptTokenDetails,
    RunStep,
    StepDetails,
    Usage,
)
from openai_steps._models.tool_calls import (
    CodeInterpreter,
    CodeOutput,
    FileSearch,
    FileSearchContent,
    FileSearchResult,
    FunctionCall,
    ImageFile,
    RankingOptions,
    ToolCall,
)

Order: TypeAlias = Literal["asc", "desc"]
"""The order of a list by time of creation: oldest first (``asc``) or newest first (``desc``)."""


FINISHED_RUN_STATUSES: Final = FINISHED_STEP_STATUSES | {"incomplete"}


# --- Pages and runs ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class StepPage:
    """One page of a run's steps, in list order, just as the server sent it.

    ``first_id`` and ``last_id`` are what the server said; on some servers they are missing or wrong. ``has_more`` is
    None where the server does not say.
    """

    data: tuple[RunStep, ...]
    has_more: bool | None = None
    first_id: str | None = None
    last_id: str | None = None
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class Run:
    """A run: the part that tells how far it is. Keys without a field here are in ``extra``."""

    id: str
    thread_id: str | None = None
    assistant_id: str | None = None
    status: str
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    cancelled_at: datetime | None = None
    expires_at: datetime | None = None
    last_error: LastError | None = None
    usage: Usage | None = None
    model: str | None = None
    metadata: dict[str, Any] | None = optional_json_object()
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended. ``requires_action`` is not an end: the run waits for tool outputs."""
        return self.status in FINISHED_RUN_STATUSES


@frozen
class RunRef:
    """Which run: a thread's id and a run's id."""

    thread_id: str
    run_id: str


@frozen(kw_only=True)
class RunSteps:
    """What became of reading one run: its steps, or the error that stopped the reading (then the steps read so far)."""

    thread_id: str
    run_id: str
    steps: tuple[RunStep, ...]
    error: Exception | None = None


Model: TypeAlias = (
    RunStep
    | StepPage
    | Run
    | RunRef
    | StepDetails
    | MessageCreation
    | ToolCall
    | CodeInterpreter
    | CodeOutput
    | ImageFile
    | FileSearch
    | FileSearchResult
    | FileSearchContent
    | RankingOptions
    | FunctionCall
    | LastError
    | Usage
    | PromptTokenDetails
    | CompletionTokensDetails
)
"""Anything that has a shape on the wire."""
