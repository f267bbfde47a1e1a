"""What commands give out: forms, fields, files, filters."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import SETTINGS, finish, invoke, serving, start
from sample_steps import RUN, THREAD, make_step, make_steps, step_id
from steps_with_tools import ARGUMENTS, STEPS

pty = pytest.importorskip("pty", reason="Windows has none")


def fields_of(line: str) -> list[str]:
    return line.split("\t")


# --- Rows for programs --------------------------------------------------------------------------------------------


async def test_a_pipe_gets_whole_values_and_ids_in_columns() -> None:
    async with serving(STEPS) as served:
        code, out, err = await finish(await start("list", *served.run, "--order", "asc", COLUMNS="40"))
    assert (code, err) == (0, "")
    rows = [fields_of(line) for line in out.splitlines()]
    whole = ARGUMENTS.replace("\t", "\\t").replace("\n", "\\n")
    assert rows == [
        [step_id(0), "2023-11-14T22:13:20Z", "message_creation", "completed", "1", "3", "message msg_0"],
        [step_id(1), "2023-11-14T22:13:21Z", "tool_calls", "completed", "1", "3", f"weather {whole}"],
        [
            step_id(2),
            "2023-11-14T22:13:22Z",
            "tool_calls",
            "failed",
            "",
            "3",
            f"weather {whole}; search {whole}; c: why",
        ],
        [step_id(3), "2023-11-14T22:13:23Z", "tool_calls", "in_progress", "", "", ""],
    ]


@pytest.mark.parametrize("columns", ["60", "80", "109", "110", "200"])
async def test_a_terminal_of_any_width_shows_every_id(columns: str) -> None:
    long = "step_of_another_server_whose_ids_are_longer_than_any_column"
    async with serving([make_step(0), make_step(1, id=long)]) as served:
        result = await invoke("list", *served.run, "--format", "table", COLUMNS=columns)
    assert result.stdout.count(step_id(0)) == result.stdout.count(long) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no pseudo-terminals")
async def test_a_terminal_gets_the_table() -> None:
    async with serving(1) as served:
        lead, follow = pty.openpty()
        command = [sys.executable, "-m", "openai_steps", "list", *served.run]
        environment = {**os.environ, **SETTINGS, "TERM": "xterm"}
        process = subprocess.Popen(  # noqa: ASYNC220 - starting one takes no time
            command, stdin=subprocess.DEVNULL, stdout=follow, env=environment
        )
        os.close(follow)
        assert await asyncio.to_thread(process.wait, 60) == 0
        shown = os.read(lead, 10_000).decode()
        os.close(lead)
    assert "When" in shown
    assert "1 step; 3 tokens" in shown


# --- Files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "first"),
    [
        ("steps.jsonl", [], '{"id":'),
        ("steps.txt", [], f"{step_id(1)}\t"),
        ("steps.csv", [], f"id,created_at,type,status,seconds,tokens,what\n{step_id(1)},"),
        ("steps.csv", ["--format", "tsv"], f"{step_id(1)}\t"),
        ("steps.txt", ["--format", "csv"], f"id,created_at,type,status,seconds,tokens,what\n{step_id(1)},"),
        ("steps.json", ["--json", "id"], '[{"id":'),
        ("steps.txt", ["--format", "table"], "When "),
        ("steps.txt", ["--format", "jsonl"], '{"id":'),
    ],
)
async def test_a_file_gets_what_a_pipe_would(tmp_path: Path, name: str, options: list[str], first: str) -> None:
    async with serving(2) as served:
        result = await invoke("list", *served.run, *options, "-o", str(tmp_path / name))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / name).read_text("utf-8").startswith(first)


async def test_a_file_of_nothing_is_there_and_empty(tmp_path: Path) -> None:
    async with serving(0) as served:
        await invoke("list", *served.run, "-o", str(tmp_path / "steps.jsonl"))
    assert (tmp_path / "steps.jsonl").read_bytes() == b""


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize("command", ["list", "runs", "messages", "threads"])
async def test_csv_has_a_name_for_each_column_once(command: str, count: int) -> None:
    ids = {"list": [THREAD, RUN], "threads": []}.get(command, [THREAD])
    async with serving(count) as served:
        result = await invoke(command, *ids, *served.server, "--format", "csv")
        piped = await invoke(command, *ids, *served.server)
    names, *lines = csv.reader(result.stdout.splitlines())
    assert names[:2] == ["id", "created_at"]
    assert lines == [line.split("\t") for line in piped.stdout.splitlines()]
    assert all(len(line) == len(names) for line in lines)


async def test_a_file_is_left_alone_where_nothing_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "steps.jsonl"
    file.write_text("before")
    async with serving(api_key="right") as served:
        result = await invoke("list", *served.run, "-o", str(file), OPENAI_STEPS_API_KEY="wrong")
    assert result.exit_code == 1
    assert file.read_text("utf-8") == "before"


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with serving() as served:
        result = await invoke("list", *served.run, "-o", str(tmp_path / "no" / "steps.jsonl"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {tmp_path / 'no' / 'steps.jsonl'}: No such file or directory\n"


async def test_a_dash_is_standard_output() -> None:
    async with serving(1) as served:
        result = await invoke("list", *served.run, "-o", "-", "--json", "status")
    assert result.stdout == '[{"status":"completed"}]\n'


# --- Filters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--status", "completed"], [0, 1]),
        (["--status", "failed", "--status", "in_progress"], [2, 3]),
        (["--type", "message_creation"], [0]),
        (["--tool", "weather"], [1, 2]),
        (["--tool", "function"], [1, 2]),
        (["--tool", "search", "--status", "completed"], []),
        (["--tool", "weather", "--max", "1"], [1]),
        (["--type", "tool_calls", "--max", "2"], [1, 2]),
    ],
)
async def test_filters(options: list[str], numbers: list[int]) -> None:
    async with serving(STEPS) as served:
        result = await invoke("list", *served.run, "--order", "asc", *options, "--format", "jsonl")
    assert result.exit_code == 0
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [step_id(number) for number in numbers]


async def test_a_filter_that_has_enough_asks_no_more() -> None:
    async with serving(make_steps(20)) as served:
        await invoke("list", THREAD, RUN, *served.server, "--page-size", "5", "--status", "completed", "--max", "3")
        assert len(served.emulator.requests) <= 2  # the second page is on its way already
