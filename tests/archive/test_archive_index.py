"""The index: groups are replaced whole, or not at all; whoever finds it damaged or in use is told."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archive_samples import ASKED, SERVER, archive

from openai_steps.archive import Archive, ArchiveError, ArchiveWriter, Missing, RunState, verify_archive
from openai_steps.archive._index import Index
from openai_steps.archive._layout import Entry, Group, Place

STEPS = Group("step", "t", "r")


def entries(*ids: str) -> list[Entry]:
    return [Entry(STEPS, number, object_id, Place(1, number, 1, b"")) for number, object_id in enumerate(ids)]


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    index = Index(tmp_path, write=True)
    with index.transaction():
        index.replace(STEPS, entries("z", "a", ""))

    def broken_off() -> None:
        with index.transaction():
            index.replace(STEPS, entries("b"))
            index.set_missing(Missing("run", "t", "r"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert [entry.id for entry in index.entries(STEPS)] == ["z", "a", ""]
    assert index.missing() == []
    index.close()


def test_runs_keep_their_place_and_are_no_longer_missing_once_read(tmp_path: Path) -> None:
    index = Index(tmp_path, write=True)
    with index.transaction():
        index.set_missing(Missing("run", "t", "run_b", error="NotFoundError"))
        for run_id in ("run_b", "run_a"):
            index.set_run(RunState("t", run_id, "queued", False, 0))
        index.set_run(RunState("t", "run_b", "completed", True, 3))
    assert index.runs() == [RunState("t", "run_b", "completed", True, 3), RunState("t", "run_a", "queued", False, 0)]
    assert index.runs("t") == index.runs()
    assert index.runs("u") == []
    assert index.missing() == []
    index.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    with ArchiveWriter(folder, server=SERVER, asked=ASKED):
        for other in (lambda: ArchiveWriter(folder, server=SERVER, asked=ASKED), lambda: verify_archive(folder)):
            with pytest.raises(ArchiveError, match="Another process is writing this archive"):
                other()


def test_a_lost_or_damaged_index_is_told(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    index = folder / "index.sqlite"
    index.write_bytes(b"not a database" * 1000)
    with pytest.raises(ArchiveError, match=r"damaged.*--rebuild"):
        Archive(folder)
    index.unlink()
    with pytest.raises(ArchiveError, match="--rebuild"):
        Archive(folder)


KILLED = """
import os, signal, sys
from pathlib import Path
from typing import Any
from openai_steps.archive import RunState
from openai_steps.archive._index import Index
index = Index(Path(sys.argv[1]), write=True)
with index.transaction():
    index.set_run(RunState("t", "run_a", "completed", True, 3))
index._db.execute("PRAGMA cache_size = 1")  # pages get to the disk before the transaction ends
index._db.execute("BEGIN")
for number in range(2000):
    index.set_run(RunState("t", f"run_{number}", "completed", True, 3))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_who_reads_after_a_kill_in_the_midst_of_a_transaction_sees_what_was_before(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert (tmp_path / "index.sqlite-journal").stat().st_size
    index = Index(tmp_path)
    assert [run.run_id for run in index.runs()] == ["run_a"]
    index.close()


def test_an_index_that_was_never_begun_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"")
    with pytest.raises(ArchiveError, match="broken off as it began"):
        Index(tmp_path)


def test_an_index_that_cannot_be_used_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows deletes no file that is open, and Python 3.13 warns of it."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", counted)
    folder = archive(tmp_path / "a")
    index = folder / "index.sqlite"
    with ArchiveWriter(folder, server=SERVER, asked=ASKED), pytest.raises(ArchiveError, match="Another process"):
        Index(folder, write=True)
    with connect(index) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    for write in (True, False):
        with pytest.raises(ArchiveError, match="layout 99"):
            Index(folder, write=write)
    for damage in (b"", b"not a database" * 1000):
        index.write_bytes(damage)
        with pytest.raises(ArchiveError):
            Index(folder)
    assert len(opened) == 7
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
