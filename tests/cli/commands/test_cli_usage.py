"""``openai-steps usage``: tokens and times of one run, and of many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import call, invoke, serving
from sample_steps import make_step


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "runs.jsonl"
    steps = [make_step(number, run_id=f"run_{number % 2}") for number in range(4)]
    steps[3] |= {"status": "failed", "failed_at": 1_700_000_009, "completed_at": None}
    path.write_text("".join(json.dumps(step) + "\n" for step in steps))
    return path


async def test_one_run() -> None:
    async with serving(4) as served:
        result = await invoke("usage", *served.run)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["run_1"]
    assert ["steps", "4"] in lines
    assert ["tokens", "in", "4"] in lines
    assert ["tokens", "12"] in lines


def test_many_runs_and_their_sum(file: Path) -> None:
    result = call("usage", "--from", str(file), COLUMNS="80")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines == [
        ["Run", "Steps", "Failed", "Time", "Tools", "In", "Out", "Tokens"],
        ["run_0", "2", "3s", "0s", "2", "4", "6"],
        ["run_1", "2", "1", "8s", "0s", "2", "4", "6"],
        ["all", "4", "1", "11s", "0s", "4", "8", "12"],
    ]
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_id_of_a_run_is_whole_where_the_terminal_is_narrow(tmp_path: Path) -> None:
    path, run_id = tmp_path / "runs.jsonl", "run_" + "0123456789" * 3
    steps = [make_step(number, run_id=f"{run_id}{number}") for number in range(2)]
    path.write_text("".join(json.dumps(step) + "\n" for step in steps))
    shown = call("usage", "--from", str(path), COLUMNS="60").stdout
    first = "".join(line.split()[0] for line in shown.splitlines()[1:-1])
    assert first == f"{run_id}0{run_id}1"


def test_as_json(file: Path) -> None:
    told = json.loads(call("usage", "--from", str(file), "--format", "json").stdout)
    assert [run["run_id"] for run in told["runs"]] == ["run_0", "run_1"]
    assert told["runs"][1]["slowest"] == {"step_id": "step_0003", "seconds": 6.0}
    assert told["total"] == {
        "steps": 4,
        "failed_steps": 1,
        "seconds": 11.0,
        "tool_seconds": 0.0,
        "message_seconds": 9.0,
        "waiting_seconds": 2.0,
        "tokens": {"prompt": 4, "completion": 8, "total": 12, "cached": None, "reasoning": None},
    }
