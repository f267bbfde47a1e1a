"""An export of threads is killed again and again, at whatever moment, and goes on: nothing is lost or twice."""

import asyncio
import json
import random
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from sample_steps import make_step

from openai_steps.archive import Archive, ArchiveError, verify_archive
from openai_steps.emulator import Emulator, Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

THREADS, RUNS, STEPS = 30, 3, 4

# Each batch is committed at once, so that there is a commit to be killed in at any moment.
PROGRAM = """
import asyncio, sys
from openai_steps import AsyncStepsClient
from openai_steps.archive import _batch
from openai_steps.export import export_threads

_batch.BATCH_SECONDS = 0

async def main(base_url, folder, *thread_ids):
    async with AsyncStepsClient(base_url=base_url, api_key="x") as client:
        await export_threads(client, thread_ids, folder, files=True, concurrency=4)

asyncio.run(main(*sys.argv[1:]))
"""


def make_store() -> Store:
    store = Store()
    for number in range(THREADS):
        thread_id = f"thread_{number}"
        store.add_thread(thread_id)
        store.add_file({"id": f"file_{number}"}, f"content {number}".encode() * 100)
        for run in range(RUNS):
            run_id = f"run_{number}_{run}"
            steps = [make_step(n, thread_id=thread_id, run_id=run_id) for n in range(STEPS)]
            store.add_run(
                thread_id, run_id, steps=[{**step, "id": f"step_{run_id}_{n}"} for n, step in enumerate(steps)]
            )
        image = {"type": "image_file", "image_file": {"file_id": f"file_{number}"}}
        store.add_message(
            thread_id, {"id": f"msg_{number}", "created_at": 1_700_000_000, "role": "user", "content": [image]}
        )
    return store


async def killed_after(requests: int, emulator: Emulator, base_url: str, folder: Path) -> bool:
    """Run the export, and kill it when the server has got so many requests more; tell whether it was still running."""
    before = len(emulator.requests)
    thread_ids = [f"thread_{number}" for number in range(THREADS)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, base_url, str(folder), *thread_ids)
    ended = asyncio.ensure_future(process.wait())
    while len(emulator.requests) < before + requests and not ended.done():
        await asyncio.wait([ended], timeout=0.001)
    if not ended.done():
        process.kill()
    return await ended == -signal.SIGKILL


def problems(folder: Path) -> tuple[str, ...]:
    try:
        return verify_archive(folder).problems
    except ArchiveError as error:  # it was killed in its first moments
        assert re.search("is not an archive|has no index|broken off as it began", str(error))  # noqa: PT017
        return ()


def contents(folder: Path) -> dict[str, Any]:
    """Return all objects of an archive by their kinds and ids, each of which must be there once."""
    found: list[tuple[str, Any]] = []
    with Archive(folder) as archive:
        for thread_id in archive.thread_ids():
            found += [("message", json.loads(text)) for text in archive.messages(thread_id)]
            for state in archive.runs(thread_id):
                found += [("run", json.loads(archive.run(thread_id, state.run_id) or b""))]
                found += [("step", json.loads(text)) for text in archive.steps(thread_id, state.run_id)]
        files = {file_id: archive.content(file_id) for file_id in archive.file_ids()}
        found += [("file", {"id": name, "content": path and path.read_bytes()}) for name, path in files.items()]
    by_id = {f"{kind} {item['id']}": item for kind, item in found}
    assert len(by_id) == len(found)
    return by_id


@pytest.mark.parametrize("seed", [1, 3])
async def test_killed_at_any_moment_it_goes_on(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    emulator = Emulator(store=make_store())
    kills = 0
    async with emulator.serve() as base_url:
        for _ in range(3):
            kills += await killed_after(chance.randrange(1, 80), emulator, base_url, tmp_path / "a")
            assert problems(tmp_path / "a") == ()
        assert not await killed_after(10_000, emulator, base_url, tmp_path / "a")
    assert kills >= 2
    report = verify_archive(tmp_path / "a")
    assert (report.is_whole, report.notes) == (True, ())
    found = contents(tmp_path / "a")
    kinds = [name.split()[0] for name in found]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "message": THREADS,
        "file": THREADS,
        "run": THREADS * RUNS,
        "step": THREADS * RUNS * STEPS,
    }
    for key in emulator.store.runs():
        for step in emulator.store.steps(*key):
            assert found[f"step {step['id']}"] == step
    assert found["file file_7"]["content"] == b"content 7" * 100
    assert not list((tmp_path / "a").rglob("*.part"))
