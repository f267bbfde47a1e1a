"""Whole threads by a cluster: one archive, as one machine makes it."""

import asyncio
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sample_steps import make_step
from waiting import until

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.archive import Archive, verify_archive
from openai_steps.emulator import Delay, Emulator, Store
from openai_steps.export import ExportError, ThreadsProgress, export_threads

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
from distributed import Client, LocalCluster  # noqa: E402 - only if it is there

from openai_steps.export.cluster import export_threads_on_cluster  # noqa: E402

# What distributed leaves open when its processes are killed is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

THREADS = [f"thread_{number}" for number in range(12)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """Two workers, each a process with one thread."""
    with (
        dask.config.set({"distributed.worker.daemon": True, "distributed.scheduler.locks.lease-timeout": "2s"}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as local,
        Client(local) as client,
    ):
        yield client


@pytest.fixture
def emulator() -> Emulator:
    store = Store()
    store.add_file({"id": "file_1"}, b"what it holds")
    image = {"type": "image_file", "image_file": {"file_id": "file_1"}}
    for thread_id in THREADS:
        run_id = f"run_of_{thread_id}"
        steps = [make_step(n, thread_id=thread_id, run_id=run_id, id=f"step_{thread_id}_{n}") for n in range(3)]
        store.add_run(thread_id, run_id, steps=steps)
        store.add_message(thread_id, {"id": f"msg_{thread_id}", "created_at": 1_700_000_000, "content": [image]})
    return Emulator(store=store)


async def export(cluster: Any, base_url: str, out: Path, ids: Any = THREADS, **options: Any) -> ThreadsProgress:
    connect = partial(AsyncStepsClient, Endpoint.compatible(base_url))
    work = partial(export_threads_on_cluster, cluster, ids, out, connect=connect, share_size=3, files=True, **options)
    return await asyncio.to_thread(work)


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def everything(folder: Path) -> Any:
    with Archive(folder) as found:
        content = found.content("file_1")
        assert content is not None
        return {name: found.history(name) for name in found.thread_ids()}, content.read_bytes()


async def test_it_is_the_archive_of_one_machine(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    seen: list[ThreadsProgress] = []
    async with emulator.serve() as base_url:
        ids = [*THREADS, "thread_gone", THREADS[0]]
        done = await export(
            cluster, base_url, tmp_path / "out", ids, on_progress=seen.append, max_per_second=1000, redact=["$.x"]
        )
        async with AsyncStepsClient(base_url=base_url) as client:
            await export_threads(client, ids, tmp_path / "one", files=True, redact=["$.x"])
    assert done == seen[-1]
    assert (done.threads, done.runs, done.steps, done.messages, done.failures) == (12, 12, 36, 12, 1)
    assert everything(tmp_path / "out") == everything(tmp_path / "one")
    assert verify_archive(tmp_path / "out").is_whole
    assert contents(tmp_path) == {"out", "one"}
    with Archive(tmp_path / "out") as out, Archive(tmp_path / "one") as one:
        assert out.manifest.redacted == one.manifest.redacted
        assert [missing.thread_id for missing in out.missing] == ["thread_gone"]


async def test_a_lost_worker_s_threads_are_read_again(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    emulator.inject(Delay(0.05), times=40)
    pids = await asyncio.to_thread(cluster.run, os.getpid)
    async with emulator.serve() as base_url:
        work = asyncio.create_task(export(cluster, base_url, tmp_path / "out"))
        await until(lambda: len(emulator.requests) >= 6)
        os.kill(next(iter(pids.values())), signal.SIGKILL)
        done = await work
    assert (done.threads, done.steps, done.failures) == (12, 36, 0)
    assert verify_archive(tmp_path / "out").is_whole
    assert contents(tmp_path) == {"out"}


async def test_it_goes_on_with_the_parts_that_are_there(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    class EnoughError(Exception):
        pass

    def stop(_: ThreadsProgress) -> None:
        raise EnoughError

    async with emulator.serve() as base_url:
        with pytest.raises(EnoughError):
            await export(cluster, base_url, tmp_path / "out", on_progress=stop)
        assert contents(tmp_path) == {"out.parts"}
        (tmp_path / "out.parts" / "whole.tmp").mkdir()  # it was killed as it put them together
        with pytest.raises(ExportError, match="parts of other threads or other settings"):
            await export(cluster, base_url, tmp_path / "out", THREADS[1:])
        done = await export(cluster, base_url, tmp_path / "out")
        assert done.found >= 3
        assert done.threads == 12
        with pytest.raises(ExportError, match="out exists"):
            await export(cluster, base_url, tmp_path / "out")
    assert verify_archive(tmp_path / "out").is_whole


def test_no_threads_are_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no threads"):
        export_threads_on_cluster("tcp://127.0.0.1:9", [], tmp_path / "out")
