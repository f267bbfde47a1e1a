"""Whole threads in an archive: the server's own bytes, gone on with from anywhere, and what is missing is named."""

import json
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
from thread_samples import BODIES, HISTORIES, make_thread_store

from openai_steps import INCLUDE_FILE_SEARCH_CONTENT, AsyncStepsClient
from openai_steps.archive import Archive, ArchiveError, verify_archive
from openai_steps.emulator import Answer, Emulator, RecordedRequest
from openai_steps.export import ExportError, ThreadsProgress, export_threads

IDS = list(BODIES)
INCLUDE = [INCLUDE_FILE_SEARCH_CONTENT]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(store=make_thread_store())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def export(emulator: Emulator, folder: Path, ids: Any = IDS, **options: Any) -> ThreadsProgress:
    port = emulator.__dict__.setdefault("port_of_test", free_port())  # an archive is of one server
    async with (
        emulator.serve(port=port) as base_url,
        AsyncStepsClient(base_url=base_url, api_key="sk-secret-key") as client,
    ):
        return await export_threads(client, ids, folder, **{"include": INCLUDE, **options})


def histories(folder: Path) -> dict[str, Any]:
    with Archive(folder) as archive:
        return {thread_id: archive.history(thread_id) for thread_id in archive.thread_ids()}


async def test_threads_are_there_whole(emulator: Emulator, tmp_path: Path) -> None:
    seen: list[ThreadsProgress] = []
    done = await export(emulator, tmp_path / "a", on_progress=seen.append)
    assert histories(tmp_path / "a") == HISTORIES
    assert done == seen[-1] == ThreadsProgress(threads=3, runs=5, steps=12, messages=10)
    report = verify_archive(tmp_path / "a")
    assert report.is_whole
    assert report.notes == ()


async def test_objects_are_the_bytes_that_the_server_sent(emulator: Emulator, tmp_path: Path) -> None:
    """Keys in its order, spaces, escapes and numbers as they came."""
    steps = list(make_thread_store().steps("thread_weather", "run_weather"))
    texts = [json.dumps({"zz": 1e2, **step, "é": "\u00e9"}, indent=1).replace("100.0", "1.00E+2") for step in steps]
    body = '{ "data" : [\n' + " ,\n".join(texts) + '\n], "has_more": false }'
    emulator.inject(
        Answer(200, body), times=9, matching=lambda request: request.raw_path.split("?")[0].endswith("/steps")
    )
    await export(emulator, tmp_path / "a", ["thread_weather"])
    with Archive(tmp_path / "a") as archive:
        assert [data.decode() for data in archive.steps("thread_weather", "run_weather")] == texts


async def test_it_goes_on_where_it_was_broken_off(emulator: Emulator, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[str]:
        yield IDS[0]
        yield IDS[1]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await export(emulator, tmp_path / "a", broken())
    with Archive(tmp_path / "a") as archive:
        assert not archive.manifest.is_complete
    emulator.clear_requests()
    done = await export(emulator, tmp_path / "a")
    assert (done.threads, done.found) == (3, 2)
    assert all(IDS[2] in request.raw_path for request in emulator.requests)
    assert histories(tmp_path / "a") == HISTORIES
    assert verify_archive(tmp_path / "a").is_whole


async def test_what_cannot_be_read_is_named_and_tried_again(emulator: Emulator, tmp_path: Path) -> None:
    emulator.inject(Answer(403), times=99, matching=lambda request: "run_report2/steps" in request.raw_path)
    done = await export(emulator, tmp_path / "a", [*IDS, "thread_gone"])
    assert (done.failures, done.runs) == (2, 4)
    with Archive(tmp_path / "a") as archive:
        missing = {(one.kind, one.thread_id, one.run_id): one.error for one in archive.manifest.missing}
    assert missing == {
        ("run", "thread_report", "run_report2"): "PermissionDeniedError",
        ("thread", "thread_gone", ""): "NotFoundError",
    }
    emulator.clear_faults()
    done = await export(emulator, tmp_path / "a")
    assert (done.runs, done.found) == (1, 2)
    assert histories(tmp_path / "a") == HISTORIES


async def test_an_update_reads_what_had_not_ended_and_what_is_new(emulator: Emulator, tmp_path: Path) -> None:
    emulator.store.set_run({**BODIES["thread_weather"]["runs"][0], "status": "in_progress"})
    await export(emulator, tmp_path / "a")
    with Archive(tmp_path / "a") as archive:
        assert archive.manifest.unfinished_runs == 1
    emulator.store.set_run(BODIES["thread_weather"]["runs"][0])
    message = {**BODIES["thread_refund"]["messages"][0], "id": "msg_new", "created_at": 1_900_000_000}
    emulator.store.add_message("thread_refund", message)
    assert (await export(emulator, tmp_path / "a")).found == 3  # unless asked, nothing is read again
    emulator.clear_requests()
    done = await export(emulator, tmp_path / "a", update=True)
    assert done.runs == 1
    assert not any("run_report" in request.raw_path for request in emulator.requests)
    with Archive(tmp_path / "a") as archive:
        assert archive.manifest.unfinished_runs == 0
        assert [message.id for message in archive.history("thread_refund").messages][-1] == "msg_new"
    assert verify_archive(tmp_path / "a").is_whole


async def test_files_lie_under_their_checksums(emulator: Emulator, tmp_path: Path) -> None:
    emulator.store.add_file({"id": "assistant-plot1", "filename": "../../evil.png"}, b"a picture")
    emulator.store.add_file({"id": "assistant-photo1"}, b"a picture")
    done = await export(emulator, tmp_path / "a", files=True)
    assert done.files == 2
    with Archive(tmp_path / "a") as archive:
        paths = {archive.content(file_id) for file_id in ("assistant-plot1", "assistant-photo1")}
        (path,) = paths
        assert path is not None
        assert path.read_bytes() == b"a picture"
        assert path.parent == tmp_path / "a" / "files"
        missing = {one.id for one in archive.manifest.missing}
        assert done.failures == len(archive.manifest.missing)
    assert {"assistant-data1", "assistant-hb1", "assistant-out1"} <= missing
    emulator.store.add_file({"id": "assistant-data1"}, b"data")
    assert (await export(emulator, tmp_path / "a", files=True)).files == 1
    assert verify_archive(tmp_path / "a").is_whole
    assert not list((tmp_path / "a" / "files").glob("*.part*"))


async def test_an_echoed_key_is_masked_and_the_manifest_says_so(emulator: Emulator, tmp_path: Path) -> None:
    step = emulator.store.steps("thread_weather", "run_weather")[0]
    emulator.store.update_step("thread_weather", "run_weather", step["id"], echo="my sk-secret-key, in full")
    await export(emulator, tmp_path / "a")
    assert b"sk-secret-key" not in (tmp_path / "a" / "objects-0001.json").read_bytes()
    with Archive(tmp_path / "a") as archive:
        assert archive.manifest.masked == 1


async def test_values_are_taken_out_before_they_are_written(emulator: Emulator, tmp_path: Path) -> None:
    await export(emulator, tmp_path / "a", redact=["$..arguments", "$.content[*].text.value"])
    written = (tmp_path / "a" / "objects-0001.json").read_text("utf-8")
    assert "Paris" not in written
    assert "get_weather" in written
    assert json.loads((tmp_path / "a" / "manifest.json").read_text("utf-8"))["redacted"] == [
        "$..arguments",
        "$.content[*].text.value",
    ]
    with pytest.raises(ArchiveError, match="another redact"):
        await export(emulator, tmp_path / "a")


def asks_for(order: str, request: RecordedRequest) -> bool:
    return "run_weather/steps" in request.raw_path and f"order={order}" in request.raw_query


async def test_an_odd_item_costs_nothing_else(emulator: Emulator, tmp_path: Path) -> None:
    steps = make_thread_store().steps("thread_weather", "run_weather")
    odd = [{"no": "id"}, {**steps[0]}, "text", {**steps[1]}]
    for order, listed in (("asc", odd), ("desc", odd[::-1])):
        emulator.inject(
            Answer(200, {"data": listed, "has_more": False}),
            times=9,
            matching=partial(asks_for, order),
        )
    done = await export(emulator, tmp_path / "a", ["thread_weather"])
    assert (done.steps, done.failures) == (4, 0)
    with Archive(tmp_path / "a") as archive:
        texts = [json.loads(data) for data in archive.steps("thread_weather", "run_weather")]
    assert sorted(map(str, texts)) == sorted(map(str, odd))


async def test_equal_failures_in_a_row_stop_it(emulator: Emulator, tmp_path: Path) -> None:
    emulator.inject(Answer(401), times=999)
    with pytest.raises(ExportError, match="5 runs in a row failed in the same way"):
        await export(emulator, tmp_path / "a", [f"thread_{n}" for n in range(50)], give_up_after=5)
    emulator.clear_faults()
    await export(emulator, tmp_path / "a")
    assert set(histories(tmp_path / "a")) >= set(HISTORIES)


@pytest.mark.parametrize("options", [{"include": "x"}, {"redact": "$.a"}, {"ids": "thread_1"}, {"redact": ["a"]}])
async def test_bad_arguments(emulator: Emulator, tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^\w+ must be a list of|is not a JSON path"):
        await export(emulator, tmp_path / "a", **options)
    assert not (tmp_path / "a").exists()


def test_progress_adds_up_count_by_count() -> None:
    names = [field.name for field in attrs.fields(ThreadsProgress)]
    one = ThreadsProgress(**{name: 2**number for number, name in enumerate(names)})
    other = ThreadsProgress(**{name: 1000 * 2**number for number, name in enumerate(names)})
    assert one + other == ThreadsProgress(**{name: 1001 * 2**number for number, name in enumerate(names)})
