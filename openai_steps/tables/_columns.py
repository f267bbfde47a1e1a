"""The columns of each table. No Arrow here, only what each column holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from attrs import frozen

from openai_steps import CodeInterpreterToolCall, ImageFileContent, ImageOutput, McpToolCall, Message
from openai_steps._json.text import to_text
from openai_steps._models.tool_calls import type_of
from openai_steps.conversation import Call
from openai_steps.tables._rows import CallRow, MessageRow, RunRow, StepRow

Row = TypeVar("Row")

ColumnType: TypeAlias = Literal["string", "bool", "int32", "int64", "double", "timestamp[us, UTC]", "list<string>"]
"""What Arrow calls the type of a column."""


@frozen
class Column(Generic[Row]):
    """A column.

    Attributes:
        name: Its name.
        type: Its type.
        meaning: What it holds, in words.
        value: Gives its value for a row; None if there is none.
    """

    name: str
    type: ColumnType
    meaning: str
    value: Callable[[Row], Any]


def _fitting(number: int | None) -> int | None:
    """Return a number; None if it does not fit into the column: it is implausible then, and is in ``raw``."""
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _metadata(metadata: Mapping[str, Any] | None) -> bytes | None:
    return None if metadata is None else to_text(metadata)


STEP_COLUMNS: Final[tuple[Column[StepRow], ...]] = (
    Column("thread_id", "string", "The thread.", lambda row: row.step.thread_id),
    Column("run_id", "string", "The run.", lambda row: row.step.run_id),
    Column("step_id", "string", "The step.", lambda row: row.step.id),
    Column("assistant_id", "string", "The assistant.", lambda row: row.step.assistant_id),
    Column("type", "string", "`message_creation`, `tool_calls` or a provider's own.", lambda row: row.step.type),
    Column("status", "string", "As the server says, such as `completed`.", lambda row: row.step.status),
    Column("created_at", "timestamp[us, UTC]", "When the step began.", lambda row: row.step.created_at),
    Column("finished_at", "timestamp[us, UTC]", "When it ended, however it ended.", lambda row: row.step.finished_at),
    Column("completed_at", "timestamp[us, UTC]", "When it was completed.", lambda row: row.step.completed_at),
    Column("failed_at", "timestamp[us, UTC]", "When it failed.", lambda row: row.step.failed_at),
    Column("cancelled_at", "timestamp[us, UTC]", "When it was cancelled.", lambda row: row.step.cancelled_at),
    Column("expired_at", "timestamp[us, UTC]", "When it expired.", lambda row: row.step.expired_at),
    Column(
        "error_code",
        "string",
        "The code of `last_error`.",
        lambda row: row.step.last_error and row.step.last_error.code,
    ),
    Column("error_message", "string", "Its text.", lambda row: row.step.last_error and row.step.last_error.message),
    Column("message_id", "string", "The message that the step wrote.", lambda row: row.step.message_id),
    Column(
        "tools",
        "list<string>",
        "The name of each tool called, in order.",
        lambda row: [call.name for call in row.step.tool_calls],
    ),
    Column("prompt_tokens", "int64", "Tokens read (or `input_tokens`).", lambda row: _fitting(row.tokens.prompt)),
    Column(
        "completion_tokens",
        "int64",
        "Tokens written (or `output_tokens`).",
        lambda row: _fitting(row.tokens.completion),
    ),
    Column(
        "total_tokens",
        "int64",
        "Both, added up if the server does not.",
        lambda row: _fitting(row.tokens.total),
    ),
    Column(
        "cached_tokens",
        "int64",
        "Those of the tokens read that came from a cache.",
        lambda row: _fitting(row.tokens.cached),
    ),
    Column(
        "reasoning_tokens",
        "int64",
        "Those of the tokens written that were hidden reasoning.",
        lambda row: _fitting(row.tokens.reasoning),
    ),
    Column("raw", "string", "The whole step as JSON: nothing is lost.", lambda row: row.raw),
)
"""The columns of `steps_table`: a row for each step."""


def _arguments(call: Call) -> str:
    return call.arguments_text if call.broken is None else call.broken.text


def _images(call: Call) -> list[str]:
    if not isinstance(call.call, CodeInterpreterToolCall):
        return []
    outputs = call.call.code_interpreter.outputs or ()
    return [output.image.file_id for output in outputs if isinstance(output, ImageOutput)]


CALL_COLUMNS: Final[tuple[Column[CallRow], ...]] = (
    Column("thread_id", "string", "The thread.", lambda row: row.call.step.thread_id),
    Column("run_id", "string", "The run.", lambda row: row.call.step.run_id),
    Column("step_id", "string", "The step.", lambda row: row.call.step.id),
    Column("step_index", "int32", "The step's place in its run, from 0.", lambda row: row.step_index),
    Column("call_index", "int32", "The call's place in its step, from 0.", lambda row: row.call_index),
    Column("order", "int32", "The call's place among all calls of the run, from 0.", lambda row: row.order),
    Column("call_id", "string", "The call.", lambda row: row.call.call.id),
    Column("type", "string", "The kind of tool, such as `function`.", lambda row: row.call.call.type),
    Column("name", "string", "The tool's name.", lambda row: row.call.call.name),
    Column(
        "arguments",
        "string",
        "Its arguments: a JSON object as text, or the text that is there instead.",
        lambda row: _arguments(row.call),
    ),
    Column("arguments_valid", "bool", "Whether that is a JSON object.", lambda row: row.call.broken is None),
    Column(
        "output",
        "string",
        "Its result; null if there is none, `''` if it is empty.",
        lambda row: row.call.result_text if row.call.is_answered else None,
    ),
    Column("images", "list<string>", "The ids of the images that code drew.", lambda row: _images(row.call)),
    Column("step_status", "string", "The step's status: a call has none.", lambda row: row.call.step.status),
    Column(
        "error_code",
        "string",
        "The code of the step's `last_error`.",
        lambda row: row.call.step.last_error and row.call.step.last_error.code,
    ),
    Column(
        "server_label",
        "string",
        "The MCP server.",
        lambda row: row.call.call.server_label if isinstance(row.call.call, McpToolCall) else None,
    ),
    Column("step_created_at", "timestamp[us, UTC]", "When the step began.", lambda row: row.call.step.created_at),
    Column("step_finished_at", "timestamp[us, UTC]", "When the step ended.", lambda row: row.call.step.finished_at),
    Column(
        "step_seconds",
        "double",
        "How long the step took, all its calls together: a call has no times.",
        lambda row: _seconds(row.call.step.duration),
    ),
    Column("calls_in_step", "int32", "How many calls share the step.", lambda row: row.calls_in_step),
    Column(
        "step_prompt_tokens",
        "int64",
        "The step's tokens read: add them up by step, not by call.",
        lambda row: _fitting(row.step.tokens.prompt),
    ),
    Column(
        "step_completion_tokens",
        "int64",
        "The step's tokens written.",
        lambda row: _fitting(row.step.tokens.completion),
    ),
    Column("model", "string", "The run's model, if the run is known.", lambda row: row.model),
    Column("raw", "string", "The whole call as JSON.", lambda row: row.raw),
)
"""The columns of `calls_table`: a row for each tool call."""


RUN_COLUMNS: Final[tuple[Column[RunRow], ...]] = (
    Column("thread_id", "string", "The thread.", lambda row: row.run.thread_id),
    Column("run_id", "string", "The run.", lambda row: row.run.id),
    Column("assistant_id", "string", "The assistant.", lambda row: row.run.assistant_id or row.run.agent_id),
    Column("model", "string", "The model; on Azure the name of its deployment.", lambda row: row.run.model),
    Column("status", "string", "As the server says, such as `completed`.", lambda row: row.run.status),
    Column("created_at", "timestamp[us, UTC]", "When the run was created.", lambda row: row.run.created_at),
    Column("started_at", "timestamp[us, UTC]", "When it was started.", lambda row: row.run.started_at),
    Column("finished_at", "timestamp[us, UTC]", "When it ended, however it ended.", lambda row: row.run.finished_at),
    Column("completed_at", "timestamp[us, UTC]", "When it was completed.", lambda row: row.run.completed_at),
    Column("failed_at", "timestamp[us, UTC]", "When it failed.", lambda row: row.run.failed_at),
    Column("cancelled_at", "timestamp[us, UTC]", "When it was cancelled.", lambda row: row.run.cancelled_at),
    Column("expires_at", "timestamp[us, UTC]", "When it expires, or expired.", lambda row: row.run.expires_at),
    Column("seconds", "double", "From its creation to its end.", lambda row: _seconds(row.run.duration)),
    Column(
        "error_code",
        "string",
        "The code of `last_error`.",
        lambda row: row.run.last_error and row.run.last_error.code,
    ),
    Column("error_message", "string", "Its text.", lambda row: row.run.last_error and row.run.last_error.message),
    Column(
        "incomplete_reason",
        "string",
        "Why it is incomplete.",
        lambda row: row.run.incomplete_details and row.run.incomplete_details.reason,
    ),
    Column("instructions", "string", "The instructions to the model.", lambda row: row.run.instructions),
    Column(
        "tools",
        "list<string>",
        "The kind of each tool that it could call.",
        lambda row: [type_of(tool) or "unknown" for tool in row.run.tools or ()],
    ),
    Column("prompt_tokens", "int64", "Tokens read.", lambda row: _fitting(row.tokens.prompt)),
    Column("completion_tokens", "int64", "Tokens written.", lambda row: _fitting(row.tokens.completion)),
    Column("total_tokens", "int64", "Both.", lambda row: _fitting(row.tokens.total)),
    Column("cached_tokens", "int64", "Those read from a cache.", lambda row: _fitting(row.tokens.cached)),
    Column("reasoning_tokens", "int64", "Those of hidden reasoning.", lambda row: _fitting(row.tokens.reasoning)),
    Column("metadata", "string", "The metadata as JSON.", lambda row: _metadata(row.run.metadata)),
    Column("raw", "string", "The whole run as JSON.", lambda row: row.raw),
)
"""The columns of `runs_table`: a row for each run."""


def _shown_images(message: Message) -> list[str]:
    parts = message.content or ()
    return [part.image_file.file_id for part in parts if isinstance(part, ImageFileContent)]


MESSAGE_COLUMNS: Final[tuple[Column[MessageRow], ...]] = (
    Column("thread_id", "string", "The thread.", lambda row: row.message.thread_id),
    Column("message_id", "string", "The message.", lambda row: row.message.id),
    Column("run_id", "string", "The run that wrote it.", lambda row: row.message.run_id),
    Column("assistant_id", "string", "The assistant.", lambda row: row.message.assistant_id or row.message.agent_id),
    Column("role", "string", "`user` or `assistant`.", lambda row: row.message.role),
    Column("created_at", "timestamp[us, UTC]", "When it was written.", lambda row: row.message.created_at),
    Column("text", "string", "Its texts, one line for each part.", lambda row: row.message.text),
    Column("images", "list<string>", "The ids of the images that it shows.", lambda row: _shown_images(row.message)),
    Column("files", "list<string>", "The ids of all files that it names.", lambda row: row.message.files),
    Column("metadata", "string", "The metadata as JSON.", lambda row: _metadata(row.message.metadata)),
    Column("raw", "string", "The whole message as JSON.", lambda row: row.raw),
)
"""The columns of `messages_table`: a row for each message."""
