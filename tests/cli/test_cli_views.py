"""One thing in full: a run, a message, a thread, a file."""

from __future__ import annotations

import json

import pytest
from command_line import invoke
from served_thread import a_thread


@pytest.mark.parametrize(
    ("what", "facts"),
    [
        (["run", "thread_1", "run_2"], ["run_2", "failed", "server_error: Sorry", "7s", "2,000", "gpt-4o"]),
        (["message", "thread_1", "msg_1"], ["msg_1", "user", "bread " * 99]),
        (["thread", "thread_1"], ["thread_1"]),
        (["step", "thread_1", "run_1", "step_1"], ["step_1", "completed"]),
    ],
)
async def test_each_thing_is_shown_in_full(what: list[str], facts: list[str]) -> None:
    async with a_thread() as served:
        shown = await invoke("get", *what, *served.server, COLUMNS="60")
        line = await invoke("get", *what, *served.server, "--format", "jsonl")
        picked = await invoke("get", *what, *served.server, "--json", "id")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert all(fact in shown.stdout for fact in facts)
    assert not set(shown.stdout + line.stdout) & {"\x1b", "\x9b", "\u202e"}
    assert json.loads(line.stdout)["id"] == what[-1]
    assert json.loads(picked.stdout) == [{"id": what[-1]}]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (["run", "thread_1"], "A run is named by THREAD RUN: get run THREAD RUN."),
        (["thread"], "A thread is named by THREAD: get thread THREAD."),
        (["thread", "thread_1", "--include", "x"], "--include goes with a step."),
        (["steps", "a"], "'steps' is not one of 'step', 'run', 'message', 'thread', 'file'"),
    ],
)
async def test_ids_are_counted_before_anything_is_asked(what: list[str], message: str) -> None:
    result = await invoke("get", *what)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
