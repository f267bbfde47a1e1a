"""``openai-steps export`` into an archive, proven, served again and read by the other commands."""

import json
from pathlib import Path

import pytest
from command_line import call, fails, finish, invoke, start
from thread_samples import BODIES, make_thread_store
from waiting import next_line

from openai_steps.archive import Archive, verify_archive
from openai_steps.emulator import Emulator


async def export(emulator: Emulator, folder: Path, *arguments: str) -> str:
    async with emulator.serve() as base_url:
        result = await invoke("export", *arguments, "-o", str(folder), "--base-url", base_url)
    assert result.exit_code == 0, result.output
    return result.stderr


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(store=make_thread_store())


@pytest.mark.parametrize("how", ["thread", "all", "jsonl", "csv", "stdin"])
async def test_threads_are_named_in_many_ways(emulator: Emulator, tmp_path: Path, how: str) -> None:
    runs = [{"thread_id": thread_id, "run_id": run["id"]} for thread_id, body in BODIES.items() for run in body["runs"]]
    lines = tmp_path / "runs.jsonl"
    lines.write_text("".join(json.dumps(run) + "\n" for run in runs))
    rows = tmp_path / "threads.csv"
    rows.write_text("thread_id\n" + "".join(f"{thread_id}\n" for thread_id in BODIES))
    arguments = {
        "thread": [word for thread_id in BODIES for word in ("--thread", thread_id)],
        "all": ["--all"],
        "jsonl": [str(lines)],
        "csv": [str(rows)],
        "stdin": [str(lines), "--all", "--thread", "thread_weather"],
    }[how]
    told = await export(emulator, tmp_path / "a", *arguments)
    assert told.endswith("In a: 3 threads, 5 runs, 12 steps, 10 messages.\n")
    assert verify_archive(tmp_path / "a").is_whole


async def test_what_cannot_be_read_is_an_exit_status(emulator: Emulator, tmp_path: Path) -> None:
    async with emulator.serve() as base_url:
        result = await invoke(
            "export",
            "--thread",
            "thread_weather",
            "--thread",
            "gone",
            "-o",
            str(tmp_path / "a"),
            "--base-url",
            base_url,
        )
    assert result.exit_code == 1
    assert "1 could not be read: manifest.json says which" in result.stderr


async def test_it_is_served_again(emulator: Emulator, tmp_path: Path) -> None:
    await export(emulator, tmp_path / "a", "--all")
    server = await start("serve", str(tmp_path / "a"), "--port", "0")
    line = await next_line(server)
    base_url = line.split()[1]
    result = await invoke("list", "thread_weather", "run_weather", "--base-url", base_url, "--format", "jsonl")
    assert [json.loads(step)["id"] for step in result.stdout.splitlines()] == ["step_w2", "step_w1"]
    server.terminate()
    await finish(server)


async def test_other_commands_read_it(emulator: Emulator, tmp_path: Path) -> None:
    await export(emulator, tmp_path / "a", "--all", "--include", "file_search_content")
    archive = str(tmp_path / "a")
    assert len(call("evaluation", "--from", archive, "--format", "azure").stdout.splitlines()) == 5
    assert "a is whole." in call("verify", archive).stdout


async def test_values_are_taken_out(emulator: Emulator, tmp_path: Path) -> None:
    await export(emulator, tmp_path / "a", "--all", "--redact", "$..arguments", "--redact", "$..value")
    with Archive(tmp_path / "a") as archive:
        assert all(b"Paris" not in data for data in archive.messages("thread_weather"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "x"], "Name runs, a file or -: RUNS; or threads"),
        (["--thread", "t", "-o", "x.jsonl"], "Threads go into an archive, a folder"),
        (["--all", "-o", "x.parquet"], "Threads go into an archive, a folder"),
        (["--all", "-o", "s3://bucket/a"], "is not a path on this machine"),
        (["--thread", "t", "--redact", "nonsense", "-o", "x"], "is not a JSON path"),
    ],
)
def test_what_makes_no_sense_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = fails(2, "export", *arguments, "--base-url", "http://127.0.0.1:9/v1")
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []
