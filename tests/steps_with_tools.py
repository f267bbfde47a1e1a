"""Steps that call tools, for tests of what commands give out."""

from __future__ import annotations

from typing import Any

from sample_steps import make_step

ARGUMENTS = '{"city": "Paris\tor\nRome", "note": "' + "x" * 3000 + '"}'


def tool_step(number: int, *names: str, **fields: Any) -> dict[str, Any]:
    calls = [
        {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": ARGUMENTS, "output": "o"}}
        for name in names
    ]
    details = {"type": "tool_calls", "tool_calls": calls}
    return make_step(number, **{"type": "tool_calls", "step_details": details, **fields})


STEPS = [
    make_step(0),
    tool_step(1, "weather"),
    tool_step(2, "weather", "search", status="failed", completed_at=None, last_error={"code": "c", "message": "why"}),
    tool_step(3, status="in_progress", completed_at=None, usage=None),
]
