"""The objects of Foundry Local's Agents Runtime: fewer fields than other servers send, and some by other names.

From its documentation alone: https://learn.microsoft.com/azure/azure-arc/ (Agents Runtime API, 2026-05-27).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openai_steps.emulator._dialect import Kind

_KEPT: Mapping[str, tuple[str, ...]] = {
    "thread": ("id", "object", "created_at", "title", "owner_id", "metadata"),
    "message": ("id", "object", "created_at", "thread_id", "role", "content", "run_id", "attachments", "metadata"),
    "run": (
        *("id", "object", "created_at", "thread_id", "status", "instructions", "last_error", "usage", "metadata"),
        *("started_at", "completed_at", "failed_at", "cancelled_at"),
    ),
    "run step": ("id", "object", "created_at", "run_id", "thread_id", "type", "step_details", "completed_at"),
}


def abridged(kind: Kind, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of the usual shape as Foundry Local sends it."""
    if kind not in _KEPT:
        return dict(item)
    shown = {name: item[name] for name in _KEPT[kind] if name in item}
    if kind in ("message", "run"):
        shown["agent_id"] = item.get("assistant_id")
        shown["metadata"] = item.get("metadata") or None
    if kind == "message":
        shown["attachments"] = item.get("attachments") or None
    if isinstance(details := shown.get("step_details"), Mapping):
        shown["step_details"] = _details(details)
    return shown


def _details(details: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in details.items() if name != "type"}
    if isinstance(calls := shown.get("tool_calls"), list):
        shown["tool_calls"] = [_call(call) if isinstance(call, Mapping) else call for call in calls]
    return shown


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    payload = call.get(str(call.get("type")))
    found = payload if isinstance(payload, Mapping) else call
    return {
        "name": found.get("name", call.get("type")),
        "arguments": found.get("arguments", found.get("input", "{}")),
        "result": found.get("output"),
    }
