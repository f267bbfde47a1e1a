"""The command that serves a file."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from command_line import call, finish, invoke, start
from sample_steps import make_step, make_steps
from waiting import next_line

from openai_steps.emulator import PROFILES


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "steps.jsonl"
    path.write_text("".join(json.dumps(step) + "\n" for step in make_steps(7)))
    return path


async def first_lines(process: asyncio.subprocess.Process, count: int) -> str:
    return "".join([await next_line(process) for _ in range(count)])


@pytest.mark.parametrize(
    "profile", ["compatible", "openai", "azure_openai", "azure_openai_v1", "azure_foundry", "azure_hub", "dashscope"]
)
async def test_what_it_invites_to_gives_the_files_steps(file: Path, profile: str) -> None:
    process = await start("serve", str(file), "--port", "0", "--profile", profile)
    told = await first_lines(process, 2)
    (command,) = re.findall(r"openai-steps (list .*)", told)
    result = await invoke(*shlex.split(command), "--format", "jsonl")
    process.send_signal(signal.SIGINT)
    assert await finish(process) == (130, "", "")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [
        step["id"] for step in reversed(make_steps(7))
    ]


async def test_following_a_recording_of_a_run_that_goes_on_ends_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "steps.jsonl"
    steps = [make_step(0), make_step(1, status="in_progress", completed_at=None)]
    file.write_text("".join(json.dumps(step) + "\n" for step in steps))
    process = await start("serve", str(file), "--port", "0")
    (command,) = re.findall(r"openai-steps list (.*)", await first_lines(process, 2))
    result = await invoke("follow", *shlex.split(command), "--exit-status")
    process.send_signal(signal.SIGINT)
    await finish(process)
    assert result.exit_code == 1
    assert "step_0001" in result.stdout
    assert "in_progress, and will not change any more" in result.stderr


async def test_what_list_writes_can_be_served(file: Path, tmp_path: Path) -> None:
    texts: list[str] = []
    for name in ("first.jsonl", "second.jsonl"):
        process = await start("serve", str(file), "--port", "0")
        (command,) = re.findall(r"openai-steps (list .*)", await first_lines(process, 2))
        texts.append((await invoke(*shlex.split(command), "--order", "asc", "--format", "jsonl")).stdout)
        file = tmp_path / name
        file.write_text(texts[-1])
        process.send_signal(signal.SIGINT)
        await finish(process)
    assert texts[0] == texts[1] != ""


@pytest.mark.parametrize(
    ("content", "message"),
    [("no json\n", "line 1"), ("[]\n", "line 1"), ('{"id": "s"}\n', "line 1")],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text(content)
    result = call("serve", str(path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_port_in_use_is_one_line(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = call("serve", str(file), "--port", str(port))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Cannot listen on 127.0.0.1, port {port}: ")
    assert result.stderr.endswith("--port 0 takes a free one.\n")


async def test_on_all_addresses_it_shows_one_that_can_be_called(file: Path) -> None:
    process = await start("serve", str(file), "--host", "0.0.0.0", "--port", "0")
    told = await first_lines(process, 3)
    process.send_signal(signal.SIGINT)
    await finish(process)
    assert re.match(r"Serving http://127\.0\.0\.1:\d+/v1 with 1 run; ", told)
    assert told.endswith("\n  From other machines, write the name or address of this one in place of 127.0.0.1.\n")


@pytest.mark.parametrize(
    "arguments", [["nowhere.jsonl"], [__file__, "--profile", "nobody"], [__file__, "--port", "-1"]]
)
def test_usage_errors(arguments: list[Any]) -> None:
    assert call("serve", *arguments).exit_code == 2


def test_the_profiles_are_named_where_there_is_no_such(file: Path) -> None:
    assert all(name in call("serve", str(file), "--profile", "nobody").stderr for name in PROFILES)
