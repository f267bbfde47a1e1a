"""Runs, messages and threads: what a terminal shows, what a program gets, and how to go on."""

from __future__ import annotations

import json

from command_line import invoke
from served_thread import a_thread, message_body

from openai_steps.emulator import Answer


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
