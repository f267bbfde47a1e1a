"""Rows as azure-ai-evaluation's converter writes them (1.18.10), without its mistakes.

A row has the ``query`` (the instructions, and the thread up to the run), the ``response`` (what the run did) and the
``tool_definitions``. ``docs/howto/evaluation.md`` lists the differences: an unanswered call does not stop the rest,
results come after their calls, no tool's calls are left out, and no run has what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from openai_steps import CodeInterpreterToolCall, FileSearchToolCall, RunStep, TextContent, _words, unstructure
from openai_steps.conversation import Call, RunInThread, calls_of, shown
from openai_steps.turns import MessageTurn, StepTurn, Turn


def azure_row(run: RunInThread) -> dict[str, Any]:
    """Return the row of a run."""
    system = [{"role": "system", "content": run.run.instructions}] if run.run.instructions else []
    return {
        "query": [*system, *(message for turn in run.before for message in _messages(turn))],
        "response": [message for turn in run.own for message in _messages(turn)],
        "tool_definitions": [found for tool in run.run.tools or () if (found := _definition(tool)) is not None],
    }


def _messages(turn: Turn) -> Iterator[dict[str, Any]]:
    match turn:
        case MessageTurn():
            yield _message(turn)
        case StepTurn():
            calls = calls_of(turn.step)
            yield from (_tool_call(call, turn) for call in calls)
            yield from (_tool_result(call, turn) for call in calls if call.is_answered)


def _message(turn: MessageTurn) -> dict[str, Any]:
    message = turn.message
    texts = [part.text.value for part in message.content or () if isinstance(part, TextContent)]
    # That library's validators accept only text from a user; a message of images only must not be empty.
    content = [{"type": "text", "text": text} for text in texts or [shown(message)]]
    run = {"run_id": turn.run.id} if turn.run is not None else {}
    return {"createdAt": _time(message.created_at), **run, "role": message.role or "assistant", "content": content}


def _tool_call(call: Call, turn: StepTurn) -> dict[str, Any]:
    content = {
        "type": "tool_call",
        "tool_call_id": call.call.id,
        "name": call.call.name,
        "arguments": _arguments(call),
        **({"status": "incomplete"} if call.went_unanswered else {}),
    }
    return {"createdAt": _time(turn.step.created_at), **_run(turn), "role": "assistant", "content": [content]}


def _tool_result(call: Call, turn: StepTurn) -> dict[str, Any]:
    return {
        "createdAt": _time(_end(turn.step)),
        **_run(turn),
        "tool_call_id": call.call.id,
        "role": "tool",
        "content": [{"type": "tool_result", "tool_result": _result(call)}],
    }


def _run(turn: StepTurn) -> dict[str, Any]:
    run_id = turn.run.id if turn.run is not None else turn.step.run_id
    return {"run_id": run_id} if run_id else {}


def _end(step: RunStep) -> datetime:
    return step.finished_at or step.created_at


def _arguments(call: Call) -> Mapping[str, Any]:
    if isinstance(call.call, FileSearchToolCall):
        ranking = call.call.file_search.ranking_options
        return {} if ranking is None else {"ranking_options": unstructure(ranking)}
    return dict(call.arguments)


def _result(call: Call) -> Any:
    if isinstance(call.call, CodeInterpreterToolCall):
        return unstructure(call.call.code_interpreter.outputs or ())
    return call.result


def _time(moment: datetime) -> str:
    return _words.iso(moment, "seconds")  # as azure-ai-evaluation writes it


# --- Definitions of tools -----------------------------------------------------------------------------------------


def _definition(tool: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = tool.get("type")
    payload = tool.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str):
        return None
    if kind == "function" and isinstance(payload, dict):
        return _without_none(
            name=payload.get("name"),
            type=kind,
            description=payload.get("description"),
            parameters=_without_required(payload.get("parameters")),
        )
    if kind == "openapi" and isinstance(payload, dict):
        functions = [_function_of_openapi(one) for one in payload.get("functions") or () if isinstance(one, dict)]
        return _without_none(
            name=payload.get("name"),
            type=kind,
            description=payload.get("description"),
            spec=payload.get("spec"),
            auth=payload.get("auth"),
            default_params=payload.get("default_params"),
            functions=functions,
        )
    if kind in _BUILT_IN:
        description, parameters = _BUILT_IN[kind]
        properties = {"type": "object", "properties": parameters}
        return {"name": kind, "type": kind, "description": description, "parameters": properties}
    return None


def _function_of_openapi(function: Mapping[str, Any]) -> dict[str, Any]:
    return _without_none(
        name=function.get("name"),
        type="function",
        description=function.get("description"),
        parameters=_without_required(function.get("parameters")),
    )


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _without_required(parameters: Any) -> dict[str, Any]:
    if not isinstance(parameters, dict):
        return {"type": "object", "properties": {}}
    return {key: value for key, value in parameters.items() if key != "required"}


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


# The wire has no descriptions of the tools. These are azure-ai-evaluation's (MIT license), which its judges know.
_BUILT_IN: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "code_interpreter": (
        "Use code interpreter to read and interpret information from datasets, generate code, and create graphs and "
        "charts using your data. Supports up to 20 files.",
        {"input": _text("Generated code to be executed.")},
    ),
    "bing_grounding": (
        "Enhance model output with web data.",
        {"requesturl": _text("URL used in Bing Search API.")},
    ),
    "bing_custom_search": (
        "Enables agents to retrieve content from a curated subset of websites, enhancing relevance and reducing noise "
        "from public web searches.",
        {"requesturl": _text("Search queries, along with pre-configured site restrictions or domain filters.")},
    ),
    "file_search": (
        "Search for data across uploaded files. A single call can return multiple results/files in the 'results' "
        "field.",
        {
            "ranking_options": {
                "type": "object",
                "properties": {
                    "ranker": _text("Ranking algorithm to use."),
                    "score_threshold": {"type": "number", "description": "Threshold for search results."},
                },
                "description": "Ranking options for search results.",
            }
        },
    ),
    "azure_ai_search": (
        "Search an Azure AI Search index for relevant data.",
        {"input": _text("Search terms to use.")},
    ),
    "sharepoint_grounding": (
        "Allows agents to access and retrieve relevant content from Microsoft SharePoint document libraries, "
        "grounding responses in organizational knowledge.",
        {"input": _text("A natural language query to search SharePoint content.")},
    ),
    "fabric_dataagent": (
        "Connect to Microsoft Fabric data agents to retrieve data across different data sources.",
        {"input": _text("Search terms to use.")},
    ),
}
