"""The columns of an exported table: one row for a step. No Arrow here, only what each column holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from attrs import frozen

from openai_steps._json.converter import dumps
from openai_steps._models.steps import RunStep, Usage

ColumnType: TypeAlias = Literal["string", "int64", "timestamp[us, UTC]", "list<string>"]
"""What Arrow calls the type of a column."""


@frozen
class Column:
    """A column: its name and type, what it holds in words, and its value for a step (None where there is none)."""

    name: str
    type: ColumnType
    meaning: str
    value: Callable[[RunStep], Any]


def _tokens(kind: Literal["prompt", "completion", "total", "cached", "reasoning"]) -> Callable[[RunStep], int | None]:
    def value(step: RunStep) -> int | None:
        number: int | None = getattr((step.usage or Usage()).tokens, kind)
        # One that does not fit into the column makes no sense, and is in "raw".
        return number if number is not None and -(2**63) <= number < 2**63 else None

    return value


COLUMNS: Final = (
    Column("thread_id", "string", "The thread.", lambda step: step.thread_id),
    Column("run_id", "string", "The run.", lambda step: step.run_id),
    Column("step_id", "string", "The step.", lambda step: step.id),
    Column("assistant_id", "string", "The assistant.", lambda step: step.assistant_id),
    Column("type", "string", "`message_creation`, `tool_calls` or a provider's own.", lambda step: step.type),
    Column("status", "string", "As the server says, such as `completed`.", lambda step: step.status),
    Column("created_at", "timestamp[us, UTC]", "When the step began.", lambda step: step.created_at),
    Column("finished_at", "timestamp[us, UTC]", "When it ended, however it ended.", lambda step: step.finished_at),
    Column("completed_at", "timestamp[us, UTC]", "When it was completed.", lambda step: step.completed_at),
    Column("failed_at", "timestamp[us, UTC]", "When it failed.", lambda step: step.failed_at),
    Column("cancelled_at", "timestamp[us, UTC]", "When it was cancelled.", lambda step: step.cancelled_at),
    Column("expired_at", "timestamp[us, UTC]", "When it expired.", lambda step: step.expired_at),
    Column("error_code", "string", "The code of `last_error`.", lambda step: step.last_error and step.last_error.code),
    Column("error_message", "string", "Its text.", lambda step: step.last_error and step.last_error.message),
    Column("message_id", "string", "The message that the step wrote.", lambda step: step.message_id),
    Column(
        "tools",
        "list<string>",
        "The name of each tool called, in order.",
        lambda step: [t.name for t in step.tool_calls],
    ),
    Column("prompt_tokens", "int64", "Tokens read (or `input_tokens`).", _tokens("prompt")),
    Column(
        "completion_tokens",
        "int64",
        "Tokens written (or `output_tokens`).",
        _tokens("completion"),
    ),
    Column("total_tokens", "int64", "Both, added up where the server does not.", _tokens("total")),
    Column(
        "cached_tokens",
        "int64",
        "Those of the tokens read that came from a cache.",
        _tokens("cached"),
    ),
    Column(
        "reasoning_tokens",
        "int64",
        "Those of the tokens written that were thought.",
        _tokens("reasoning"),
    ),
    Column("raw", "string", "The whole step as JSON: nothing is lost.", lambda step: dumps(step).decode()),
)
"""The columns, in their order."""


def table(rows: list[tuple[RunStep, bytes]]) -> Mapping[str, list[Any]]:
    """Return the values of each column, by its name, for steps that come with their JSON."""
    values = {column.name: [column.value(step) for step, _ in rows] for column in COLUMNS if column.name != "raw"}
    return {**values, "raw": [line.decode() for _, line in rows]}
