"""What cannot cross, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import asdict, frozen

from openai_steps import ImageFileContent, Message, Run, RunStep, TextContent, unstructure


@frozen(kw_only=True)
class Lost:
    """Something of a thread that has no place in a conversation.

    Attributes:
        what: What it is, such as ``usage``, ``created_at``, ``image_file``, ``attachment``, ``file_citation``.
        message_id: Its message, if it is of one.
        run_id: Its run, if it is of one.
        step_id: Its step, if it is of one.
        call_id: Its tool call, if it is of one.
        file_id: The file that it names, if it names one.
        detail: What there is to know of it: the value that is lost, or why.
    """

    what: str
    message_id: str | None = None
    run_id: str | None = None
    step_id: str | None = None
    call_id: str | None = None
    file_id: str | None = None
    detail: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return the same as a JSON object, without what it has not."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def lost_of_message(message: Message, files: Mapping[str, str], *, is_empty: bool) -> Iterator[Lost]:
    """Yield what of a message is lost: files that are not known at the new place, annotations, times, metadata."""
    if is_empty:
        yield Lost(what="message", message_id=message.id, detail="it has no content that can cross")
    for part in message.content or ():
        match part:
            case ImageFileContent() if part.image_file.file_id not in files or message.role != "user":
                yield Lost(what="image_file", message_id=message.id, file_id=part.image_file.file_id)
            case TextContent():
                for annotation in part.text.annotations or ():
                    detail = _json(annotation)
                    yield Lost(what=annotation.type or "annotation", message_id=message.id, detail=detail)
            case _ if part.type not in ("image_url", "image_file", "refusal"):
                yield Lost(what=part.type or "content", message_id=message.id, detail=_json(part))
    for attachment in message.attachments or ():
        if attachment.file_id not in files:
            yield Lost(what="attachment", message_id=message.id, file_id=attachment.file_id, detail=_json(attachment))
    yield Lost(what="created_at", message_id=message.id, detail=_time(message.created_at))
    if message.metadata:
        yield Lost(what="metadata", message_id=message.id, detail=dict(message.metadata))


def lost_of_step(step: RunStep) -> Iterator[Lost]:
    """Yield what of a step is lost: its times, its usage, its error and its metadata."""
    yield _times(step, step_id=step.id)
    yield from _usage(step, step_id=step.id)
    yield from _error_and_metadata(step, step_id=step.id)


def lost_of_run(run: Run) -> Iterator[Lost]:
    """Yield what of a run is lost: a conversation has no runs."""
    yield _times(run, run_id=run.id)
    yield Lost(what="status", run_id=run.id, detail=run.status)
    yield from _usage(run, run_id=run.id)
    for what, value in (("instructions", run.instructions), ("model", run.model), ("tools", run.tools)):
        if value:
            yield Lost(what=what, run_id=run.id, detail=value)
    yield from _error_and_metadata(run, run_id=run.id)


def _times(one: Run | RunStep, **ids: str) -> Lost:
    times = {"created_at": _time(one.created_at), "finished_at": _time(one.finished_at)}
    return Lost(what="times", detail=times, **ids)


def _usage(one: Run | RunStep, **ids: str) -> Iterator[Lost]:
    if one.usage is not None:
        yield Lost(what="usage", detail=unstructure(one.usage), **ids)


def _error_and_metadata(one: Run | RunStep, **ids: str) -> Iterator[Lost]:
    if one.last_error is not None:
        yield Lost(what="last_error", detail=unstructure(one.last_error), **ids)
    if one.metadata:
        yield Lost(what="metadata", detail=dict(one.metadata), **ids)


def _json(model: Any) -> Any:
    data = getattr(model, "data", None)
    return data if isinstance(data, dict) else unstructure(model)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
