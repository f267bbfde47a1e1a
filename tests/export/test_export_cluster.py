import asyncio
import os
import signal
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from export_samples import DEEP, all_runs, all_steps, answer_too_deep, make_store
from waiting import until

from openai_steps import AsyncStepsClient, Endpoint, RunRef
from openai_steps.emulator import Answer, Delay, Emulator
from openai_steps.export import ExportError, ExportProgress, load_archive, read_run_refs
from openai_steps.export._archive import read_lines

dask = pytest.importorskip("dask", reason="needs the extra dask")
from distributed import Client, LocalCluster, Semaphore  # noqa: E402 - only if it is there

from openai_steps.export._workers import _close  # noqa: E402
from openai_steps.export.cluster import export_on_cluster  # noqa: E402

# What distributed leaves open when its processes are killed is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """Two workers, each a process with one thread."""
    settings = {
        "distributed.scheduler.locks.lease-timeout": "2s",  # a lost worker's lane is free again after this
        "distributed.worker.daemon": True,
    }
    with (
        dask.config.set(settings),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as local,
        Client(local) as client,
    ):
        yield client


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(store=make_store(60, steps=5))


def connect_to(base_url: str) -> Any:
    return partial(AsyncStepsClient, Endpoint.compatible(base_url))


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_an_export_by_all_workers(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out"
    seen: list[ExportProgress] = []
    runs = all_runs(emulator.store)
    async with emulator.serve() as base_url:
        done = await asyncio.to_thread(
            export_on_cluster,
            cluster,
            [*runs, *runs[:9], RunRef("thread_gone", "run_gone")],
            out,
            connect=connect_to(base_url),
            share_size=7,
            on_progress=seen.append,
        )
    assert all_steps(load_archive(out)) == all_steps(emulator.store)
    assert done == seen[-1] == ExportProgress(runs=60, steps=len(all_steps(emulator.store)), failures=1)
    assert contents(tmp_path) == {"out", "out.failures.jsonl"}
    assert len(contents(out)) == 9
    with (tmp_path / "out.failures.jsonl").open() as lines:
        assert list(read_run_refs(lines)) == [RunRef("thread_gone", "run_gone")]


async def test_a_step_however_deep_is_written_as_it_came(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer_too_deep(emulator, "run_5")
    async with emulator.serve() as base_url:
        export = partial(export_on_cluster, cluster, all_runs(emulator.store), out, connect=connect_to(base_url))
        done = await asyncio.to_thread(export, share_size=20)
    assert (done.runs, done.failures) == (60, 0)
    assert [DEEP.encode() in line for line in read_lines(out) if b'"run_5"' in line] == [False, True, False]


async def test_what_is_no_step_is_kept_beside_them(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out"
    page = {"data": [{"no": "id"}], "has_more": False}
    emulator.inject(Answer(200, page), times=99, matching=lambda request: "/run_5/steps" in request.raw_path)
    async with emulator.serve() as base_url:
        export = partial(export_on_cluster, cluster, all_runs(emulator.store), out, connect=connect_to(base_url))
        done = await asyncio.to_thread(export, share_size=20)
    assert (done.runs, done.failures, done.unreadable) == (60, 0, 1)
    (record,) = map(orjson.loads, (tmp_path / "out.unreadable.jsonl").read_bytes().splitlines())
    assert (record["run_id"], record["path"], record["item"]) == ("run_5", "$.id", {"no": "id"})


async def test_a_lost_worker_s_share_is_done_again(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    """A worker is killed while it holds a share half-read, and a part of the rate."""
    emulator.inject(Delay(0.05), times=60)
    pids = await asyncio.to_thread(cluster.run, os.getpid)
    async with emulator.serve() as base_url:
        export = asyncio.create_task(
            asyncio.to_thread(
                export_on_cluster,
                cluster,
                all_runs(emulator.store),
                tmp_path / "out",
                connect=connect_to(base_url),
                concurrency=1,
                share_size=10,
                max_per_second=100,
            )
        )
        await until(lambda: len(emulator.requests) >= 25)
        os.kill(next(iter(pids.values())), signal.SIGKILL)
        done = await export
    assert len(emulator.requests) > 60, "no share was lost, so this has shown nothing"
    assert all_steps(load_archive(tmp_path / "out")) == all_steps(emulator.store)
    assert done == ExportProgress(runs=60, steps=len(all_steps(emulator.store)))
    assert contents(tmp_path) == {"out"}
    assert not [name for name in contents(tmp_path / "out") if not name.endswith(".parquet")]


async def test_the_rate_is_that_of_all_workers_together(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    await asyncio.to_thread(cluster.wait_for_workers, 2)
    async with emulator.serve() as base_url:
        started = time.monotonic()
        await asyncio.to_thread(
            export_on_cluster,
            cluster,
            all_runs(emulator.store),
            tmp_path / "out",
            connect=connect_to(base_url),
            share_size=5,
            max_per_second=40,
        )
        took = time.monotonic() - started
    burst = 4  # a tenth of a second's worth
    sent = len(emulator.requests)
    assert sent >= 60
    assert took >= (sent - burst) / 40


async def test_an_export_that_broke_off_goes_on(cluster: Client, emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out"
    runs = all_runs(emulator.store)

    class Stopped(Exception):
        pass

    def stop(progress: ExportProgress) -> None:
        raise Stopped

    async with emulator.serve() as base_url:
        export = partial(export_on_cluster, cluster, runs, out, connect=connect_to(base_url))
        with pytest.raises(Stopped):
            await asyncio.to_thread(export, share_size=10, on_progress=stop)
        assert contents(tmp_path) == {"out.parts"}
        with pytest.raises(ExportError, match="other runs or other settings"):
            await asyncio.to_thread(export, share_size=11)
        with pytest.raises(ExportError, match="other runs or other settings"):
            await asyncio.to_thread(export, share_size=10, include=["more"])
        done = await asyncio.to_thread(export, share_size=10)
    assert done.found >= 10
    assert done.runs == 60
    assert all_steps(load_archive(out)) == all_steps(emulator.store)


async def test_what_is_no_run_s_failure_is_raised(cluster: Client, tmp_path: Path) -> None:
    connect = partial(AsyncStepsClient, Endpoint.compatible("http://127.0.0.1:9"), timeout="soon")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Timeouts\.attempt must be a number"):
        await asyncio.to_thread(
            export_on_cluster,
            cluster,
            [RunRef("thread", "run")],
            tmp_path / "out",
            connect=connect,
        )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_per_second": 0}, "max_per_second"),
        ({"share_size": 0}, "share_size"),
        ({"share_size": 2.5}, "share_size"),
        ({"concurrency": 0}, "concurrency"),
        ({"include": "a name"}, "include must be a list"),
    ],
)
def test_bad_arguments(cluster: Client, tmp_path: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        export_on_cluster(cluster, [RunRef("thread", "run")], tmp_path / "out", **options)


def test_nothing_that_exists_is_overwritten(cluster: Client, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(orjson.dumps("precious"))
    with pytest.raises(ExportError, match="out exists"):
        export_on_cluster(cluster, [RunRef("thread", "run")], tmp_path / "out")


def returns_something_else(*, rate_limiter: Any) -> Any:
    return rate_limiter


async def test_a_connect_that_returns_something_else_is_told(cluster: Client, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="connect must return an AsyncStepsClient, not None"):
        await asyncio.to_thread(
            export_on_cluster, cluster, [RunRef("t", "r")], tmp_path / "out", connect=returns_something_else
        )


def fails_when_called(calls: Path, *, rate_limiter: Any) -> AsyncStepsClient:
    with calls.open("a") as file:
        file.write("called\n")
    raise PermissionError("the key cannot be read")


async def test_a_connect_that_fails_when_called_fails_before_the_workers_do(cluster: Client, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with pytest.raises(PermissionError, match="the key cannot be read"):
        await asyncio.to_thread(
            export_on_cluster,
            cluster,
            [RunRef("t", f"r{number}") for number in range(20)],
            tmp_path / "out",
            connect=partial(fails_when_called, calls),
            share_size=1,
        )
    assert calls.read_text() == "called\n"
    assert contents(tmp_path / "out.parts") == set()


@pytest.mark.parametrize("is_held", [True, False])
def test_a_lane_that_a_lost_worker_holds_is_left_without_a_warning(cluster: Client, is_held: bool) -> None:
    lane = Semaphore(max_leases=1)
    if is_held:
        assert lane.acquire()
    with warnings.catch_warnings(record=True) as caught:  # those of the scheduler, which is in this process
        warnings.simplefilter("always")
        _close(lane)
    assert [str(warning.message) for warning in caught] == []
