"""What a step did, in titled blocks of text: code, logs, arguments, search results."""

from __future__ import annotations

from typing import Any

from openai_steps._json.text import loads
from openai_steps._models.steps import OtherStepDetails, RunStep
from openai_steps._models.tool_calls import (
    CodeInterpreterToolCall,
    CodeOutput,
    FileSearchResult,
    FileSearchToolCall,
    ImageOutput,
    LogsOutput,
    McpToolCall,
    OtherToolCall,
    ToolCall,
)
from openai_steps._words import as_json
from openai_steps.timeline._values import Block, Found, ToolUse


def blocks_of(step: RunStep) -> tuple[Block, ...]:
    """Return the blocks of a step besides its tool calls."""
    blocks = []
    if step.last_error is not None:
        blocks.append(Block(title="Error", text=f"{step.last_error.code}: {step.last_error.message}"))
    elif step.extra.get("last_error"):  # it is not an error object
        blocks.append(Block(title="Error", text=_as_text(step.extra["last_error"])))
    if step.message_id is not None:
        blocks.append(Block(title="Message", text=step.message_id))
    if isinstance(step.step_details, OtherStepDetails) and not step.tool_calls:
        blocks.append(Block(title="Details", text=_as_json(step.step_details.data)))
    if step.metadata:
        blocks.append(Block(title="Metadata", text=_as_json(step.metadata)))
    return tuple(blocks)


def tool_use(call: ToolCall) -> ToolUse:
    """Return a tool call, ready to show."""
    return ToolUse(id=call.id, name=call.name, type=call.type or "unknown", blocks=tuple(_blocks(call)))


def _blocks(call: ToolCall) -> list[Block]:
    match call:
        case CodeInterpreterToolCall():
            outputs = [_output(output) for output in call.code_interpreter.outputs or ()]
            return [Block(title="Code", text=call.code_interpreter.input), *outputs]
        case FileSearchToolCall(file_search=search) if search.results is not None:
            return [*_asked(call), Block(title="Found", found=tuple(_found(result) for result in search.results))]
        case McpToolCall(server_label=str(label)):
            return [Block(title="Server", text=label), *_asked(call), *_answered(call)]
        case OtherToolCall() if call.arguments is None and call.output is None:
            return [Block(title="Call", text=_as_json(call.data))]
        case _:
            return [*_asked(call), *_answered(call)]


def _asked(call: ToolCall) -> list[Block]:
    return [] if call.arguments is None else [Block(title="Arguments", text=_pretty(call.arguments))]


def _answered(call: ToolCall) -> list[Block]:
    return [] if call.output is None else [Block(title="Output", text=_pretty(call.output))]


def _output(output: CodeOutput) -> Block:
    match output:
        case LogsOutput():
            return Block(title="Logs", text=output.logs)
        case ImageOutput():
            return Block(title="Image", text=output.image.file_id, image=output.image.file_id)
        case _:
            return Block(title="Output", text=_as_json(output.data))


def _found(result: FileSearchResult) -> Found:
    texts = [piece.text for piece in result.content or () if piece.text]
    return Found(name=result.file_name, score=result.score, text="\n\n".join(texts) or None)


def _pretty(text: str) -> str:
    """Return JSON text indented; any other text as it is."""
    try:
        value = loads(text)
    except ValueError:
        return text
    return _as_json(value) if isinstance(value, dict | list) else text


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    return as_json(value, indent=2)
