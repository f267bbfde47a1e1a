"""The command that lists: formats, cursors, streaming, and every way to end early."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import Served, finish, invoke, serving, start
from sample_steps import make_step, make_steps, step_id
from waiting import next_line

from openai_steps import INCLUDE_FILE_SEARCH_CONTENT
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, DIALECTS, Answer, Dialect, Emulator

HOSTILE = "\x1b[2J\x07\x9b31m\u202e[red]\u2066"


def listed(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


# --- What is listed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], range(11, -1, -1)),
        (["--order", "asc"], range(12)),
        (["--order", "asc", "--after", step_id(7)], [8, 9, 10, 11]),
        (["--after", step_id(3)], [2, 1, 0]),
        (["--order", "asc", "--before", step_id(3)], [2, 1, 0]),
        (["--order", "asc", "--after", step_id(3), "--before", step_id(6)], [4, 5]),
        (["--order", "asc", "--max", "5"], range(5)),
        (["--order", "asc", "--max", "5", "--verify-paging"], range(5)),
    ],
)
@pytest.mark.parametrize("dialect", ["contract", "window"])
async def test_jsonl_is_the_wires_json_of_the_steps_asked_for(options: list[str], numbers: Any, dialect: str) -> None:
    steps = make_steps(12)
    async with serving(steps, dialect=DIALECTS[dialect]) as served:
        result = await invoke("list", *served.run, *options, "--page-size", "4", "--format", "jsonl")
    assert (result.exit_code, result.stderr) == (0, "")
    assert listed(result.stdout) == [steps[number] for number in numbers]


async def test_the_table() -> None:
    steps = [*make_steps(2), make_step(2, created_at=1_700_090_000, completed_at=1_700_090_075)]
    async with serving(steps) as served:
        result = await invoke("list", *served.run, "--order", "asc", "--format", "table")
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0].split() == ["When", "What", "Status", "Took", "Tokens", "Id"]
    assert [line.split() for line in lines[1:]] == [
        ["2023-11-14", "UTC"],
        ["22:13:20", "message", "msg_0", "completed", "1s", "3", step_id(0)],
        ["22:13:21", "message", "msg_1", "completed", "1s", "3", step_id(1)],
        ["2023-11-15", "UTC"],
        ["23:13:20", "message", "msg_2", "completed", "1m", "15s", "3", step_id(2)],
        ["3", "steps;", "9", "tokens"],
    ]


async def test_an_empty_run() -> None:
    async with serving(0) as served:
        assert (await invoke("list", *served.run, "--format", "table")).stdout == "No steps\n"
        assert (await invoke("list", *served.run, "--format", "jsonl")).stdout == ""
        assert (await invoke("list", *served.run)).stdout == ""
        assert (await invoke("list", *served.run, "--json", "id")).stdout == "[]\n"


@pytest.mark.parametrize("name", ["file_search_content", INCLUDE_FILE_SEARCH_CONTENT])
async def test_include_by_its_short_and_its_full_name(name: str) -> None:
    emulator = Emulator.demo()
    async with emulator.serve() as base_url:
        server = Served(emulator, base_url).server
        result = await invoke("list", DEMO_THREAD, DEMO_RUN, *server, "--include", name, "--format", "jsonl")
    assert listed(result.stdout) == emulator.store.steps(DEMO_THREAD, DEMO_RUN)[::-1]
    assert "content" in result.stdout


async def test_remote_text_can_not_reach_the_terminal() -> None:
    call = {"id": "c", "type": "function", "function": {"name": HOSTILE, "arguments": HOSTILE, "output": None}}
    details = {"type": "tool_calls", "tool_calls": [call]}
    error = {"code": HOSTILE, "message": HOSTILE}
    step = make_step(0, type="tool_calls", step_details=details, status=HOSTILE, last_error=error)
    async with serving([step]) as served:
        table = await invoke("list", *served.run, "--format", "table")
        rows = await invoke("list", *served.run, "--format", "tsv")
        picked = await invoke("list", *served.run, "--json", "status,step_details,last_error")
        lines = await invoke("list", *served.run, "--format", "jsonl")
        detail = await invoke("get", "step", *served.run[:2], step_id(0), *served.server)
    for result in (table, rows, picked, lines, detail):
        assert (result.exit_code, result.stderr) == (0, "")
        assert not any(character in result.stdout for character in "\x1b\x07\x9b\u202e\u2066")
        assert "[red]" in result.stdout
    assert listed(lines.stdout) == [step]


# --- Errors -------------------------------------------------------------------------------------------------------


async def test_a_servers_error_is_one_line_and_exit_1() -> None:
    async with serving() as served:
        served.emulator.inject(Answer(403, {"error": {"message": f"no\n{HOSTILE}", "code": "forbidden"}}))
        result = await invoke("list", *served.run)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: 403 Forbidden: no \\x1b[2J")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "..", "run"], "THREAD must be an id, not '..'."),
        (["list", "thread", ""], "RUN must be an id, not ''."),
        (["list", "t", "r", "--page-size", "101"], "101 is not in the range 1<=x<=100"),
        (["list", "t", "r", "--max", "0"], "0 is not in the range x>=1"),
        (["list", "t", "r", "--after", "a", "--before", "a"], "after and before are the same step"),
        (["list", "t", "r", "--order", "up"], "'up' is not one of 'asc', 'desc'"),
    ],
)
async def test_bad_arguments_are_usage_errors_and_never_sent(arguments: list[str], message: str) -> None:
    async with serving() as served:
        result = await invoke(*arguments, *served.server)
        assert served.emulator.requests == ()
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


# --- As a process -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "tsv", "jsonl"])
async def test_a_closed_pipe_is_quiet(form: str) -> None:
    async with serving(1000) as served:
        process = await start("list", *served.run, "--format", form)
        await next_line(process)
        assert process.stdout is not None
        process.stdout._transport.close()  # type: ignore[attr-defined]
        code, _, err = await finish(process)
    assert (code, err) == (141, "")


async def test_retries_are_silent() -> None:
    async with serving(1) as served:
        served.emulator.inject(Answer(503, headers={"retry-after": "0"}))
        code, out, err = await finish(await start("list", *served.run, "--format", "jsonl"))
        assert len(served.emulator.requests) > 1
    assert (code, len(listed(out)), err) == (0, 1, "")


async def test_the_key_is_never_shown() -> None:
    async with serving(api_key="sk-right", dialect=Dialect()) as served:
        code, out, err = await finish(await start("list", *served.run, OPENAI_STEPS_API_KEY="sk-wrong"))
    assert code == 1
    assert err.startswith("Error: 401 Unauthorized")
    assert "sk-" not in out + err


@pytest.mark.parametrize("form", ["table", "tsv"])
async def test_letters_that_the_terminal_does_not_know(form: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "naïve", "arguments": "日" * 99, "output": None}}
    async with serving([make_step(0, step_details={"type": "tool_calls", "tool_calls": [call]})]) as served:
        code, out, err = await finish(await start("list", *served.run, "--format", form, PYTHONIOENCODING="ascii"))
    assert (code, err) == (0, "")
    assert r"na\xefve" in out


@pytest.mark.parametrize(
    ("redirection", "code", "message"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        pytest.param(
            "> /dev/full",
            1,
            "Error: No space left on device\n",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device"),
        ),
    ],
)
@pytest.mark.parametrize("form", ["table", "tsv", "jsonl"])
async def test_closed_and_full_outputs(redirection: str, code: int, message: str, form: str) -> None:
    async with serving() as served:
        arguments = ["-m", "openai_steps.cli", "list", *served.run, "--format", form]
        process = await asyncio.create_subprocess_shell(
            f"{shlex.join([sys.executable, *arguments])} {redirection}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert (await finish(process))[::2] == (code, message)


@pytest.mark.parametrize("columns", ["80", "200", "2000"])
async def test_an_id_is_shown_whole_however_long(columns: str) -> None:
    """It is what `get` and --after want."""
    long_id = "step_" + "x" * 1000
    async with serving([make_step(1, id=long_id)]) as served:
        process = await start("list", *served.run, "--format", "table", COLUMNS=columns)
        code, out, err = await finish(process)
        shown = await invoke("get", "step", *served.run[:2], long_id, *served.server, COLUMNS=columns)
    assert (code, err) == (0, "")
    assert long_id in out
    assert long_id in shown.stdout.replace("\n", "").replace(" ", "")
