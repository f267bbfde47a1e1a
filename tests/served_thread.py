"""A thread with runs and messages on a server, for tests of commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from command_line import Served
from sample_steps import make_step

from openai_steps.emulator import Emulator

HOSTILE = "\x1b[2J\x9b31m\u202e[red]"
TIME = 1_700_000_000


def run_body(number: int, **fields: Any) -> dict[str, Any]:
    body = {"status": "completed", "created_at": TIME + 10 * number, "completed_at": TIME + 10 * number + 5}
    return {**body, "model": "gpt-4o", "usage": {"total_tokens": 1000 * number}, **fields}


def message_body(number: int, text: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return {"id": f"msg_{number}", "role": "user", "created_at": TIME + number, "content": content, **fields}


@asynccontextmanager
async def a_thread(profile: str = "compatible") -> AsyncIterator[Served]:
    """Serve a thread of two runs, of which the second failed, and three messages."""
    emulator = Emulator(profile=profile)
    store = emulator.store
    for number, run in ((1, run_body(1)), (2, run_body(2, status="failed", completed_at=None, failed_at=TIME + 27))):
        error = {"code": "server_error", "message": f"Sorry {HOSTILE}"} if number == 2 else None
        steps = [make_step(number, id=f"step_{number}", thread_id="thread_1", run_id=f"run_{number}")]
        store.add_run("thread_1", f"run_{number}", steps=steps, last_error=error, **run)
    store.add_message("thread_1", message_body(1, f"How\tmuch {HOSTILE}\n{'bread ' * 100}?"))
    store.add_message("thread_1", message_body(15, "Ten.", id="msg_2", role="assistant", run_id="run_1"))
    store.add_message("thread_1", message_body(16, "", id="msg_3"))
    async with emulator.serve() as base_url:
        yield Served(emulator, base_url)


def rows(output: str) -> list[list[str]]:
    """Return the fields of lines for programs."""
    return [line.split("\t") for line in output.splitlines()]
