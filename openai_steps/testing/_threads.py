"""Builders of messages, runs and files in the wire shape; the same arguments give the same dict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from openai_steps.testing._calls import WireObject
from openai_steps.testing._steps import FIRST_CREATED, SECONDS_BETWEEN, SECONDS_LONG

RunStatus: TypeAlias = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "incomplete",
    "expired",
]
"""A run's status."""

_ENDED_AT: Final[Mapping[RunStatus, str]] = {
    "completed": "completed_at",
    "incomplete": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
}


def text_part(value: str, *annotations: Mapping[str, Any]) -> WireObject:
    """Build a text part of a message.

    Args:
        value: The text.
        annotations: Citations and file paths in it; `file_citation` builds one.
    """
    return {"type": "text", "text": {"value": value, "annotations": [dict(one) for one in annotations]}}


def image_part(file_id: str) -> WireObject:
    """Build an image part of a message; ``file_id`` is the image's file."""
    return {"type": "image_file", "image_file": {"file_id": file_id, "detail": "auto"}}


def file_citation(value: str, text: str, file_id: str) -> WireObject:
    """Build an annotation that cites a file.

    Args:
        value: The whole text.
        text: The part of it that is the citation, such as ``【4:0†handbook.md】``.
        file_id: The file.
    """
    start = value.index(text)
    return {
        "type": "file_citation",
        "text": text,
        "start_index": start,
        "end_index": start + len(text),
        "file_citation": {"file_id": file_id},
    }


def user_message(number: int = 1, content: str | Iterable[Mapping[str, Any]] = "Hello!", **fields: Any) -> WireObject:
    """Build a message that a user wrote.

    Args:
        number: The message's place in its thread, from 1. It gives the id ``msg_1`` and the time, which is
            that of the step of the same number: ``message_step(2)`` writes ``assistant_message(2)``.
        content: Its text, or its parts, such as those of `text_part`.
        **fields: Any other wire fields; they replace what was built.
    """
    parts = [text_part(content)] if isinstance(content, str) else [dict(part) for part in content]
    return {
        "id": f"msg_{number}",
        "object": "thread.message",
        "created_at": FIRST_CREATED + (number - 1) * SECONDS_BETWEEN,
        "assistant_id": None,
        "run_id": None,
        "role": "user",
        "content": parts,
        "attachments": [],
        "metadata": {},
        **fields,
    }


def assistant_message(
    number: int = 1,
    content: str | Iterable[Mapping[str, Any]] = "Hello! How can I help?",
    *,
    run_id: str | None = "run_1",
    **fields: Any,
) -> WireObject:
    """Build a message that an assistant wrote.

    Args:
        number: See `user_message`.
        content: See `user_message`.
        run_id: The run that wrote it; None for one that a client posted in the assistant's name.
        **fields: See `user_message`.
    """
    who = {"assistant_id": None if run_id is None else "asst_1", "run_id": run_id, "role": "assistant"}
    return user_message(number, content, **{**who, **fields})


def thread_run(number: int = 1, *, status: RunStatus = "completed", **fields: Any) -> WireObject:
    """Build a run.

    Args:
        number: The run's place in its thread, from 1. It gives the id ``run_1`` and the time at which it began, that of
            the step of the same number.
        status: Sets the times that go with it.
        **fields: Any other wire fields; they replace what was built.
    """
    created_at = FIRST_CREATED + (number - 1) * SECONDS_BETWEEN
    run: WireObject = {
        "id": f"run_{number}",
        "object": "thread.run",
        "created_at": created_at,
        "assistant_id": "asst_1",
        "status": status,
        "started_at": None if status == "queued" else created_at,
        "expires_at": None if status in _ENDED_AT else created_at + 600,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": "gpt-4o",
        "instructions": "You are a helpful assistant.",
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }
    if status in _ENDED_AT:
        run[_ENDED_AT[status]] = created_at + SECONDS_LONG
        run["usage"] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {**run, **fields}


def waiting_run(
    number: int = 1, calls: Iterable[Mapping[str, Any]] = (), *, approval: bool = False, **fields: Any
) -> WireObject:
    """Build a run that waits in ``requires_action``.

    Args:
        number: See `thread_run`.
        calls: The calls it waits for: those of `function_call`, or of `mcp_call` for an approval.
        approval: Whether it waits for their approval. Otherwise it waits for their outputs.
        **fields: See `thread_run`.
    """
    kind = "submit_tool_approval" if approval else "submit_tool_outputs"
    asked = [_without_output(call) for call in calls]
    action = {"type": kind, kind: {"tool_calls": asked}}
    return thread_run(number, status="requires_action", **{"required_action": action, **fields})


def _without_output(call: Mapping[str, Any]) -> WireObject:
    function = call.get("function")
    if not isinstance(function, Mapping):
        return dict(call)
    return {**call, "function": {name: value for name, value in function.items() if name != "output"}}


def thread_file(file_id: str = "file_1", filename: str = "plot.png", **fields: Any) -> WireObject:
    """Build a file object.

    Args:
        file_id: Its id.
        filename: Its name.
        **fields: Any other wire fields, such as ``bytes`` and ``purpose``; they replace what was built.
    """
    return {
        "id": file_id,
        "object": "file",
        "created_at": FIRST_CREATED,
        "filename": filename,
        "purpose": "assistants_output",
        "expires_at": None,
        "status": "processed",
        "status_details": None,
        **fields,
    }
