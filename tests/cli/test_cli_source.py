"""Where whole runs come from: a server, a file of steps, standard input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from command_line import SETTINGS, call, invoke, serving
from sample_steps import RUN, THREAD, make_step, make_steps

from openai_steps.cli._app import app
from openai_steps.emulator import Answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(step) + "\n" for step in make_steps(3)))
    return path


def test_it_draws_standard_input(file: Path) -> None:
    result = CliRunner().invoke(app, ["timeline", "--from", "-"], input=file.read_bytes(), env=SETTINGS)
    assert "3 steps" in result.stdout


def test_of_a_file_of_many_runs_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    steps = [make_step(0), make_step(1, run_id="run_\x1b[31m2")]
    file.write_text("\n\n".join(map(json.dumps, steps)))
    refused = call("timeline", "--from", str(file))
    assert refused.exit_code == 1
    assert "holds 2 runs: thread_1 run_1, thread_1 run_\\x1b[31m2. Name one" in refused.stderr
    assert "1 step " in call("timeline", THREAD, RUN, "--from", str(file)).stdout


def test_a_run_object_in_the_file_tells_the_status(file: Path) -> None:
    run = {"object": "thread.run", "id": RUN, "thread_id": THREAD, "status": "expired", "created_at": 1_699_999_990}
    file.write_text(json.dumps(run) + "\n" + file.read_text("utf-8"))
    assert "expired · 3 steps · 13s · 10s waiting" in call("timeline", "--from", str(file)).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "Name a run: THREAD RUN, all of a thread: THREAD, or a file of steps: --from FILE."),
        (["thread_1"], 2, "OPENAI_API_KEY"),
        (["thread_1", "--from", "FILE"], 2, "Name a run"),
        (["thread_1", "run_1"], 2, "OPENAI_API_KEY"),
        (["thread_1", "run_none", "--from", "FILE"], 1, "run.jsonl holds no such run."),
        (["--from", "missing.jsonl"], 2, "missing.jsonl"),
        (["--from", "FILE", "--html", "FILE/page.html"], 1, "Not a directory"),
    ],
    ids=str,
)
def test_mistakes_are_told(file: Path, arguments: list[str], code: int, told: str) -> None:
    result = call("timeline", *(argument.replace("FILE", str(file)) for argument in arguments))
    assert (result.exit_code, told in result.stderr) == (code, True), result.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "run.jsonl is empty."),
        ("{", "line 1: "),
        ("[1]", "line 1: $ should be an object"),
        ('{"id": 1}', "line 1: $.id should be text"),
    ],
)
def test_bad_files_are_told(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(line)
    result = call("timeline", "--from", str(file))
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.mark.parametrize("command", ["timeline", "usage"])
async def test_the_steps_are_enough_where_a_server_does_not_know_the_run(command: str) -> None:
    async with serving(3) as served:
        nowhere = Answer(404, {"error": {"message": "Not Found"}})
        served.emulator.inject(nowhere, times=9, matching=lambda request: request.raw_path.endswith(f"/runs/{RUN}"))
        result = await invoke(command, *served.run)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "3" in result.stdout


async def test_a_run_without_steps_that_is_not_known_is_not_found() -> None:
    async with serving(0) as served:
        nowhere = Answer(404, {"error": {"message": "Not Found"}})
        served.emulator.inject(nowhere, times=9, matching=lambda request: request.raw_path.endswith(f"/runs/{RUN}"))
        result = await invoke("timeline", *served.run)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: 404 Not Found")


async def test_a_server_that_fails_is_not_passed_over() -> None:
    async with serving(3) as served:
        served.emulator.inject(Answer(403), matching=lambda request: request.raw_path.endswith(f"/runs/{RUN}"))
        result = await invoke("timeline", *served.run)
    assert result.exit_code == 1
