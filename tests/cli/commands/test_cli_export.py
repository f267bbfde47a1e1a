import asyncio
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from command_line import invoke
from waiting import next_line, until

from openai_steps import AsyncStepsClient, RunRef
from openai_steps.archive import verify_archive
from openai_steps.emulator import Delay, Emulator, Store

# The command, with a batch for each run instead of one a second, so that a kill meets it in the middle of things.
EXPORT = """
import sys
from openai_steps.archive import _batch
_batch.BATCH_SECONDS = 0
from openai_steps.cli import main
sys.argv[0] = "openai-steps"
main()
"""


def make_emulator(runs: int) -> Emulator:
    store = Store()
    for number in range(runs):
        thread_id, run_id = f"thread_{number}", f"run_{number}"
        steps = [
            {
                "id": f"step_{number}_{n}",
                "assistant_id": "asst_1",
                "type": "message_creation",
                "status": "completed",
                "created_at": 1_700_000_000 + n,
                "step_details": {"type": "message_creation", "message_creation": {"message_id": "m" * 500}},
            }
            for n in range(3)
        ]
        store.add_run(thread_id, run_id, steps=steps)
    return Emulator(store=store)


def write_runs(emulator: Emulator, path: Path) -> Path:
    lines = [orjson.dumps({"thread_id": t, "run_id": r}) + b"\n" for t, r in emulator.store.runs()]
    path.write_bytes(b"".join(lines))
    return path


def step_ids(path: Path) -> Counter[str]:
    from openai_steps.export import read_export

    return Counter(step.id for step in read_export(path))


def all_ids(emulator: Emulator) -> Counter[str]:
    return Counter(step["id"] for key in emulator.store.runs() for step in emulator.store.steps(*key))


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def start(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        EXPORT,
        "export",
        *map(str, arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        **options,
    )


async def run(*arguments: Any, stdin: bytes | None = None) -> tuple[int, str]:
    process = await start(*arguments, stdin=subprocess.PIPE)
    out, err = await process.communicate(stdin)
    assert out == b""
    return process.returncode or 0, err.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
async def test_killed_at_any_moment_it_goes_on(tmp_path: Path, suffix: str) -> None:
    emulator = make_emulator(150)
    emulator.inject(Delay(0.002), times=10_000)
    runs, out = write_runs(emulator, tmp_path / "runs.jsonl"), tmp_path / f"out{suffix}"
    kills = sorted(random.sample(range(5, 145), 4))
    async with emulator.serve() as base_url:
        command = (runs, "-o", out, "--provider", "compatible", "--base-url", base_url, "--concurrency", 4)
        for moment in kills:
            process = await start(*command)
            await until(lambda moment=moment: len(emulator.requests) >= moment)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            await process.communicate()
            assert process.returncode == -signal.SIGKILL
            assert not out.exists()
        sent_before = len(emulator.requests)
        code, told = await run(*command)
    assert code == 0, told
    assert f"In out{suffix}: 150 runs, 450 steps." in told
    assert step_ids(out) == all_ids(emulator)
    assert sent_before < len(emulator.requests) <= 150 + len(kills) * 16, "what had been done was done again"
    assert contents(tmp_path) == {"runs.jsonl", out.name}


async def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    emulator = make_emulator(50)
    emulator.inject(Delay(0.02), times=10_000)
    runs, out = write_runs(emulator, tmp_path / "runs.jsonl"), tmp_path / "out.jsonl"
    async with emulator.serve() as base_url:
        command = (runs, "-o", out, "--provider", "compatible", "--base-url", base_url, "--concurrency", 2)
        process = await start(*command)
        await until(lambda: len(emulator.requests) >= 10)
        process.send_signal(signal.SIGINT)
        _, told = await process.communicate()
        assert process.returncode == 130
        assert told.decode().strip() == "Start the same command again to go on."
        emulator.clear_faults()
        code, _ = await run(*command)
    assert code == 0
    assert step_ids(out) == all_ids(emulator)


async def test_failures_are_told_and_tried_again(tmp_path: Path) -> None:
    emulator = make_emulator(3)
    runs, out = write_runs(emulator, tmp_path / "runs.jsonl"), tmp_path / "out.jsonl"
    with runs.open("a") as file:
        file.write('{"thread_id": "thread_gone", "run_id": "run_gone"}\n')
    async with emulator.serve() as base_url:
        server = ("--provider", "compatible", "--base-url", base_url)
        code, told = await run(runs, "-o", out, *server)
        assert code == 1
        assert "In out.jsonl: 3 runs, 9 steps." in told
        assert "1 run could not be read: out.jsonl.failures.jsonl says which, and why." in told
        emulator.store.add_run("thread_gone", "run_gone")
        code, told = await run(tmp_path / "out.jsonl.failures.jsonl", "-o", tmp_path / "more.jsonl", *server)
    assert code == 0
    assert "1 run, 0 steps" in told


async def test_csv_from_standard_input(tmp_path: Path) -> None:
    emulator = make_emulator(3)
    rows = "run_id,thread_id\n" + "".join(f"{run_id},{thread_id}\n" for thread_id, run_id in emulator.store.runs())
    async with emulator.serve() as base_url:
        server = ("--provider", "compatible", "--base-url", base_url)
        code, told = await run("-", "-o", tmp_path / "out.jsonl", *server, stdin=rows.encode())
    assert code == 0, told
    assert step_ids(tmp_path / "out.jsonl") == all_ids(emulator)


async def test_max_per_second_bounds_the_requests(tmp_path: Path) -> None:
    emulator = make_emulator(30)
    runs = write_runs(emulator, tmp_path / "runs.jsonl")
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def note(_: object) -> bool:
        times.append(loop.time())
        return False

    emulator.inject(Delay(0), matching=note)
    async with emulator.serve() as base_url:
        server = ("--provider", "compatible", "--base-url", base_url)
        code, told = await run(runs, "-o", tmp_path / "out.jsonl", *server, "--max-per-second", 40)
    assert code == 0, told
    assert len(times) >= 30
    assert times[-1] - times[0] >= (len(times) - 4 - 1) / 40 / 2  # half, for on a busy machine the first may come late


async def test_by_a_cluster(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra dask")
    from distributed import LocalCluster

    emulator = make_emulator(20)
    runs, out = write_runs(emulator, tmp_path / "runs.jsonl"), tmp_path / "out"
    local = await asyncio.to_thread(
        LocalCluster,
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        dashboard_address="127.0.0.1:0",
        protocol="tcp",
    )
    try:
        async with emulator.serve() as base_url:
            server = ("--provider", "compatible", "--base-url", base_url, "--scheduler", local.scheduler_address)
            code, told = await run(runs, "-o", out, *server)
            archived, archive_told = await run("--all", "-o", tmp_path / "archive", *server)
            updated = await run("--all", "--update", "-o", tmp_path / "archive", *server)
    finally:
        await asyncio.to_thread(local.close)
    assert code == 0, told
    assert "In out: 20 runs, 60 steps." in told
    assert step_ids(out) == all_ids(emulator)
    assert archived == 0, archive_told
    assert "20 runs, 60 steps" in archive_told
    assert verify_archive(tmp_path / "archive").is_whole
    assert updated[0] == 2
    assert "leave out --scheduler" in updated[1]


@pytest.mark.parametrize(
    ("content", "out", "code", "told"),
    [
        ("thread,run\nt,r\n", "out.jsonl", 1, "neither JSON Lines nor CSV"),
        ('{"thread_id": "t"}\n', "out.jsonl", 1, "runs.txt, line 1: run_id must be"),
        ("", "out.csv", 2, "out.csv must end in .jsonl, .jsonl.gz, .parquet"),
        ("", "runs.txt.jsonl", 1, "runs.txt.jsonl exists"),
    ],
)
async def test_mistakes_are_told(tmp_path: Path, content: str, out: str, code: int, told: str) -> None:
    runs = tmp_path / "runs.txt"
    runs.write_text(content)
    (tmp_path / "runs.txt.jsonl").write_text("precious")
    server = ("--provider", "compatible", "--base-url", "http://127.0.0.1:9")
    assert (await run(runs, "-o", tmp_path / out, *server))[0] == code
    assert told in (await run(runs, "-o", tmp_path / out, *server))[1]


async def test_an_export_is_served(tmp_path: Path) -> None:
    emulator = make_emulator(5)
    runs, out = write_runs(emulator, tmp_path / "runs.jsonl"), tmp_path / "out.parquet"
    async with emulator.serve() as base_url:
        await run(runs, "-o", out, "--provider", "compatible", "--base-url", base_url)
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "openai_steps.cli", "serve", out, "--port", "0"), stdout=subprocess.PIPE
    )
    try:
        told = await next_line(server)
        url = next(word for word in told.split() if word.startswith("http://"))
        async with AsyncStepsClient(base_url=url) as client:
            read = [run async for run in client.read_runs(RunRef(*key) for key in emulator.store.runs())]
    finally:
        server.terminate()
        await server.wait()
    assert Counter(step.id for run in read for step in run.steps) == all_ids(emulator)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
async def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    import pty

    emulator = make_emulator(40)
    emulator.inject(Delay(0.02), times=10_000)
    runs = write_runs(emulator, tmp_path / "runs.jsonl")
    with runs.open("a") as file:
        file.write('{"thread_id": "thread_gone", "run_id": "run_gone"}\n')
    leader, follower = pty.openpty()
    async with emulator.serve() as base_url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "openai_steps.cli", "export", runs, "-o", tmp_path / "out.jsonl"),
            *("--provider", "compatible", "--base-url", base_url, "--concurrency", "2"),
            stdin=follower,
            stderr=follower,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        )
        os.close(follower)
        reading = asyncio.create_task(asyncio.to_thread(_read_all, leader))
        await process.wait()
        shown = await reading
    assert "41/41 runs" in shown
    assert "/s, 1 failed, left:" in shown


def _read_all(terminal: int) -> str:
    chunks: list[bytes] = []
    try:
        while chunk := os.read(terminal, 65536):
            chunks.append(chunk)
    except OSError:  # how Linux says that nobody writes any more
        pass
    finally:
        os.close(terminal)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", b"".join(chunks).decode())


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
async def test_a_scheduler_that_is_not_there_is_told_within_seconds(tmp_path: Path, address: str) -> None:
    pytest.importorskip("distributed")
    runs = tmp_path / "runs.csv"
    runs.write_text("thread_id,run_id\nt,r\n")
    out = tmp_path / "out"
    result = await invoke("export", str(runs), "-o", str(out), "--scheduler", address, "--base-url", "http://h/v1")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: There is no scheduler at {address}: ")
    assert not out.exists()
