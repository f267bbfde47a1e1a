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
    times = {"created_at": _time(step.created_at), "finished_at": _time(step.finished_at)}
    yield Lost(what="times", step_id=step.id, detail=times)
    if step.usage is not None:
        yield Lost(what="usage", step_id=step.id, detail=unstructure(step.usage))
    if step.last_error is not None:
        yield Lost(what="last_error", step_id=step.id, detail=unstructure(step.last_error))
    if step.metadata:
        yield Lost(what="metadata", step_id=step.id, detail=dict(step.metadata))


def lost_of_run(run: Run) -> Iterator[Lost]:
    """Yield what of a run is lost: a conversation has no runs."""
    times = {"created_at": _time(run.created_at), "finished_at": _time(run.finished_at)}
    yield Lost(what="times", run_id=run.id, detail=times)
    yield Lost(what="status", run_id=run.id, detail=run.status)
    if run.usage is not None:
        yield Lost(what="usage", run_id=run.id, detail=unstructure(run.usage))
    for what, value in (("instructions", run.instructions), ("model", run.model), ("tools", run.tools)):
        if value:
            yield Lost(what=what, run_id=run.id, detail=value)
    if run.last_error is not None:
        yield Lost(what="last_error", run_id=run.id, detail=unstructure(run.last_error))
    if run.metadata:
        yield Lost(what="metadata", run_id=run.id, detail=dict(run.metadata))


def _json(model: Any) -> Any:
    data = getattr(model, "data", None)
    return data if isinstance(data, dict) else unstructure(model)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
