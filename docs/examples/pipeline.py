"""A pipeline: read many runs, keep their tool calls, write them as JSON Lines.

    OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python pipeline.py runs.txt calls.jsonl --tool get_weather

``runs.txt`` has a thread's id and a run's id on each line. Nothing piles up, however long it is: a slow disk stops the
reading. Ctrl-C, or SIGTERM, stops it in order: no new run is begun, those under way are read and written.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from openai_steps import AsyncStepsClient, RunRef, RunSteps

RUNS_AT_ONCE = 16
RUNS_AHEAD_OF_DISK = 64

Lines = list[str]
Queue = asyncio.Queue[Lines | None]  # the lines of a run each; None: there will be no more


def read_refs(path: Path, stop: asyncio.Event) -> Iterator[RunRef]:
    """The runs to read. They are asked for one by one, as there is room for another."""
    with path.open() as lines:
        for line in lines:
            if stop.is_set():
                return
            if line.strip():
                thread_id, run_id = line.split()
                yield RunRef(thread_id, run_id)


def tool_calls(run: RunSteps, tool: str | None) -> Lines:
    """A line for each call of the tool, or of any."""
    return [
        json.dumps(
            {
                "run_id": run.run_id,
                "step_id": step.id,
                "at": step.created_at.isoformat(),
                "tool": call.name,
                "arguments": call.arguments,
                "output": call.output,
            },
        )
        + "\n"
        for step in run.steps
        for call in step.tool_calls
        if tool in (None, call.name)
    ]


async def read(client: AsyncStepsClient, refs: Iterator[RunRef], tool: str | None, queue: Queue) -> list[RunSteps]:
    """Fill the queue, waiting while it is full; return the runs that could not be read."""
    failed = []
    async for run in client.read_runs(refs, concurrency=RUNS_AT_ONCE):
        if run.error is not None:
            failed.append(run)
        elif lines := tool_calls(run, tool):
            await queue.put(lines)
    await queue.put(None)
    return failed


async def write(path: Path, queue: Queue) -> int:
    """Empty the queue into a file, in a thread, for disks know no await; return the number of lines."""
    written = 0
    with path.open("w") as file:
        while (lines := await queue.get()) is not None:
            await asyncio.to_thread(file.writelines, lines)
            written += len(lines)
    return written


async def main(runs: Path, out: Path, tool: str | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):  # not by add_signal_handler, which Windows does not have
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    queue: Queue = asyncio.Queue(maxsize=RUNS_AHEAD_OF_DISK)
    async with AsyncStepsClient() as client, asyncio.TaskGroup() as tasks:  # if one task fails, the other is cancelled
        reading = tasks.create_task(read(client, read_refs(runs, stop), tool, queue))
        writing = tasks.create_task(write(out, queue))
    failed = reading.result()
    for run in failed:
        print(f"{run.thread_id} {run.run_id}: {run.error}", file=sys.stderr)
    ended = "stopped" if stop.is_set() else "done"
    print(f"{ended}: {writing.result()} tool calls written, {len(failed)} runs failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tool")
    sys.exit(asyncio.run(main(**vars(parser.parse_args()))))
