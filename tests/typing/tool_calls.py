"""Narrowing: by class and by ``type``, exhaustive with the class for unknown kinds."""

from __future__ import annotations

from typing import Any, Literal, assert_never, assert_type

from openai_steps import (
    CodeInterpreterToolCall,
    CodeOutput,
    FileSearchToolCall,
    FunctionToolCall,
    ImageOutput,
    LogsOutput,
    McpToolCall,
    MessageCreationDetails,
    OtherOutput,
    OtherStepDetails,
    OtherToolCall,
    RetrievalToolCall,
    RunStep,
    StepDetails,
    ToolCall,
    ToolCallsDetails,
)


def by_class(call: ToolCall) -> object:
    match call:
        case CodeInterpreterToolCall():
            return assert_type(call.code_interpreter.outputs, tuple[CodeOutput, ...] | None)
        case FileSearchToolCall():
            return call.file_search.results
        case FunctionToolCall():
            return assert_type(call.function.output, str | None)
        case McpToolCall():
            return call.server_label
        case RetrievalToolCall():
            return call.retrieval
        case OtherToolCall():
            return assert_type(call.data, dict[str, Any])
        case _:
            assert_never(call)


def by_type(call: ToolCall) -> None:
    if call.type == "function" and not isinstance(call, OtherToolCall):
        # mypy does not narrow by a tag that is any text in one of the classes: there, match by class.
        len(call.function.name)  # type: ignore[union-attr]
    if isinstance(call, FunctionToolCall):
        assert_type(call.type, Literal["function"])
    if isinstance(call, OtherToolCall):
        assert_type(call.type, str | None)


def forgotten_kind(call: ToolCall) -> None:
    match call:
        case (
            CodeInterpreterToolCall() | FileSearchToolCall() | FunctionToolCall() | McpToolCall() | RetrievalToolCall()
        ):
            pass
        case _:
            assert_never(call)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def alike(call: ToolCall) -> None:
    assert_type(call.id, str)
    assert_type(call.name, str)
    assert_type(call.arguments, str | None)
    assert_type(call.output, str | None)


def details(what: StepDetails) -> object:
    match what:
        case MessageCreationDetails(message_creation):
            return assert_type(message_creation.message_id, str)
        case ToolCallsDetails(tool_calls):
            return assert_type(tool_calls, tuple[ToolCall, ...])
        case OtherStepDetails(data):
            return assert_type(data, dict[str, Any])
        case _:
            assert_never(what)


def outputs(output: CodeOutput) -> str:
    match output:
        case LogsOutput(logs):
            return logs
        case ImageOutput(image):
            return image.file_id
        case OtherOutput():
            return str(output.data)
        case _:
            assert_never(output)


def step(one: RunStep) -> None:
    assert_type(one.tool_calls, tuple[ToolCall, ...])
    assert_type(one.step_details, StepDetails)
    assert_type(one.metadata, dict[str, Any] | None)
