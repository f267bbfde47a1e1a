"""Builders of steps in the wire shape; the same arguments give the same dict, and step 2 is younger than step 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from openai_steps._json.readers import structure_step
from openai_steps._models.steps import RunStep
from openai_steps.testing._calls import WireObject, code_call, file_search_call, function_call, mcp_call

Status: TypeAlias = Literal["in_progress", "completed", "failed", "cancelled", "expired"]
"""A step's status."""

FIRST_CREATED: Final = 1_800_000_000
SECONDS_BETWEEN: Final = 10
SECONDS_LONG: Final = 4

_ENDED_AT: Final[Mapping[Status, str]] = {
    "completed": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
    "expired": "expired_at",
}
_USAGE: Final = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def message_step(
    number: int = 1, message_id: str | None = None, *, status: Status = "completed", **fields: Any
) -> WireObject:
    """Build a step that wrote a message.

    Args:
        number: The step's place in its run, from 1. It gives the id ``step_1`` and the times: each step is created
            10 seconds after the one before, and ends 4 seconds later.
        message_id: The message's id. Default: ``msg_1``.
        status: Sets the times that go with it.
        **fields: Any other wire fields, such as ``usage`` or ``metadata``; they replace what was built.
    """
    message = {"message_id": message_id or f"msg_{number}"}
    return _step(number, {"type": "message_creation", "message_creation": message}, status, fields)


def tool_step(
    number: int = 1, calls: Iterable[Mapping[str, Any]] = (), *, status: Status = "completed", **fields: Any
) -> WireObject:
    """Build a step that called tools, several at once if you like.

    Args:
        number: See `message_step`.
        calls: The tool calls, such as those of `function_call`.
        status: See `message_step`.
        **fields: See `message_step`.
    """
    return _step(number, {"type": "tool_calls", "tool_calls": [dict(call) for call in calls]}, status, fields)


def function_step(
    number: int = 1,
    name: str = "get_weather",
    arguments: Mapping[str, Any] | str = "{}",
    output: Any = None,
    *,
    status: Status = "completed",
    **fields: Any,
) -> WireObject:
    """Build a step that called one function: `tool_step` with a `function_call`."""
    call = function_call(name, arguments, output, id=f"call_{number}")
    return tool_step(number, [call], status=status, **fields)


def code_step(
    number: int = 1,
    input: str = "print(6 * 7)",  # noqa: A002 - the wire's name
    logs: str | None = "42\n",
    *,
    images: Iterable[str] = (),
    status: Status = "completed",
    **fields: Any,
) -> WireObject:
    """Build a step that ran code: `tool_step` with a `code_call`."""
    return tool_step(number, [code_call(input, logs, images=images, id=f"call_{number}")], status=status, **fields)


def file_search_step(
    number: int = 1, found: Mapping[str, str] | None = None, *, status: Status = "completed", **fields: Any
) -> WireObject:
    """Build a step that searched files: `tool_step` with a `file_search_call`."""
    return tool_step(number, [file_search_call(found, id=f"call_{number}")], status=status, **fields)


def mcp_step(
    number: int = 1,
    name: str = "search",
    arguments: Mapping[str, Any] | str = "{}",
    output: Any = None,
    *,
    status: Status = "completed",
    **fields: Any,
) -> WireObject:
    """Build a step that called a tool on an MCP server: `tool_step` with an `mcp_call`."""
    return tool_step(number, [mcp_call(name, arguments, output, id=f"call_{number}")], status=status, **fields)


def other_step(number: int = 1, type: str = "activities", **fields: Any) -> WireObject:  # noqa: A002 - the wire's name
    """Build a step of a type that has no class of its own.

    Args:
        number: See `message_step`.
        type: The step's type.
        **fields: See `message_step`; the key named like the type becomes the step's details.
    """
    details = {"type": type, type: fields.pop(type, [])}
    return _step(number, details, fields.pop("status", "completed"), fields)


def failed_step(
    number: int = 1,
    code: str = "server_error",
    message: str = "Sorry, something went wrong.",
    *,
    calls: Iterable[Mapping[str, Any]] = (),
    **fields: Any,
) -> WireObject:
    """Build a step that failed while it called tools.

    Args:
        number: See `message_step`.
        code: The error's code.
        message: The error's message.
        calls: The tool calls. Default: no calls yet.
        **fields: See `message_step`.
    """
    return tool_step(number, calls, status="failed", **{"last_error": {"code": code, "message": message}, **fields})


def build_steps(steps: Iterable[Mapping[str, Any]]) -> list[RunStep]:
    """Turn wire steps into the models that a client returns for them.

    Args:
        steps: Steps in the wire shape. Missing thread and run ids become ``thread_1`` and ``run_1``.

    Raises:
        ResponseDecodeError: If a field has the wrong type.
    """
    return [structure_step({"thread_id": "thread_1", "run_id": "run_1", **step}) for step in steps]


def _step(number: int, details: WireObject, status: Status, fields: Mapping[str, Any]) -> WireObject:
    created_at = FIRST_CREATED + (number - 1) * SECONDS_BETWEEN
    step: WireObject = {
        "id": f"step_{number}",
        "object": "thread.run.step",
        "created_at": created_at,
        "assistant_id": "asst_1",
        "type": details["type"],
        "status": status,
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }
    if status in _ENDED_AT:
        step[_ENDED_AT[status]] = created_at + SECONDS_LONG
        step["usage"] = dict(_USAGE)
    return {**step, **fields}
