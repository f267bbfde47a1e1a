"""``openai-steps follow``: log lines, JSON, a timeline that grows, and ways to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterable
from typing import Any

import pytest
from command_line import Served, finish, invoke, serving, start
from sample_steps import RUN, THREAD, make_step, step_id
from waiting import next_line, until

from openai_steps import structure_step
from openai_steps.cli.commands.follow import FollowPlace
from openai_steps.emulator import Answer

QUICK = ("--poll-interval", "0.02")


def going_on(number: int, **fields: Any) -> dict[str, Any]:
    return make_step(number, status="in_progress", completed_at=None, usage=None, **fields)


async def live(served: Served, *, numbers: Iterable[int]) -> None:
    """Let steps of these numbers begin and end, a request or two apart, and then the run."""
    store = served.emulator.store
    for number in numbers:
        store.append_step(THREAD, RUN, going_on(number))
        await next_requests(served)
        store.update_step(THREAD, RUN, step_id(number), status="completed", completed_at=1_700_000_002 + number)
        await next_requests(served)
    store.set_run_status(THREAD, RUN, "completed")


async def next_requests(served: Served) -> None:
    seen = len(served.emulator.requests)
    await until(lambda: len(served.emulator.requests) >= seen + 2)


async def test_each_change_is_a_line() -> None:
    async with serving(0) as served:
        served.emulator.store.set_run_status(THREAD, RUN, "in_progress")
        result, _ = await asyncio.gather(invoke("follow", *served.run, *QUICK), live(served, numbers=range(2)))
    assert result.exit_code == 0, result.stderr
    first, *steps, last = result.stdout.splitlines()
    assert (first, last) == ("The run is in_progress.", "The run has ended: completed.")
    assert [line.split()[1:3] for line in steps] == [
        ["in_progress", "step_0000"],
        ["completed", "step_0000"],
        ["in_progress", "step_0001"],
        ["completed", "step_0001"],
    ]


WAITING: dict[str, Any] = {
    "status": "requires_action",
    "required_action": {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]
        },
    },
}
WAITS = "The run waits for you: submit the output of get_weather (call_1)."


@pytest.mark.parametrize(("form", "stream"), [("table", "stdout"), ("jsonl", "stderr")])
async def test_a_run_that_waits_says_for_what(form: str, stream: str) -> None:
    async with serving(1) as served:
        served.emulator.store.set_run_status(THREAD, RUN, **WAITING)
        result, _ = await asyncio.gather(
            invoke("follow", *served.run, *QUICK, "--format", form, "--exit-status"), live(served, numbers=[5])
        )
    assert result.exit_code == 0, result.stderr
    assert getattr(result, stream).count(WAITS) == 1


@pytest.mark.parametrize(
    ("status", "fields", "code", "why"),
    [
        ("completed", {}, 0, ""),
        ("failed", {"last_error": {"code": "server_error", "message": "Sorry."}}, 3, ": server_error: Sorry"),
        ("cancelled", {}, 4, ""),
        ("expired", {}, 4, ""),
        ("incomplete", {"incomplete_details": {"reason": "max_prompt_tokens"}}, 5, ": max_prompt_tokens"),
    ],
)
@pytest.mark.parametrize("option", [(), ("--exit-status",)])
async def test_the_exit_status_is_the_fate_of_the_run_if_asked_for(
    status: str, fields: dict[str, Any], code: int, why: str, option: tuple[str, ...]
) -> None:
    async with serving(2) as served:
        served.emulator.store.set_run_status(THREAD, RUN, status, **fields)
        result = await invoke("follow", *served.run, *option)
    assert (result.exit_code, result.stderr) == (code if option else 0, "")
    assert result.stdout.splitlines()[-1] == f"The run has ended: {status}{why}."


@pytest.mark.parametrize(
    ("fields", "option", "code"),
    [
        (WAITING, ("--exit-status",), 6),
        (WAITING, (), 1),
        ({"status": "in_progress"}, ("--exit-status",), 1),
    ],
)
async def test_the_exit_status_when_the_time_is_over(
    fields: dict[str, Any], option: tuple[str, ...], code: int
) -> None:
    async with serving(2) as served:
        served.emulator.store.set_run_status(THREAD, RUN, **fields)
        result = await invoke("follow", *served.run, *QUICK, "--max-duration", "0.3", *option)
    assert result.exit_code == code
    assert "has not ended within 300ms" in result.stderr


async def test_the_exit_status_of_a_server_that_fails_is_not_the_runs() -> None:
    async with serving(2) as served:
        served.emulator.store.set_run_status(THREAD, RUN, **WAITING)
        served.emulator.inject(Answer(400), matching=lambda request: "/steps" in request.raw_path)
        result = await invoke("follow", *served.run, "--exit-status")
    assert result.exit_code == 1


async def test_as_json_lines_it_can_be_drawn_later(tmp_path: Any) -> None:
    async with serving(3) as served:
        result = await invoke("follow", *served.run, "--format", "jsonl")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [step_id(n) for n in range(3)]
    (tmp_path / "run.jsonl").write_text(result.stdout)
    drawn = await invoke("timeline", "--from", str(tmp_path / "run.jsonl"))
    assert "3 steps" in drawn.stdout


async def test_ctrl_c_leaves_cleanly_and_tells_how_to_go_on() -> None:
    async with serving([make_step(0), make_step(1), going_on(2)]) as served:
        process = await start("follow", *served.run, *QUICK)
        await next_line(process, b"step_0002")
        process.send_signal(signal.SIGINT)
        code, _, err = await finish(process)
        assert (code, err) == (130, "Go on with --after step_0001.\n")
        served.emulator.store.update_step(THREAD, RUN, step_id(2), status="completed", completed_at=1_700_000_009)
        result = await invoke("follow", *served.run, "--after", "step_0001")
    assert [line.split()[2] for line in result.stdout.splitlines()[:-1]] == ["step_0002"]


async def test_the_deadline_tells_how_to_go_on() -> None:
    async with serving([make_step(0), going_on(1)]) as served:
        result = await invoke("follow", *served.run, *QUICK, "--max-duration", "0.3")
    assert result.exit_code == 1
    assert f"The run {RUN!r} has not ended within 300ms. Go on with --after step_0000." in result.stderr


async def test_a_run_that_vanishes() -> None:
    async with serving([make_step(0), going_on(1)]) as served:
        process = await start("follow", *served.run, *QUICK)
        await next_line(process)
        served.emulator.store.remove_run(THREAD, RUN)
        code, _, err = await finish(process)
    assert code == 1
    assert "404" in err
    assert "deleted since" in err


def test_a_place_begins_anew_where_nothing_is_settled() -> None:
    place = FollowPlace(None)
    assert place.hint == ""
    place.passed(structure_step(going_on(0)))
    assert place.hint == ""
