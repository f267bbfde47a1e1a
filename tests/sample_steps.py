"""Steps on the wire, made up, for servers of the tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

THREAD, RUN = "thread_1", "run_1"


def make_step(number: int, **fields: Any) -> dict[str, Any]:
    """The step of this number, created as many seconds after the first."""
    return {
        "id": step_id(number),
        "object": "thread.run.step",
        "created_at": 1_700_000_000 + number,
        "assistant_id": "asst_1",
        "thread_id": THREAD,
        "run_id": RUN,
        "type": "message_creation",
        "status": "completed",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": f"msg_{number}"}},
        "last_error": None,
        "expires_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": 1_700_000_001 + number,
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        **fields,
    }


def make_steps(count: int) -> list[dict[str, Any]]:
    """Steps number 0 and on, oldest first."""
    return [make_step(number) for number in range(count)]


def step_id(number: int) -> str:
    return f"step_{number:04d}"


def step_ids(numbers: Iterable[int]) -> list[str]:
    return [step_id(number) for number in numbers]
