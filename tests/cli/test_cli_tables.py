"""Runs, messages and threads: what a terminal shows, what a program gets, and how to go on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from command_line import Served, invoke
from sample_steps import make_step

from openai_steps import File, Message, Run, Thread
from openai_steps.cli._fields import field_names
from openai_steps.emulator import Answer, Emulator

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
    return [line.split("\t") for line in output.splitlines()]


async def test_runs() -> None:
    async with a_thread() as served:
        piped = await invoke("runs", "thread_1", *served.server)
        shown = await invoke("runs", "thread_1", *served.server, "--format", "table", COLUMNS="80")
        failed = await invoke("runs", "thread_1", *served.server, "--status", "failed", "--json", "id")
        oldest = await invoke(
            "runs", "thread_1", *served.server, "--order", "asc", "--max", "1", "--json", "id,duration"
        )
    assert [row[:6] for row in rows(piped.stdout)] == [
        ["run_2", "2023-11-14T22:13:40Z", "failed", "7", "2000", "gpt-4o"],
        ["run_1", "2023-11-14T22:13:30Z", "completed", "5", "1000", "gpt-4o"],
    ]
    assert rows(piped.stdout)[0][-1].startswith("server_error: Sorry ")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["When", "Run", "Status", "Took", "Tokens"]
    assert ["22:13:40", "run_2", "failed", "7s", "2,000"] in lines
    assert any(line[:2] == ["server_error:", "Sorry"] for line in lines)
    assert lines[-1] == ["2", "runs"]
    assert json.loads(failed.stdout) == [{"id": "run_2"}]
    assert json.loads(oldest.stdout) == [{"id": "run_1", "duration": 5.0}]


async def test_messages() -> None:
    async with a_thread() as served:
        piped = await invoke("messages", "thread_1", *served.server, "--order", "asc")
        shown = await invoke("messages", "thread_1", *served.server, "--format", "table", COLUMNS="60")
        of_run = await invoke("messages", "thread_1", *served.server, "--run", "run_1", "--json", "id,text")
        of_users = await invoke("messages", "thread_1", *served.server, "--role", "user", "--json", "id")
    first, second, _ = rows(piped.stdout)
    assert first[:4] == ["msg_1", "2023-11-14T22:13:21Z", "user", ""]
    assert first[4].startswith("How\\tmuch ")
    assert first[4].count("bread ") == 100
    assert second == ["msg_2", "2023-11-14T22:13:35Z", "assistant", "run_1", "Ten.", ""]
    assert all(len(line) <= 60 for line in shown.stdout.splitlines())
    assert shown.stdout.count("bread") < 10
    assert json.loads(of_run.stdout) == [{"id": "msg_2", "text": "Ten."}]
    assert [message["id"] for message in json.loads(of_users.stdout)] == ["msg_3", "msg_1"]


async def test_threads_where_a_server_has_a_list_of_them_and_where_it_has_none() -> None:
    async with a_thread("azure_foundry") as served:
        base = [*("--provider", "azure_foundry", "--base-url", served.base_url), "--api-key", "any"]
        piped = await invoke("threads", *base)
    assert (piped.exit_code, piped.stderr) == (0, "")
    assert rows(piped.stdout)[0][0] == "thread_1"


@pytest.mark.parametrize("command", [["runs", "thread_1"], ["messages", "thread_1"], ["list", "thread_1"]])
async def test_what_a_server_says_can_not_reach_the_terminal(command: list[str]) -> None:
    async with a_thread() as served:
        for form in ("table", "tsv", "jsonl"):
            result = await invoke(*command, *served.server, "--format", form)
            assert result.exit_code == 0
            assert not set(result.stdout) & {"\x1b", "\x9b", "\u202e"}


async def test_the_newest_run_is_listed_where_none_is_named() -> None:
    async with a_thread() as served:
        result = await invoke("list", "thread_1", *served.server, "--json", "id,run_id")
        quiet = await invoke("list", "thread_1", *served.server, "--json", "id,run_id", "-q")
    assert json.loads(result.stdout) == [{"id": "step_2", "run_id": "run_2"}]
    assert result.stderr == "The thread's newest run: run_2\n"
    assert (quiet.stdout, quiet.stderr) == (result.stdout, "")


async def test_a_thread_without_runs() -> None:
    async with a_thread() as served:
        served.emulator.store.add_message("thread_2", message_body(1, "Hello?"))
        for command in ("list", "timeline", "usage"):
            result = await invoke(command, "thread_2", *served.server)
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr == "Error: The thread has no runs.\n"


async def test_a_list_that_breaks_off_says_how_to_go_on() -> None:
    async with a_thread() as served:
        for number in range(250):
            served.emulator.store.add_message("thread_1", message_body(20 + number, "More.", id=f"msg_more_{number}"))
        arguments = ["messages", "thread_1", *served.server, "--order", "asc", "--format", "jsonl"]
        whole = (await invoke(*arguments)).stdout.splitlines()
        asked = len(served.emulator.requests)
        served.emulator.inject(Answer(403), matching=lambda _: len(served.emulator.requests) >= 2 * asked - 1)
        result = await invoke(*arguments)
    shown = result.stdout.splitlines()
    assert result.exit_code == 1
    assert 0 < len(shown) < len(whole) == 253
    assert shown == whole[: len(shown)]
    assert result.stderr.endswith(f"Go on with --after {json.loads(shown[-1])['id']}.\n")


# --- One thing in full --------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("kind", [Run, Message, Thread, File])
def test_every_kind_has_fields(kind: type[Any]) -> None:
    assert {"id", "created_at"} <= {*field_names(kind)}


# --- A thread as a whole ------------------------------------------------------------------------------------------


async def test_a_threads_timeline_has_its_messages_and_all_of_its_runs() -> None:
    async with a_thread() as served:
        result = await invoke("timeline", "thread_1", *served.server)
    assert (result.exit_code, result.stderr) == (0, "")
    places = [
        result.stdout.index(text) for text in ("user  msg_1", "\nrun_1", "assistant  msg_2", "user  msg_3", "\nrun_2")
    ]
    assert places == sorted(places)
    assert "\x1b" not in result.stdout


async def test_a_thread_whose_messages_can_not_be_listed_has_a_timeline_all_the_same() -> None:
    async with a_thread() as served:
        served.emulator.inject(Answer(404), times=9, matching=lambda request: request.raw_path.endswith("/messages"))
        result = await invoke("timeline", "thread_1", *served.server)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "run_1" in result.stdout
    assert "run_2" in result.stdout


async def test_a_picture_is_of_one_run() -> None:
    result = await invoke("timeline", "thread_1", "--svg", "-", "--base-url", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "go with one run: THREAD RUN." in result.stderr


async def test_a_threads_usage_is_that_of_each_run_and_of_all() -> None:
    async with a_thread() as served:
        result = await invoke("usage", "thread_1", *served.server, "--format", "json")
    sums = json.loads(result.stdout)
    assert [run["run_id"] for run in sums["runs"]] == ["run_1", "run_2"]
    assert sums["total"]["steps"] == 2
