"""Whole threads into four files, from histories and from an archive."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from thread_samples import BODIES, HISTORIES, write_archive

from openai_steps.archive import Archive, ArchiveWriter, RunState
from openai_steps.export import ExportError, TableCounts, export_tables, read_export

NAMES = ("messages", "runs", "steps", "tool_calls")


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return found


def test_an_archive_and_its_threads_give_the_same_rows(tmp_path: Path) -> None:
    histories = [HISTORIES[thread_id] for thread_id in sorted(HISTORIES)]
    assert export_tables(histories, tmp_path / "live") == TableCounts(
        threads=3, steps=12, tool_calls=9, runs=5, messages=10
    )
    with Archive(write_archive(tmp_path / "archive")) as archive:
        export_tables(archive, str(tmp_path / "kept"))
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [f"{name}.parquet" for name in NAMES]
    for name in NAMES:
        live, kept = rows(tmp_path / "live", name), rows(tmp_path / "kept", name)
        for row in (*live, *kept):
            del row["raw"]
        assert live == kept


def test_the_texts_are_those_of_the_archive(tmp_path: Path) -> None:
    with Archive(write_archive(tmp_path / "archive")) as archive:
        export_tables(archive, tmp_path / "out")
    wanted = [json.dumps(message) for thread_id in sorted(BODIES) for message in BODIES[thread_id]["messages"]]
    assert [row["raw"] for row in rows(tmp_path / "out", "messages")] == wanted


def test_steps_are_an_export_that_can_be_read_again(tmp_path: Path) -> None:
    export_tables(HISTORIES.values(), tmp_path / "out")
    steps = [step for history in HISTORIES.values() for own in history.steps.values() for step in own]
    assert list(read_export(tmp_path / "out" / "steps.parquet")) == steps
    with pytest.raises(ValueError, match=r"runs\.parquet is not a table of steps"):
        list(read_export(tmp_path / "out" / "runs.parquet"))


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "runs.parquet").write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"runs\.parquet exists"):
        export_tables(HISTORIES.values(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["runs.parquet"]


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Any:
        yield HISTORIES["thread_weather"]
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        export_tables(broken(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_object_without_an_id_costs_itself_alone(tmp_path: Path) -> None:
    step = {"created_at": 1, "type": "tool_calls"}
    with ArchiveWriter(tmp_path / "a", server={"provider": "x", "base_url": "http://x"}, asked={}) as writer:
        writer.add_thread("thread_1", None, [("msg_1", b'{"id": "msg_1", "created_at": 1}')])
        steps = [("", json.dumps(step).encode()), ("s", json.dumps({**step, "id": "s"}).encode())]
        writer.add_run(RunState("thread_1", "run_1", "completed", True, 2), None, steps)
        writer.complete()
    with Archive(tmp_path / "a") as archive:
        counts = export_tables(archive, tmp_path / "out")
    assert counts == TableCounts(threads=1, steps=1, messages=1, unreadable=1)


@pytest.mark.parametrize("out", ["s3://bucket/tables", "abfss://x@y/z", "https://example.com/x"])
def test_an_address_is_no_folder(out: str) -> None:
    with pytest.raises(ValueError, match="is not a path on this machine"):
        export_tables([], out)
