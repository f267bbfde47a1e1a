"""An archive is served again as the API did, by clients of any make."""

from pathlib import Path
from typing import Any

import pytest
from thread_samples import BODIES, HISTORIES, write_archive

from openai_steps import INCLUDE_FILE_SEARCH_CONTENT, AsyncStepsClient
from openai_steps.archive import Archive, ArchiveStore, _store
from openai_steps.emulator import Emulator
from openai_steps.history import read_thread


@pytest.mark.parametrize("thread_id", HISTORIES)
async def test_threads_are_read_from_it(tmp_path: Path, thread_id: str) -> None:
    with Archive(write_archive(tmp_path / "a")) as archive:
        emulator = Emulator(store=ArchiveStore(archive))
        async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
            include = [INCLUDE_FILE_SEARCH_CONTENT]
            assert await read_thread(client, thread_id, include=include, with_object=True) == HISTORIES[thread_id]
            step = HISTORIES[thread_id].steps[HISTORIES[thread_id].runs[0].id][-1]
            assert await client.get_step(thread_id, step.run_id or "", step.id) == step


async def test_what_the_server_did_not_give_is_made_of_what_there_is(tmp_path: Path) -> None:
    with Archive(write_archive(tmp_path / "a", objects=False)) as archive:
        emulator = Emulator(store=ArchiveStore(archive))
        async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
            run = await client.get_run("thread_refund", "run_refund1")
            assert (run.status, run.thread_id) == ("failed", "thread_refund")
            assert run.created_at == HISTORIES["thread_refund"].steps["run_refund1"][0].created_at
            assert {run.id for run in await client.collect_runs("thread_refund")} == {"run_refund1", "run_refund2"}
            # Lists of threads are sorted by their times: one of 1970 would stand at the wrong end.
            began = {thread.id: thread.created_at for thread in await client.collect_threads()}
            assert began == {thread_id: history.messages[0].created_at for thread_id, history in HISTORIES.items()}


@pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning")
async def test_the_official_client_reads_it(tmp_path: Path) -> None:
    openai: Any = pytest.importorskip("openai", reason="the group peers brings the official SDK")
    with Archive(write_archive(tmp_path / "a")) as archive:
        async with (
            Emulator(store=ArchiveStore(archive)).serve() as base_url,
            openai.AsyncOpenAI(api_key="any", base_url=base_url, _strict_response_validation=True) as client,
        ):
            beta = client.beta.threads
            runs = [run async for run in beta.runs.list("thread_weather", order="asc")]
            assert [run.id for run in runs] == ["run_weather"]
            messages = [message async for message in beta.messages.list("thread_weather", order="asc")]
            assert len(messages) == len(BODIES["thread_weather"]["messages"])
            steps = [step async for step in beta.runs.steps.list("run_weather", thread_id="thread_weather")]
            assert len(steps) == 2


def test_lists_are_held_for_the_next_page_but_not_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Archive(write_archive(tmp_path / "a")) as archive:
        store = ArchiveStore(archive)
        for thread_id, run_id in store.runs():
            assert store.steps(thread_id, run_id) is store.steps(thread_id, run_id)
        first, second, *_, last = store.runs()
        oldest = store.steps(*second)
        used = store.steps(*first)
        monkeypatch.setattr(_store, "_HELD", 2 * _store._LEAST)
        told = store.messages("thread_report")
        assert store.messages("thread_report")[0] is told[0]
        assert store.steps(*first) is used
        assert store.steps(*second) is not oldest
        assert sum(size for size, _ in store._held.values()) == store._size
        monkeypatch.setattr(_store, "_HELD", 0)
        assert store.steps(*last) is store.steps(*last)
        assert len(store._held) == 1
