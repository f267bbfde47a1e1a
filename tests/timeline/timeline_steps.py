"""Steps to draw: of every kind, hostile ones, and many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openai_steps import RunStep, structure_step

EPOCH = 1_700_000_000
HOSTILE = (
    "</title></script></style><script>document.title='PWNED'</script>"
    "<img src=x onerror=\"document.title='PWNED'\"><svg onload=\"document.title='PWNED'\">"
    "\"'><b onmouseover=document.title='PWNED'>{{ 7 * 7 }}&lt;\x00\x1b[31m\x07\x85\u202e\ufeff]]>--><!--"
)


def wire_step(number: int, start: float, end: float | None, *calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    details: dict[str, Any] = {"type": "tool_calls", "tool_calls": list(calls)}
    if not calls:
        details = {"type": "message_creation", "message_creation": {"message_id": f"msg_{number}"}}
    return {
        "id": f"step_{number:03d}",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "assistant_id": "asst_1",
        "type": details["type"],
        "status": "in_progress" if end is None else "completed",
        "created_at": EPOCH + start,
        "completed_at": None if end is None else EPOCH + end,
        "step_details": details,
        **fields,
    }


def step(number: int, start: float, end: float | None, *calls: dict[str, Any], **fields: Any) -> RunStep:
    return structure_step(wire_step(number, start, end, *calls, **fields))


def usage(prompt: int, completion: int, **details: Any) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        **details,
    }


def function(name: str = "get_weather", arguments: str = '{"city": "Ulm"}', output: str | None = "rain") -> Any:
    return {
        "id": f"call_{name}",
        "type": "function",
        "function": {"name": name, "arguments": arguments, "output": output},
    }


def code(source: str = "print(6 * 7)", logs: str = "42") -> Any:
    interpreter = {"input": source, "outputs": [{"type": "logs", "logs": logs}]}
    return {"id": "call_code", "type": "code_interpreter", "code_interpreter": interpreter}


def search(name: str = "guide.md", text: str = "the passage") -> Any:
    result = {"file_id": "file_1", "file_name": name, "score": 0.875, "content": [{"type": "text", "text": text}]}
    return {"id": "call_search", "type": "file_search", "file_search": {"results": [result]}}


def three_steps() -> list[RunStep]:
    return [
        step(1, 0, 4, function(), code(), search(), usage=usage(100, 20)),
        step(2, 6, 7, usage=usage(200, 30)),
        step(
            3,
            7,
            None,
            function("book", "{}", None),
            status="failed",
            failed_at=EPOCH + 10,
            last_error={"code": "server_error", "message": "The oven is cold."},
        ),
    ]


def hostile_steps() -> list[RunStep]:
    """Every text that a server chooses is an attack."""
    other = {"type": HOSTILE, "id": HOSTILE, HOSTILE: {"name": HOSTILE, "output": HOSTILE}}
    mcp = {"type": "mcp", "id": "m", "name": HOSTILE, "arguments": HOSTILE, "output": HOSTILE, "server_label": HOSTILE}
    calls = [function(HOSTILE, HOSTILE, HOSTILE), code(HOSTILE, HOSTILE), search(HOSTILE, HOSTILE), other, mcp]
    common = {
        "thread_id": HOSTILE,
        "run_id": HOSTILE,
        "last_error": {"code": HOSTILE, "message": HOSTILE},
        "metadata": {HOSTILE: HOSTILE},
    }
    strange = {"type": HOSTILE, HOSTILE: HOSTILE}
    first = step(1, 0, 4, *calls, **{**common, "id": HOSTILE, "status": HOSTILE})
    return [
        first,
        step(2, 4, 6, **{**common, "step_details": strange, "type": HOSTILE}),
        *(step(number, number, number + 1, function(HOSTILE), **common) for number in range(6, 20)),
    ]


def many_steps(count: int = 500) -> Iterator[RunStep]:
    for number in range(count):
        start = number * 5
        failed = {"status": "failed", "failed_at": EPOCH + start + 3} if number % 100 == 99 else {}
        calls = [] if number % 4 == 0 else [code() if number % 2 else function()]
        yield step(number, start, start + 1 + number % 4, *calls, usage=usage(number, 10), **failed)
