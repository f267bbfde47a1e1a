"""How objects with times leave the server: hidden content, time formats, placeholders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from openai_steps.emulator._dialect import FILE_SEARCH_CONTENT, Dialect, Kind, Times
from openai_steps.emulator._foundry_local import abridged

JSONObject = dict[str, Any]

TIMES = (
    "created_at",
    "started_at",
    "updated_at",
    "expires_at",
    "expired_at",
    "cancelled_at",
    "failed_at",
    "completed_at",
    "incomplete_at",
)

_AS_TIME: dict[Times, Callable[[float], Any]] = {
    "seconds": lambda seconds: seconds,
    "whole": int,
    "float": float,
    "milliseconds": lambda seconds: round(seconds * 1000),
    "iso": lambda seconds: datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z"),
}

# DashScope's sample of a completed step: -1 for these, and null for expires_at and started_at.
_PLACEHOLDERS: dict[str, Callable[[], Any]] = {
    "cancelled_at": lambda: -1,
    "completed_at": lambda: -1,
    "failed_at": lambda: -1,
    "last_error": lambda: {"code": "", "message": ""},
    "usage": dict[str, Any],
}


def instant(value: Any) -> float:
    """Return a stored time in seconds; 0 if there is none."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(value) if value is not None else 0.0


def render(record: Mapping[str, Any], dialect: Dialect, now: float = 0.0) -> JSONObject:
    """Return an object with a dialect's time format and placeholders; ``now`` is the server's time."""
    rendered = dict(record)
    for name in TIMES:
        value = rendered.get(name)
        if isinstance(value, int | float):
            sent = int(now) if dialect.stamps == "anew" else value + dialect.clock
            rendered[name] = _AS_TIME[dialect.times](sent)
    if dialect.unset == "placeholder":
        for name, placeholder in _PLACEHOLDERS.items():
            if name in rendered and rendered[name] is None:
                rendered[name] = placeholder()
    return rendered


def render_message(message: Mapping[str, Any], dialect: Dialect, now: float) -> JSONObject:
    """Return a message as a dialect sends it."""
    rendered = render(message, dialect, now)
    if dialect.message_state == "absent":
        rendered = {name: value for name, value in rendered.items() if name not in _MESSAGE_STATE}
    if dialect.message_state == "declared":
        rendered = {"status": "completed", **dict.fromkeys(_MESSAGE_STATE - {"status"}), **rendered}
    if dialect.unset == "placeholder":  # DashScope's sample
        rendered |= {name: "" for name in ("assistant_id", "run_id") if rendered.get(name, "") is None}
    return rendered


_MESSAGE_STATE = frozenset({"status", "incomplete_details", "completed_at", "incomplete_at"})


def render_item(
    kind: Kind, item: Mapping[str, Any], include: Iterable[str], dialect: Dialect, now: float
) -> JSONObject:
    """Return an item of any kind as a dialect sends it."""
    match kind:
        case "run step":
            rendered = render_step(item, include, dialect, now)
        case "message":
            rendered = render_message(item, dialect, now)
        case _:
            rendered = render(item, dialect, now)
    return abridged(kind, rendered) if dialect.shape == "foundry_local" else rendered


def render_step(step: Mapping[str, Any], include: Iterable[str], dialect: Dialect, now: float = 0.0) -> JSONObject:
    """Return a step as a dialect sends it, without the content of file searches unless asked for."""
    rendered = render(step, dialect, now)
    details = rendered.get("step_details")
    if FILE_SEARCH_CONTENT not in include and isinstance(details, dict):
        rendered["step_details"] = _without_content(details)
    return rendered


def _without_content(details: JSONObject) -> JSONObject:
    calls = details.get("tool_calls")
    if not isinstance(calls, list):
        return details
    return {**details, "tool_calls": [_call_without_content(call) for call in calls]}


def _call_without_content(call: Any) -> Any:
    match call:
        case {"file_search": {"results": list(results)} as search}:
            kept = [_without_key(result, "content") for result in results]
            return {**call, "file_search": {**search, "results": kept}}
        case _:
            return call


def _without_key(value: Any, key: str) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: kept for name, kept in value.items() if name != key}
