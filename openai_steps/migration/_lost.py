"""What a conversation cannot hold, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import asdict, frozen

from openai_steps import (
    ImageFileContent,
    ImageUrlContent,
    Message,
    Run,
    RunStep,
    TextContent,
    Thread,
    unstructure,
)
from openai_steps._words import iso
from openai_steps.migration._messages import crossing_files, role_of


@frozen(kw_only=True)
class Lost:
    """Something of a thread that has no place in a conversation.

    Attributes:
        what: What it is, such as ``usage``, ``created_at``, ``image_file``, ``attachment``, ``file_citation``.
        message_id: Its message, if it belongs to one.
        run_id: Its run, if it belongs to one.
        step_id: Its step, if it belongs to one.
        call_id: Its tool call, if it belongs to one.
        file_id: The file that it names, if it names one.
        detail: The value that is lost, or why it is lost.
    """

    what: str
    message_id: str | None = None
    run_id: str | None = None
    step_id: str | None = None
    call_id: str | None = None
    file_id: str | None = None
    detail: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return the same as a JSON object, without empty fields."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def lost_of_thread(thread: Thread) -> Iterator[Lost]:
    """Yield what is lost of a thread's own object; its metadata becomes the conversation's."""
    yield Lost(what="created_at", detail=_time(thread.created_at))
    for what, value in (("title", thread.title), ("tool_resources", thread.tool_resources)):
        if value:
            yield Lost(what=what, detail=value)
    if thread.extra:
        yield Lost(what="extra", detail=dict(thread.extra))


def lost_of_message(message: Message, files: Mapping[str, str], *, is_empty: bool) -> Iterator[Lost]:
    """Yield what is lost of a message: files that are unknown at the new place, annotations, times, metadata."""
    role, crossing = role_of(message), crossing_files(message, files)
    if is_empty:
        yield Lost(what="message", message_id=message.id, detail="it has no content that can cross")
    if role != message.role:
        yield Lost(what="role", message_id=message.id, detail=message.role)
    for part in message.content or ():
        match part:
            case ImageFileContent() if part.image_file.file_id not in crossing:
                yield Lost(what="image_file", message_id=message.id, file_id=part.image_file.file_id)
            case ImageUrlContent() if role == "assistant":
                yield Lost(what="image_url", message_id=message.id, detail=part.image_url.url)
            case TextContent():
                for annotation in part.text.annotations or ():
                    detail = _json(annotation)
                    yield Lost(what=annotation.type or "annotation", message_id=message.id, detail=detail)
            case _ if part.type not in ("image_url", "image_file", "refusal"):
                yield Lost(what=part.type or "content", message_id=message.id, detail=_json(part))
    for attachment in message.attachments or ():
        what = "tools" if attachment.file_id in crossing else "attachment"
        if what == "attachment" or attachment.tools:
            yield Lost(what=what, message_id=message.id, file_id=attachment.file_id, detail=_json(attachment))
    for file_id in message.file_ids or ():
        if file_id not in crossing:
            yield Lost(what="attachment", message_id=message.id, file_id=file_id)
    yield Lost(what="created_at", message_id=message.id, detail=_time(message.created_at))
    if message.status not in (None, "completed"):
        details = {name: unstructure(message).get(name) for name in ("incomplete_details", "incomplete_at")}
        yield Lost(what="status", message_id=message.id, detail={"status": message.status, **details})
    for what, value in (("metadata", message.metadata), ("extra", message.extra)):
        if value:
            yield Lost(what=what, message_id=message.id, detail=dict(value))


def lost_of_step(step: RunStep) -> Iterator[Lost]:
    """Yield what is lost of a step: its times, its usage, its error and its metadata."""
    yield _times(step, step_id=step.id)
    yield from _usage(step, step_id=step.id)
    yield from _error_and_metadata(step, step_id=step.id)


def lost_of_run(run: Run) -> Iterator[Lost]:
    """Yield what is lost of a run: a conversation has no runs."""
    yield _times(run, run_id=run.id)
    yield Lost(what="status", run_id=run.id, detail=run.status)
    yield from _usage(run, run_id=run.id)
    fields = unstructure(run)
    for what in _OF_THE_AGENT:
        if fields.get(what):
            yield Lost(what=what, run_id=run.id, detail=fields[what])
    if settings := {name: fields[name] for name in _SETTINGS if fields.get(name) is not None}:
        yield Lost(what="settings", run_id=run.id, detail=settings)
    yield from _error_and_metadata(run, run_id=run.id)


# What belongs to an agent now, or to a response.
_OF_THE_AGENT: Final = (
    "assistant_id",
    "agent_id",
    "instructions",
    "model",
    "tools",
    "tool_resources",
    "required_action",
    "incomplete_details",
)
_SETTINGS: Final = (
    "temperature",
    "top_p",
    "max_prompt_tokens",
    "max_completion_tokens",
    "truncation_strategy",
    "tool_choice",
    "response_format",
    "parallel_tool_calls",
    "reasoning_effort",
)


def _times(one: Run | RunStep, **ids: str) -> Lost:
    times = {"created_at": _time(one.created_at), "finished_at": _time(one.finished_at)}
    return Lost(what="times", detail=times, **ids)


def _usage(one: Run | RunStep, **ids: str) -> Iterator[Lost]:
    if one.usage is not None:
        yield Lost(what="usage", detail=unstructure(one.usage), **ids)


def _error_and_metadata(one: Run | RunStep, **ids: str) -> Iterator[Lost]:
    if one.last_error is not None:
        yield Lost(what="last_error", detail=unstructure(one.last_error), **ids)
    for what, value in (("metadata", one.metadata), ("extra", one.extra)):
        if value:
            yield Lost(what=what, detail=dict(value), **ids)


def _json(model: Any) -> Any:
    data = getattr(model, "data", None)
    return data if isinstance(data, dict) else unstructure(model)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
