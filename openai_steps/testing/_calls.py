"""Builders of tool calls in the wire's shape; the same arguments give the same dict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

WireObject: TypeAlias = dict[str, Any]


def function_call(
    name: str,
    arguments: Mapping[str, Any] | str = "{}",
    output: Any = None,
    *,
    id: str = "call_1",  # noqa: A002 - the wire's name
) -> WireObject:
    """Build the call of a function.

    Args:
        name: The function's name.
        arguments: JSON text, or a value to write as JSON.
        output: What the caller submitted: text, or a value to write as JSON. None: nothing yet.
        id: The call's id.
    """
    return {
        "id": id,
        "type": "function",
        "function": {"name": name, "arguments": _text(arguments), "output": None if output is None else _text(output)},
    }


def code_call(
    input: str,  # noqa: A002 - the wire's name
    logs: str | None = None,
    *,
    images: Iterable[str] = (),
    id: str = "call_1",  # noqa: A002 - the wire's name
) -> WireObject:
    """Build a call of the code interpreter.

    Args:
        input: The code that ran.
        logs: What it printed; None for nothing.
        images: The ids of the files with the images that it drew.
        id: The call's id.
    """
    outputs: list[WireObject] = [] if logs is None else [{"type": "logs", "logs": logs}]
    outputs += [{"type": "image", "image": {"file_id": file_id}} for file_id in images]
    return {"id": id, "type": "code_interpreter", "code_interpreter": {"input": input, "outputs": outputs}}


def file_search_call(
    found: Mapping[str, str] | None = None,
    *,
    id: str = "call_1",  # noqa: A002 - the wire's name
) -> WireObject:
    """Build a call of file search.

    Args:
        found: The text found, by the file's name, best first. A server shows it only to a client that asks for it
            with ``include``.
        id: The call's id.
    """
    results = [
        {
            "file_id": f"file_{place}",
            "file_name": name,
            "score": round(1 / place, 3),
            "content": [{"type": "text", "text": text}],
        }
        for place, (name, text) in enumerate((found or {}).items(), start=1)
    ]
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    return {"id": id, "type": "file_search", "file_search": {"ranking_options": ranking, "results": results}}


def mcp_call(
    name: str,
    arguments: Mapping[str, Any] | str = "{}",
    output: Any = None,
    *,
    server_label: str = "mcp_server",
    id: str = "call_1",  # noqa: A002 - the wire's name
) -> WireObject:
    """Build the call of a tool on an MCP server.

    Args:
        name: The tool's name.
        arguments: JSON text, or a value to write as JSON.
        output: What the tool answered: text, or a value to write as JSON. None: nothing yet.
        server_label: The server's name.
        id: The call's id.
    """
    call = {"id": id, "type": "mcp", "name": name, "arguments": _text(arguments), "server_label": server_label}
    return call if output is None else {**call, "output": _text(output)}


def retrieval_call(*, id: str = "call_1") -> WireObject:  # noqa: A002 - the wire's name
    """Build a call of retrieval, the forerunner of file search; ``id`` is the call's id."""
    return {"id": id, "type": "retrieval", "retrieval": {}}


def other_call(type: str, payload: Mapping[str, Any], *, id: str = "call_1") -> WireObject:  # noqa: A002
    """Build a call of a tool that has no class of its own, such as Azure's ``bing_grounding``.

    Args:
        type: The tool's type.
        payload: The value of the key with the type's name.
        id: The call's id.
    """
    return {"id": id, "type": type, type: dict(payload)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
