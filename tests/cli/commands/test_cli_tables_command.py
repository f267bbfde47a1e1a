"""``openai-steps tables``: four Parquet files of threads, from a server and from an archive."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import call, fails, invoke
from thread_samples import make_thread_store, write_archive

from openai_steps.emulator import Emulator


def calls_in(folder: Path) -> list[str | None]:
    names: list[str | None] = pq.read_table(folder / "tool_calls.parquet").column("call_id").to_pylist()
    return names


async def test_from_a_server_although_a_thread_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "tables"
    async with Emulator(store=make_thread_store()).serve() as base_url:
        result = await invoke("tables", "thread_gone", "thread_weather", "-o", str(out), "--base-url", base_url)
    assert result.exit_code == 1
    assert "In tables: 1 thread, 2 steps, 2 tool calls, 1 run, 2 messages." in result.stderr
    assert "thread_gone: 404" in result.stderr
    assert calls_in(out) == ["call_w1", "call_w2"]


def test_all_of_an_archive_and_never_onto_something_else(tmp_path: Path) -> None:
    archive, out = ["--from", str(write_archive(tmp_path / "a"))], tmp_path / "tables"
    told = call("tables", *archive, "-o", str(out)).stderr
    assert "3 threads, 12 steps, 9 tool calls, 5 runs, 10 messages." in told
    assert len(calls_in(out)) == 9
    assert "steps.parquet exists" in fails(1, "tables", *archive, "-o", str(out)).stderr


@pytest.mark.parametrize("command", ["tables", "migrate"])
def test_a_remote_folder_is_refused_before_anything_is_read(command: str) -> None:
    told = fails(2, command, "thread_1", "-o", "s3://bucket/tables").stderr
    assert "s3://bucket/tables is not a path on this machine" in " ".join(told.split())
