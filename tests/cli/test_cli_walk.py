"""A walk that a command leads: what it shows as it comes, and how to go on when it breaks off."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest
from command_line import finish, invoke, serving, start
from sample_steps import step_id, step_ids
from waiting import next_line

from openai_steps.emulator import Answer, Stall


def listed(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--order", "asc"], "Go on with --after {}."),
        (["--order", "asc", "--before", step_id(240)], "Go on with --before {}."),
        (["--order", "asc", "--before", step_id(240), "--after", step_id(1)], f"--after {{}} --before {step_id(240)}."),
    ],
)
@pytest.mark.parametrize("form", ["table", "jsonl"])
async def test_a_walk_that_breaks_says_how_to_go_on(options: list[str], hint: str, form: str) -> None:
    async with serving(250) as served:
        arguments = ["list", *served.run, *options, "--page-size", "20"]
        whole = [step["id"] for step in listed((await invoke(*arguments, "--format", "jsonl")).stdout)]
        asked = len(served.emulator.requests)
        served.emulator.inject(
            Answer(403, {"error": {"message": "broken"}}),
            matching=lambda _: len(served.emulator.requests) >= 2 * asked - 1,
        )
        result = await invoke(*arguments, "--format", form)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: 403 Forbidden: broken")
    assert result.stderr.count("\n") == 1
    if form == "jsonl":
        # What was shown, and what the hint leads to, are the whole list.
        shown = [step["id"] for step in listed(result.stdout)]
        assert shown == whole[: len(shown)]
        assert 0 < len(shown) < len(whole)
        assert hint.format(shown[-1]) in result.stderr


async def test_nothing_to_go_on_with_before_the_first_step() -> None:
    async with serving() as served:
        served.emulator.inject(Answer(400, {"error": {"message": "broken"}}))
        result = await invoke("list", *served.run, "--after", step_id(2))
    assert "Go on" not in result.stderr


async def test_steps_are_written_as_they_arrive_and_ctrl_c_says_how_to_go_on() -> None:
    async with serving(300) as served:
        served.emulator.inject(Stall(), times=100, matching=lambda request: "after=" in request.raw_query)
        process = await start("list", *served.run, "--order", "asc", "--format", "jsonl")
        lines = [await next_line(process) for _ in range(100)]
        assert [json.loads(line)["id"] for line in lines] == step_ids(range(100))
        process.send_signal(signal.SIGINT)
        code, out, err = await finish(process)
    assert (code, out, err) == (130, "", f"Go on with --after {step_id(99)}.\n")


async def test_ctrl_c_before_the_first_step_is_quiet() -> None:
    asked = asyncio.Event()

    def is_first(_request: object) -> bool:
        asked.set()
        return True

    async with serving() as served:
        served.emulator.inject(Stall(), matching=is_first)
        process = await start("list", *served.run)
        await asyncio.wait_for(asked.wait(), 30)
        process.send_signal(signal.SIGINT)
        assert await finish(process) == (130, "", "")
