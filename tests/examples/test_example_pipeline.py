"""The pipeline, as a program of its own: what it writes, and how it stops."""

import asyncio
import json
import signal
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from openai_steps import AsyncStepsClient, RunRef
from openai_steps.emulator import Answer, Delay
from openai_steps.testing import StepsServer, code_step, function_step, message_step

PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "pipeline.py"
CALLS_PER_RUN = 2

Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def files(tmp_path: Path, steps_server: StepsServer) -> tuple[Path, Path]:
    return tmp_path / "runs.txt", tmp_path / "calls.jsonl"


def add_runs(server: StepsServer, runs: Path, count: int) -> None:
    for number in range(count):
        steps = [message_step(1), function_step(2, "get_weather", {"run": number}, "sunny"), code_step(3)]
        server.add_run("thread_1", f"run_{number}", steps=steps)
    runs.write_text("".join(f"thread_1 run_{number}\n" for number in range(count)) + "\n")


async def start(*arguments: Any) -> asyncio.subprocess.Process:
    program = [sys.executable, PROGRAM, *arguments]
    return await asyncio.create_subprocess_exec(*program, stderr=asyncio.subprocess.PIPE)


async def end(program: asyncio.subprocess.Process) -> tuple[int | None, str]:
    async with asyncio.timeout(60):
        _, errors = await program.communicate()
    return program.returncode, errors.decode()


def rows(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


async def test_it_writes_every_tool_call(steps_server: StepsServer, files: tuple[Path, Path]) -> None:
    add_runs(steps_server, files[0], 40)
    assert await end(await start(*files)) == (0, "done: 80 tool calls written, 0 runs failed\n")
    assert Counter(row["run_id"] for row in rows(files[1])) == {f"run_{n}": CALLS_PER_RUN for n in range(40)}


async def test_it_keeps_the_calls_of_one_tool(steps_server: StepsServer, files: tuple[Path, Path]) -> None:
    add_runs(steps_server, files[0], 1)
    await end(await start(*files, "--tool", "get_weather"))
    assert rows(files[1]) == [
        {
            "run_id": "run_0",
            "step_id": "step_2",
            "at": "2027-01-15T08:00:10+00:00",
            "tool": "get_weather",
            "arguments": '{"run": 0}',
            "output": "sunny",
        }
    ]


async def test_a_run_that_cannot_be_read_stops_no_other(steps_server: StepsServer, files: tuple[Path, Path]) -> None:
    add_runs(steps_server, files[0], 5)
    steps_server.inject(Answer(403), matching=lambda request: "run_3" in request.raw_path)
    status, errors = await end(await start(*files))
    assert status == 1
    first, last = errors.splitlines()
    assert first.startswith("thread_1 run_3: ")
    assert last == "done: 8 tool calls written, 1 runs failed"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_a_signal_ends_it_in_order(
    steps_server: StepsServer, files: tuple[Path, Path], name: str, until: Until
) -> None:
    add_runs(steps_server, files[0], 500)
    steps_server.inject(Delay(0.05), times=500)
    program = await start(*files)
    await until(lambda: len(steps_server.requests) >= 30)
    program.send_signal(getattr(signal, name))
    status, errors = await end(program)
    written = Counter(row["run_id"] for row in rows(files[1]))
    assert status == 0
    assert errors == f"stopped: {written.total()} tool calls written, 0 runs failed\n"
    assert set(written.values()) == {CALLS_PER_RUN}
    assert len(written) == len({request.raw_path for request in steps_server.requests}) < 500


async def test_a_slow_disk_stops_the_reading(
    example: Callable[[str], ModuleType], steps_server: StepsServer, files: tuple[Path, Path], until: Until
) -> None:
    pipeline = example("pipeline.py")
    add_runs(steps_server, files[0], 300)
    taken: list[RunRef] = []

    def refs() -> Iterator[RunRef]:
        for ref in pipeline.read_refs(files[0], asyncio.Event()):
            taken.append(ref)
            yield ref

    queue: Any = asyncio.Queue(maxsize=5)
    async with AsyncStepsClient() as client:
        reading = asyncio.create_task(pipeline.read(client, refs(), None, queue))
        await until(queue.full)
        await until(stays_the_same(lambda: len(steps_server.requests)))
        assert queue.maxsize < len(taken) <= queue.maxsize + 1 + 2 * pipeline.RUNS_AT_ONCE
        assert await pipeline.write(files[1], queue) == 300 * CALLS_PER_RUN
        assert await reading == []


def stays_the_same(look: Callable[[], int]) -> Callable[[], bool]:
    """Tell whether the last 30 looks have shown the same."""
    seen: deque[int] = deque(maxlen=30)

    def settled() -> bool:
        seen.append(look())
        return len(seen) == 30 and len(set(seen)) == 1

    return settled


async def test_a_writer_that_fails_ends_all(
    example: Callable[[str], ModuleType], steps_server: StepsServer, tmp_path: Path
) -> None:
    add_runs(steps_server, tmp_path / "runs.txt", 3)
    with pytest.raises(ExceptionGroup) as caught:
        await example("pipeline.py").main(tmp_path / "runs.txt", tmp_path / "no" / "such" / "folder.jsonl", None)
    assert caught.group_contains(FileNotFoundError)
