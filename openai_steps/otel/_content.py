"""Messages and tool calls as the conventions write them: JSON text in ``gen_ai.….messages`` and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openai_steps._models.messages import (
    ImageFileContent,
    ImageUrlContent,
    Message,
    MessageContent,
    RefusalContent,
    TextContent,
)
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._words import as_json
from openai_steps.conversation import RAW, Call, RunInThread
from openai_steps.turns import MessageTurn


def run_content(run: Run, inside: RunInThread | None) -> dict[str, str]:
    """Return the input and output of a run.

    The input is only what users wrote since the previous run: with the whole thread on each span, a trace would grow
    with the square of its length.
    """
    found: dict[str, Any] = {}
    if run.instructions:
        found["gen_ai.system_instructions"] = [{"type": "text", "content": run.instructions}]
    if inside is not None:
        if asked := [_input(message) for message in inside.questions]:
            found["gen_ai.input.messages"] = asked
        written = [turn.message for turn in inside.own if isinstance(turn, MessageTurn)]
        if written:
            found["gen_ai.output.messages"] = [_output(_parts(written[-1]), "stop")]
    return _as_text(found)


def step_content(step: RunStep, calls: Sequence[Call], messages: Mapping[str, Message]) -> dict[str, str]:
    """Return the model's answer to a request: tool calls, or the message if it is known."""
    message = messages.get(step.message_id or "")
    if message is not None:
        return _as_text({"gen_ai.output.messages": [_output(_parts(message), "stop")]})
    if calls:
        return _as_text({"gen_ai.output.messages": [_output([_call(call) for call in calls], "tool_call")]})
    return {}


def _input(message: Message) -> dict[str, Any]:
    return {"role": "user", "parts": _parts(message)}


def _output(parts: list[dict[str, Any]], finish_reason: str) -> dict[str, Any]:
    # Today's conventions have the reason on the span; readers that follow schema 1.41 demand it here.
    return {"role": "assistant", "parts": parts, "finish_reason": finish_reason}


def _parts(message: Message) -> list[dict[str, Any]]:
    return [_part(part) for part in message.content or ()]


def _part(part: MessageContent) -> dict[str, Any]:
    match part:
        case TextContent():
            return {"type": "text", "content": part.text.value}
        case RefusalContent():
            return {"type": "text", "content": part.refusal}
        case ImageFileContent():
            return {"type": "file", "modality": "image", "file_id": part.image_file.file_id}
        case ImageUrlContent():
            return {"type": "uri", "modality": "image", "uri": part.image_url.url}
        case _:
            return {"type": part.type or "unknown", "content": as_json(part.data)}


def _call(call: Call) -> dict[str, Any]:
    arguments: Any = call.arguments.get(RAW) if set(call.arguments) == {RAW} else dict(call.arguments)
    return {"type": "tool_call", "id": call.call.id, "name": call.call.name, "arguments": arguments}


def _as_text(found: Mapping[str, Any]) -> dict[str, str]:
    return {name: as_json(value) for name, value in found.items()}
