import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from export_samples import DEEP, all_runs, all_steps, answer_too_deep, make_store
from walk_servers import full_trust

from openai_steps import AsyncStepsClient, RunRef
from openai_steps.archive import _batch
from openai_steps.emulator import Answer, Emulator, RecordedRequest
from openai_steps.export import (
    ExportError,
    ExportProgress,
    _export,
    _journal,
    export_runs,
    read_export,
    read_run_refs,
)
from openai_steps.export._archive import read_lines

SUFFIXES = [".jsonl", ".jsonl.gz", ".parquet"]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(store=make_store(40, steps=5))


def exported(path: Path) -> dict[str, Any]:
    """The steps of an export by their ids, each of which must be there once."""
    steps = [orjson.loads(line) for line in read_lines(path)]
    assert len({step["id"] for step in steps}) == len(steps)
    return {step["id"]: step for step in steps}


def contents(folder: Path) -> set[Path]:
    return set(folder.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_every_step_is_there_once_and_whole(emulator: Emulator, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    seen: list[ExportProgress] = []
    runs = all_runs(emulator.store)
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        done = await export_runs(client, runs + runs[:5], out, concurrency=4, on_progress=seen.append)
    assert exported(out) == all_steps(emulator.store)
    assert done == seen[-1] == ExportProgress(runs=40, steps=len(all_steps(emulator.store)))
    assert len(seen) == 40
    assert contents(tmp_path) == {out}


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
async def test_what_can_not_be_written_is_told_before_anything_is_asked(
    emulator: Emulator, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "openai_steps.export._parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        with pytest.raises((ModuleNotFoundError, ValueError), match=r"needs pyarrow|must end in"):
            await export_runs(client, all_runs(emulator.store), tmp_path / f"out{suffix}")
    assert not emulator.requests
    assert contents(tmp_path) == set()


def list_odd_items(emulator: Emulator, run: RunRef) -> list[Any]:
    """Have the server list more than steps for a run; return what is none."""
    steps = emulator.store.steps(run.thread_id, run.run_id)
    odd = [{"no": "id"}, {**steps[0], "id": "step_odd", "created_at": "soon"}, "half \ud800"]
    listed = [odd[0], *steps[:2], odd[1], *steps[2:], odd[2]]
    for order, data in (("asc", listed), ("desc", listed[::-1])):
        emulator.inject(
            Answer(200, json.dumps({"data": data, "has_more": False}).encode()),
            times=99,
            matching=partial(_asks_for, run, order),
        )
    return odd


def _asks_for(run: RunRef, order: str, request: RecordedRequest) -> bool:
    return f"/{run.run_id}/steps" in request.raw_path and f"order={order}" in request.raw_query


def kept_beside(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(f"{out}.unreadable.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_what_is_no_step_is_kept_beside_the_steps(emulator: Emulator, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    runs = all_runs(emulator.store)
    odd = list_odd_items(emulator, runs[7])
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        done = await export_runs(client, runs, out)
    assert exported(out) == all_steps(emulator.store)
    assert done == ExportProgress(runs=40, steps=len(all_steps(emulator.store)), unreadable=3)
    records = kept_beside(out)
    assert {(record["thread_id"], record["run_id"]) for record in records} == {(runs[7].thread_id, runs[7].run_id)}
    assert [record["path"] for record in records] == ["$.id", "$.created_at", "$"]
    assert [record["item"] for record in records] == odd
    assert contents(tmp_path) == {out, Path(f"{out}.unreadable.jsonl")}


async def test_it_is_not_forgotten_when_the_export_breaks_off(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    runs = all_runs(emulator.store)
    odd = list_odd_items(emulator, runs[7])

    async def breaking_off() -> AsyncIterator[RunRef]:
        yield runs[7]
        yield runs[1]
        raise RuntimeError("the list of runs ended")

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        with pytest.raises(RuntimeError, match="the list of runs ended"):
            await export_runs(client, breaking_off(), out)
        emulator.clear_faults()
        done = await export_runs(client, runs, out)
    assert (done.unreadable, done.found) == (3, 2)
    assert [record["item"] for record in kept_beside(out)] == odd


async def test_the_steps_of_a_run_are_together_and_oldest_first(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    async def runs() -> AsyncIterator[RunRef]:
        for run in all_runs(emulator.store):
            yield run

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        await export_runs(client, runs(), out)
    by_run: dict[str, list[str]] = {}
    previous = None
    for step in read_export(out):
        assert step.run_id == previous or step.run_id not in by_run
        assert step.run_id is not None
        by_run.setdefault(step.run_id, []).append(step.id)
        previous = step.run_id
    assert by_run == {
        run: [step["id"] for step in emulator.store.steps(thread, run)]
        for thread, run in emulator.store.runs()
        if emulator.store.steps(thread, run)
    }


async def test_failures_have_a_file_that_can_be_tried_again(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    emulator.inject(Answer(400, {"error": {"code": "odd"}}), matching=lambda request: "/run_5/" in request.raw_path)
    runs = [*all_runs(emulator.store), RunRef("thread_gone", "run_gone")]
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        done = await export_runs(client, runs, out)
        failures = tmp_path / "out.jsonl.failures.jsonl"
        records = {record["run_id"]: record for record in map(orjson.loads, failures.read_bytes().splitlines())}
        assert set(records) == {"run_5", "run_gone"}
        assert records["run_5"]["error"] == "BadRequestError"
        assert records["run_5"]["status"] == 400
        assert records["run_5"]["code"] == "odd"
        assert records["run_gone"]["status"] == 404
        assert (done.runs, done.failures) == (39, 2)
        assert "run_5" not in {step["run_id"] for step in exported(out).values()}

        with failures.open() as lines:
            again = await export_runs(client, read_run_refs(lines), tmp_path / "again.jsonl")
    assert (again.runs, again.failures) == (1, 1)
    assert {**exported(out), **exported(tmp_path / "again.jsonl")} == all_steps(emulator.store)


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_a_step_however_deep_is_written_as_it_came(emulator: Emulator, tmp_path: Path, suffix: str) -> None:
    """It can be read, but json could not write it."""
    out = tmp_path / f"out{suffix}"
    answer_too_deep(emulator, "run_5")
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        done = await export_runs(client, all_runs(emulator.store), out, concurrency=1)
    assert (done.runs, done.failures) == (40, 0)
    lines = [line for line in read_lines(out) if b'"run_5"' in line]
    assert [DEEP.encode() in line for line in lines] == [False, True, False]
    assert len([step for step in read_export(out) if step.run_id == "run_5"]) == 3


async def test_lines_are_what_the_server_sent_with_its_keys_in_its_order(emulator: Emulator, tmp_path: Path) -> None:
    """In one line each, whatever the server's were; no number and no name is written anew."""
    step = (
        '{"x": [1.50, 1E+3, "a\\nb"],\r\n "usage": {"total_tokens": 3.0},\n"id": "s1", "created_at": 1, "status": "ä"}'
    )
    emulator.inject(Answer(200, f'{{"has_more": false, "data": [{step}]}}'), times=9)
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        done = await export_runs(client, [RunRef("thread", "run_1")], tmp_path / "out.jsonl")
    assert (done.steps, done.failures) == (1, 0)
    (line,) = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert line.replace(" ", "") == step.replace("\r\n", "").replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_second_ctrl_c_in_the_midst_of_writing_doubles_nothing(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    out = tmp_path / "out.jsonl"
    commit = _journal.WorkFile.commit

    def interrupted(*args: Any, **options: Any) -> None:
        monkeypatch.undo()
        if when == "after":
            commit(*args, **options)
        raise _CtrlC

    monkeypatch.setattr(_batch, "BATCH_BYTES", 1000)
    monkeypatch.setattr(_journal.WorkFile, "commit", interrupted)
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        with pytest.raises(_CtrlC):
            await export_runs(client, all_runs(emulator.store), out)
        done = await export_runs(client, all_runs(emulator.store), out)
    assert (done.found > 0) is (when == "after")
    assert exported(out) == all_steps(emulator.store)
    assert done.steps == len(all_steps(emulator.store))


class _CtrlC(BaseException):
    """Like KeyboardInterrupt, which would end pytest."""


@pytest.mark.parametrize("name", ["out.jsonl.part", "out.jsonl.failures.jsonl", "out.jsonl.failures.jsonl.part"])
@pytest.mark.parametrize("link", [False, True])
async def test_nothing_foreign_beside_it_is_touched(tmp_path: Path, name: str, link: bool) -> None:
    foreign = tmp_path / name
    if link:
        foreign.symlink_to(tmp_path / "nowhere")
    else:
        foreign.write_bytes(b"precious")
    async with AsyncStepsClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(ExportError, match=rf"{name} exists. Move it away"):
            await export_runs(client, [RunRef("t", "r")], tmp_path / "out.jsonl")
    assert contents(tmp_path) == {foreign}
    assert link or foreign.read_bytes() == b"precious"


async def test_what_appears_meanwhile_is_not_overwritten(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    def appear(_: ExportProgress) -> None:
        out.write_bytes(b"precious")

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        with pytest.raises(ExportError, match=r"out\.jsonl has appeared meanwhile"):
            await export_runs(client, all_runs(emulator.store), out, on_progress=appear)
        assert out.read_bytes() == b"precious"
        out.rename(tmp_path / "theirs")
        emulator.clear_requests()
        await export_runs(client, all_runs(emulator.store), out)
    assert not emulator.requests
    assert exported(out) == all_steps(emulator.store)


async def test_a_client_that_is_closed_meanwhile_ends_the_export(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    async with emulator.serve() as base_url:
        client = AsyncStepsClient(base_url=base_url)

        async def some_then_close() -> AsyncIterator[RunRef]:
            for number, run in enumerate(all_runs(emulator.store)):
                if number == 20:
                    await client.aclose()
                yield run

        with pytest.raises(RuntimeError, match="closed"):
            await export_runs(client, some_then_close(), out, concurrency=1)
        async with AsyncStepsClient(base_url=base_url) as another:
            done = await export_runs(another, all_runs(emulator.store), out)
    assert (done.found, done.failures) == (20, 0)


@pytest.mark.parametrize(("status", "gone_first"), [(401, False), (404, False), (401, True)])
async def test_equal_failures_in_a_row_stop_it_and_it_goes_on(
    emulator: Emulator, tmp_path: Path, status: int, gone_first: bool
) -> None:
    """A wrong key or address, not runs that are gone one by one."""
    out = tmp_path / "out.jsonl"
    gone = [RunRef("thread_gone", f"run_{number}") for number in range(30)]
    if gone_first:
        async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
            runs = [*all_runs(emulator.store)[:10], *gone]
            done = await export_runs(client, runs, tmp_path / "first.jsonl", concurrency=1, give_up_after=3)
            assert done.failures == 30
    emulator.inject(Answer(status), times=10_000)
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        with pytest.raises(ExportError, match=rf"20 runs in a row failed in the same way.*{status}"):
            await export_runs(client, all_runs(emulator.store), out)
        emulator.clear_faults()
        done = await export_runs(client, all_runs(emulator.store), out)
    assert (done.failures, exported(out)) == (0, all_steps(emulator.store))


@pytest.mark.parametrize("run", [RunRef("t\ud800", "r"), RunRef(7, "r"), RunRef(["t"], {"r": 1})])  # type: ignore[arg-type]
async def test_an_id_that_no_server_takes_is_its_run_s_failure(emulator: Emulator, tmp_path: Path, run: RunRef) -> None:
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        done = await export_runs(client, [run, *all_runs(emulator.store)], tmp_path / "out.jsonl")
    assert done.failures == 1
    (line,) = (tmp_path / "out.jsonl.failures.jsonl").read_text("ascii").splitlines()
    assert json.loads(line)["error"] == "ArgumentError"


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_an_export_that_broke_off_goes_on(emulator: Emulator, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    runs = all_runs(emulator.store)

    def broken() -> Iterator[RunRef]:
        yield from runs[:15]
        raise LookupError("the list of runs ends here")

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        client._trust["steps"] = full_trust()
        with pytest.raises(LookupError, match="ends here"):
            await export_runs(client, broken(), out)
        assert not out.exists()
        emulator.clear_requests()
        done = await export_runs(client, runs, out)
    assert (done.found, done.runs) == (15, 40)
    assert len(emulator.requests) == 25
    assert exported(out) == all_steps(emulator.store)


async def test_a_cancelled_export_goes_on(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    halfway = asyncio.Event()

    def look(progress: ExportProgress) -> None:
        if progress.runs == 20:
            halfway.set()

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        task = asyncio.create_task(export_runs(client, all_runs(emulator.store), out, concurrency=2, on_progress=look))
        await halfway.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        done = await export_runs(client, all_runs(emulator.store), out)
    assert done.found >= 20
    assert exported(out) == all_steps(emulator.store)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("killed_after", ["complete", "bring", "failures"])
async def test_a_crash_while_files_are_moved(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, killed_after: str
) -> None:
    """Whatever the last thing was that reached the disk, the next start does the rest, without a request."""
    out = tmp_path / f"out{suffix}"
    runs = [*all_runs(emulator.store), RunRef("thread_gone", "run_gone")]

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        with monkeypatch.context() as patch:
            if killed_after == "complete":
                patch.setattr(_export, "_finish", die)
            elif killed_after == "bring":
                patch.setattr(_export, "_failures_part", _after(2, _export._failures_part, die))
            else:
                patch.setattr(_journal.WorkFile, "remove", die)
            with pytest.raises(Killed):
                await export_runs(client, runs, out)
        emulator.clear_requests()
        done = await export_runs(client, runs, out)
    assert not emulator.requests
    assert (done.found, done.failures) == (40, 1)
    assert exported(out) == all_steps(emulator.store)
    failures = tmp_path / f"out{suffix}.failures.jsonl"
    assert [run.run_id for run in read_run_refs(failures.read_text("utf-8").splitlines())] == ["run_gone"]
    assert contents(tmp_path) == {out, failures}


def _after(calls: int, function: Any, then: Any) -> Any:
    """Return a function that does what it did, so often, and then something else."""
    left = [function] * calls

    def called(*args: Any) -> Any:
        return (left.pop() if left else then)(*args)

    return called


async def test_nothing_that_exists_is_overwritten(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(b"precious")
    async with AsyncStepsClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(ExportError, match=r"out\.jsonl exists"):
            await export_runs(client, [], out)
    assert out.read_bytes() == b"precious"
    assert contents(tmp_path) == {out}


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("out.csv", {}, r"must end in \.jsonl"),
        ("out.jsonl", {"include": "a name"}, "include must be a list"),
        ("out.jsonl", {"concurrency": 0}, "concurrency"),
    ],
)
async def test_bad_arguments(tmp_path: Path, name: str, options: dict[str, Any], told: str) -> None:
    async with AsyncStepsClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(ValueError, match=told):
            await export_runs(client, [RunRef("t", "r")], tmp_path / name, **options)


async def test_no_runs_make_an_empty_export(tmp_path: Path) -> None:
    async with AsyncStepsClient(base_url="http://127.0.0.1:9") as client:
        for suffix in SUFFIXES:
            assert await export_runs(client, [], tmp_path / f"out{suffix}") == ExportProgress()
            assert exported(tmp_path / f"out{suffix}") == {}
