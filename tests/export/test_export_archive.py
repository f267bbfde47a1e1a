import asyncio
import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
from export_samples import all_runs, all_steps, make_store

from openai_steps import AsyncStepsClient, structure_step
from openai_steps.emulator import Emulator, Store
from openai_steps.export import export_runs, load_archive, read_export

SUFFIXES = [".jsonl", ".jsonl.gz", ".parquet"]


async def export(store: Store, out: Path) -> None:
    async with Emulator(store=store).serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        await export_runs(client, all_runs(store), out)


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_an_archive_answers_as_the_server_did(tmp_path: Path, suffix: str) -> None:
    store = make_store(12, steps=4)
    out = tmp_path / f"out{suffix}"
    await export(store, out)
    archive = Emulator(store=load_archive(out))
    wanted = [run for run in all_runs(store) if store.steps(run.thread_id, run.run_id)]
    async with (
        Emulator(store=store).serve() as url,
        archive.serve() as archive_url,
        AsyncStepsClient(base_url=url) as live,
        AsyncStepsClient(base_url=archive_url) as archived,
    ):
        for run in wanted:
            steps = await live.collect_steps(run.thread_id, run.run_id)
            assert await archived.collect_steps(run.thread_id, run.run_id) == steps
            assert await archived.get_step(run.thread_id, run.run_id, steps[0].id) == steps[0]


async def test_a_folder_of_parquet_files(tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    folder.mkdir()
    store = make_store(10, steps=3)
    runs = all_runs(store)
    async with Emulator(store=store).serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        for number in range(2):
            await export_runs(client, runs[number::2], folder / f"part-{number}.parquet")
    assert all_steps(load_archive(folder)) == all_steps(store)
    assert {step.id for step in read_export(folder)} == set(all_steps(store))


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_the_official_sdk_reads_the_same_steps_from_an_archive(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("openai", reason="the peers are a dependency group of their own")
    store = make_store(8, steps=30)
    out = tmp_path / f"out{suffix}"
    await export(store, out)
    async with Emulator(store=load_archive(out)).serve() as base_url:
        read = await asyncio.to_thread(_read_with_openai, base_url, all_runs(store))
    assert read == {key: structure_step(step) for key, step in all_steps(store).items()}


def _read_with_openai(base_url: str, runs: list[Any]) -> dict[str, Any]:
    import warnings

    from openai import OpenAI

    with warnings.catch_warnings(), OpenAI(api_key="none", base_url=base_url) as client:
        warnings.simplefilter("ignore", DeprecationWarning)  # that is why there are archives
        return {
            step.id: structure_step(step.to_dict(mode="json", warnings=False))
            for run in runs
            if run.run_id != "run_0"  # an export has no trace of a run without steps
            for step in client.beta.threads.runs.steps.list(run.run_id, thread_id=run.thread_id, limit=10)
        }


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("cut.jsonl.gz", gzip.compress(bytes(100_000))[:-9], "damaged, or only a part"),
        ("no.jsonl.gz", b"no gzip", "damaged, or only a part"),
        ("no.jsonl", b"\nno json\n", r"no\.jsonl, line 2: not a step"),
        ("other.jsonl", b'{"id": 7}\n', r"other\.jsonl, line 1: not a step: \$.*should be"),
        ("no.parquet", b"no parquet", "Parquet"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=told):
        list(read_export(path))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without Parquet files"):
        load_archive(tmp_path)


def test_runs_among_the_steps_are_kept(tmp_path: Path) -> None:
    run = {"object": "thread.run", "id": "run_1", "thread_id": "thread_1", "status": "expired"}
    (tmp_path / "archive.jsonl").write_bytes(orjson.dumps(run) + b"\n")
    assert load_archive(tmp_path / "archive.jsonl").run("thread_1", "run_1") == run
