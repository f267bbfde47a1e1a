"""Steps: what an assistant did, and the tokens it used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal, TypeAlias

from attrs import field, frozen

from openai_steps import _words
from openai_steps._models.extra import (
    NO_EXTRA,
    Misfit,
    UnreadableItem,
    extra_field,
    optional_json_object,
    problem_field,
    problems_field,
)
from openai_steps._models.notebook import one_line, table
from openai_steps._models.tokens import Tokens, add
from openai_steps._models.tool_calls import ToolCall, calls_in, type_of
from openai_steps._models.touched import MadeWhenTouched

INCLUDE_FILE_SEARCH_CONTENT: Final = "step_details.tool_calls[*].file_search.results[*].content"
"""The only name that ``include`` takes: send also the text that a file search found."""

FINISHED_STEP_STATUSES: Final = frozenset({"completed", "cancelled", "failed", "expired"})


# --- Steps ------------------------------------------------------------------------------------------------------


@frozen
class MessageCreation:
    """The message that a step wrote."""

    message_id: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class MessageCreationDetails:
    """The step wrote a message."""

    type: ClassVar[Literal["message_creation"]] = "message_creation"
    message_creation: MessageCreation
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class ToolCallsDetails(MadeWhenTouched):
    """The step called tools; ``tool_calls`` is empty while the model still writes the first call."""

    touched: ClassVar[str] = "tool_calls"
    type: ClassVar[Literal["tool_calls"]] = "tool_calls"
    tool_calls: tuple[ToolCall, ...]
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen
class OtherStepDetails:
    """Details of a kind that has no class of its own, or do not fit it; ``data`` is the whole JSON object."""

    data: dict[str, Any] = field(hash=False)
    problem: Misfit | None = problem_field()

    @property
    def type(self) -> str | None:
        """The wire's ``type``, or None if it is missing or not text."""
        return type_of(self.data)


StepDetails: TypeAlias = MessageCreationDetails | ToolCallsDetails | OtherStepDetails
"""What a step did."""


@frozen
class LastError:
    """Why a step or a run failed: ``code`` is ``server_error``, ``rate_limit_exceeded`` or a provider's own."""

    code: str
    message: str
    extra: Mapping[str, Any] = field(default=NO_EXTRA, kw_only=True, hash=False)


@frozen(kw_only=True)
class PromptTokenDetails:
    """The prompt's tokens by kind."""

    cached_tokens: int | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class CompletionTokensDetails:
    """The completion's tokens by kind."""

    reasoning_tokens: int | None = None
    extra: Mapping[str, Any] = extra_field()


@frozen(kw_only=True)
class Usage:
    """Tokens spent. ``input_tokens`` and ``output_tokens`` are DashScope's names."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_token_details: PromptTokenDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    extra: Mapping[str, Any] = extra_field()

    @property
    def tokens(self) -> Tokens:
        """The same in one vocabulary, added up if the server sends no total."""
        prompt = self.input_tokens if self.prompt_tokens is None else self.prompt_tokens
        completion = self.output_tokens if self.completion_tokens is None else self.completion_tokens
        of_prompt, of_completion = self.prompt_token_details, self.completion_tokens_details
        return Tokens(
            prompt=prompt,
            completion=completion,
            total=add(prompt, completion) if self.total_tokens is None else self.total_tokens,
            cached=of_prompt.cached_tokens if of_prompt else None,
            reasoning=of_completion.reasoning_tokens if of_completion else None,
        )

    def __repr__(self) -> str:
        names = ("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens")
        counted = {name: getattr(self, name) for name in names}
        tokens = self.tokens
        parts = {"cached_tokens": tokens.cached, "reasoning_tokens": tokens.reasoning}
        return one_line("Usage", **counted, **parts, extra=self.extra or None)

    def _repr_html_(self) -> str:
        """Return the tokens by kind, for notebooks."""
        kinds = ("prompt", "completion", "total", "cached", "reasoning")
        return table("Tokens", kinds, [[_words.number(getattr(self.tokens, kind)) for kind in kinds]])


@frozen(kw_only=True)
class RunStep(MadeWhenTouched):
    """One step of a run. Times are aware datetimes in UTC."""

    touched: ClassVar[str] = "step_details"
    id: str
    thread_id: str | None = None
    run_id: str | None = None
    assistant_id: str | None = None
    type: str | None = None
    status: str | None = None
    created_at: datetime
    completed_at: datetime | None = None
    failed_at: datetime | None = None
    cancelled_at: datetime | None = None
    expired_at: datetime | None = None
    expires_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    step_details: StepDetails
    last_error: LastError | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] | None = optional_json_object()
    object: str | None = None
    extra: Mapping[str, Any] = extra_field()
    problems: tuple[Misfit, ...] = problems_field()
    """What did not fit; the field is None then, and the value is in ``extra``."""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The step's tool calls; empty for a step of another kind.

        Foundry Local's ``mcp_call`` step, whose details are the payload of a call, has one call.
        """
        details = self.step_details
        if isinstance(details, OtherStepDetails):
            return calls_in(details.data, self.type)
        return details.tool_calls if isinstance(details, ToolCallsDetails) else ()

    @property
    def message_id(self) -> str | None:
        """The message that the step wrote; None for a step of another kind."""
        details = self.step_details
        if isinstance(details, MessageCreationDetails):
            return details.message_creation.message_id
        flat = self.extra.get("message_id")  # open-assistant-api
        return flat if isinstance(flat, str) else None

    @property
    def is_finished(self) -> bool:
        """Whether the step has reached a final status."""
        return self.status in FINISHED_STEP_STATUSES

    @property
    def finished_at(self) -> datetime | None:
        """When the step ended, however it ended; None while it goes on."""
        return self.completed_at or self.failed_at or self.cancelled_at or self.expired_at

    @property
    def duration(self) -> timedelta | None:
        """From creation to the end, 0 if the server's clocks say less; None while the step goes on."""
        end = self.finished_at
        return None if end is None else max(end - self.created_at, timedelta())

    def __repr__(self) -> str:
        # All fields of a dozen steps would fill a screen or two; `attrs.asdict` and `unstructure` have them.
        calls = tuple(call.name for call in self.tool_calls)
        shown = {"message_id": self.message_id, "tool_calls": calls, "last_error": self.last_error}
        return one_line("RunStep", id=self.id, type=self.type, status=self.status, **shown)

    def _repr_html_(self) -> str:
        """Return the step's row, for notebooks."""
        return steps_table("1 step", [self])


def tokens_of(usage: Usage | None) -> Tokens:
    """Return the tokens of a step or a run in one vocabulary; where it has no usage, no number is known."""
    return Tokens() if usage is None else usage.tokens


def known_times(steps: Iterable[RunStep]) -> list[datetime]:
    """Return all times that steps tell, in no order: the latest is how far a run without an end of its own has come."""
    times = (moment for step in steps for moment in (step.created_at, step.finished_at, step.updated_at))
    return [moment for moment in times if moment is not None]


@frozen(repr=False)
class UnreadableStep(UnreadableItem):
    """A step without an id, or without a readable time of creation. It is not a `RunStep`."""


def steps_table(caption: str, steps: Iterable[RunStep]) -> str:
    """Return steps as an HTML table, for notebooks."""
    head = ("step", "began (UTC)", "what", "status", "took", "tokens")
    return table(caption, head, map(_cells, steps))


def _cells(step: RunStep) -> tuple[str, ...]:
    return (
        step.id,
        _words.moment(step.created_at),
        ", ".join(call.name for call in step.tool_calls) or step.type or "",
        step.status or "",
        "" if step.duration is None else _words.duration(step.duration),
        _words.number(tokens_of(step.usage).total),
    )
