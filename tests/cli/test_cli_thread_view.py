"""A thread as a whole: its timeline and its usage."""

from __future__ import annotations

import json

from command_line import invoke
from served_thread import a_thread

from openai_steps.emulator import Answer


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
