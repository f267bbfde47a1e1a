"""One row for each run, in the shape that an evaluation library reads. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from openai_steps import FileSearchToolCall, McpToolCall
from openai_steps._models.steps import tokens_of
from openai_steps.conversation import Call, RunInThread, calls_of, shown
from openai_steps.evaluation._azure import azure_row
from openai_steps.turns import MessageTurn, StepTurn, Turn


def deepeval_row(run: RunInThread) -> dict[str, Any]:
    """Return a test case as DeepEval's ``EvaluationDataset.add_test_cases_from_json_file`` reads it."""
    tokens = tokens_of(run.run.usage)
    return {
        "name": run.run.id,
        "input": run.question,
        "actual_output": run.answer,
        "tools_called": [_deepeval_call(call) for call in run.calls],
        "retrieval_context": [text for call in run.calls for text in _found(call)] or None,
        "completion_time": run.duration.total_seconds() if run.duration is not None else None,
        "input_token_count": tokens.prompt,
        "output_token_count": tokens.completion,
        "metadata": run.metadata,
    }


def _deepeval_call(call: Call) -> dict[str, Any]:
    return {
        "name": call.call.name,
        "type": "MCP" if isinstance(call.call, McpToolCall) else "FUNCTION",
        "input_parameters": dict(call.arguments),
        "output": call.result,
    }


def _found(call: Call) -> Iterator[str]:
    """Yield the texts that a file search found, if they were asked for."""
    if isinstance(call.call, FileSearchToolCall):
        for result in call.call.file_search.results or ():
            yield from (part.text for part in result.content or () if part.text is not None)


def ragas_row(run: RunInThread) -> dict[str, Any]:
    """Return a ``MultiTurnSample`` of Ragas: the thread up to the end of the run."""
    return {"user_input": [message for turn in (*run.before, *run.own) for message in _ragas_messages(turn)]}


def _ragas_messages(turn: Turn) -> Iterator[dict[str, Any]]:
    match turn:
        case MessageTurn():
            kind = "human" if turn.message.role == "user" else "ai"
            yield {"content": shown(turn.message), "type": kind}
        case StepTurn():
            calls = calls_of(turn.step)
            if calls:
                made = [{"name": call.call.name, "args": dict(call.arguments)} for call in calls]
                yield {"content": "", "type": "ai", "tool_calls": made}
            yield from ({"content": call.result_text, "type": "tool"} for call in calls if call.is_answered)


def promptfoo_test(run: RunInThread) -> dict[str, Any]:
    """Return a test of promptfoo with a recorded output: ``providerOutput`` replaces the call of a provider."""
    return {
        "description": run.run.id,
        "vars": {"input": run.question, "thread_id": run.thread_id, "run_id": run.run.id},
        "providerOutput": {
            "output": run.answer,
            "tool_calls": [{"name": call.call.name, "arguments": dict(call.arguments)} for call in run.calls],
        },
        "metadata": run.metadata,
    }


def chat_row(run: RunInThread) -> dict[str, Any]:
    """Return the thread up to the end of the run as chat messages, as tools for fine-tuning read them."""
    system = [{"role": "system", "content": run.run.instructions}] if run.run.instructions else []
    messages = [message for turn in (*run.before, *run.own) for message in _chat_messages(turn)]
    row: dict[str, Any] = {"messages": [*system, *messages]}
    if tools := [_chat_tool(tool) for tool in run.run.tools or () if isinstance(tool.get("function"), dict)]:
        row |= {"tools": tools, "parallel_tool_calls": run.run.parallel_tool_calls is not False}
    return row


def _chat_messages(turn: Turn) -> Iterator[dict[str, Any]]:
    match turn:
        case MessageTurn():
            yield {"role": turn.message.role or "assistant", "content": shown(turn.message)}
        case StepTurn():
            calls = calls_of(turn.step)
            if calls:
                yield {"role": "assistant", "content": None, "tool_calls": [_chat_call(call) for call in calls]}
            # Each call must be answered: these formats have no unanswered ones.
            yield from ({"role": "tool", "tool_call_id": call.call.id, "content": call.result_text} for call in calls)


def _chat_call(call: Call) -> dict[str, Any]:
    function = {"name": call.call.name, "arguments": call.arguments_text}
    return {"id": call.call.id, "type": "function", "function": function}


def _chat_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    known = ("name", "description", "parameters")
    return {"type": "function", "function": {key: tool["function"][key] for key in known if key in tool["function"]}}


@frozen(kw_only=True)
class Format:
    """A format of rows.

    Attributes:
        row: Makes the row of a run.
        failed: Whether runs that did not complete have a row by default.
        is_array: Whether the file is one JSON array, instead of one row per line.
    """

    row: Callable[[RunInThread], dict[str, Any]]
    failed: bool
    is_array: bool = False


FORMATS: Final[Mapping[str, Format]] = {
    "azure": Format(row=azure_row, failed=True),
    "deepeval": Format(row=deepeval_row, failed=True, is_array=True),
    "ragas": Format(row=ragas_row, failed=True),
    "promptfoo": Format(row=promptfoo_test, failed=False, is_array=True),
    "messages": Format(row=chat_row, failed=False),
}
"""The formats by their names."""
