"""What is whole is called whole, what is not is not, and an index can be made anew."""

import hashlib
import sqlite3
from pathlib import Path

import pytest
from archive_samples import ASKED, SERVER, STEPS, archive, fill
from flipping import flipped
from hypothesis import given
from hypothesis import strategies as st

from openai_steps.archive import Archive, ArchiveError, ArchiveWriter, RunState, rebuild_index, verify_archive
from openai_steps.archive._manifest import read_manifest


def dump(folder: Path) -> list[str]:
    db = sqlite3.connect(folder / "index.sqlite")
    lines = [line for line in db.iterdump() if "missing" not in line]
    db.close()
    return lines


def test_an_archive_is_proven_whole(tmp_path: Path) -> None:
    report = verify_archive(archive(tmp_path / "a"))
    assert report.is_whole
    assert report.counts == {"file": 1, "message": 2, "run": 3, "step": 9, "thread": 1}
    assert report.threads["thread_b"] == {"message": 2, "run": 3, "step": 9, "thread": 1}
    assert report.notes == (
        "1 missing: see manifest.json",
        "1 run unfinished when read: `export --update` reads them again",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("one") / "a")


@given(at=st.integers(0, 2_000), bit=st.integers(0, 7))
def test_no_bit_can_change_without_being_noticed(folder: Path, at: int, bit: int) -> None:
    with flipped(folder / "objects-0001.json", at=at, bit=bit):
        report = verify_archive(folder)
    assert not report.is_whole
    assert verify_archive(folder).is_whole


def test_the_index_can_be_made_anew(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    before = dump(folder)
    (folder / "index.sqlite").write_bytes(b"damaged")
    rebuild_index(folder)
    assert dump(folder) == before
    assert verify_archive(folder).is_whole
    with Archive(folder) as found:
        assert [run.finished for run in found.runs()] == [True, True, True, False]


def test_of_several_versions_the_newest_is_in_an_index_made_anew(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        writer.add_run(RunState("thread_b", "run_1", "failed", True, 1), b'{"id":"run"}', STEPS[:1])
        writer.add_run(RunState("thread_b", "run_2", "expired", True, 0), b'{"id":"run"}', [])
        writer.complete()
    before = dump(folder)
    rebuild_index(folder)
    assert dump(folder) == before
    report = verify_archive(folder)
    assert report.is_whole
    assert "4 older versions of objects kept" in report.notes


def test_an_index_that_says_something_else_is_found_out(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    db = sqlite3.connect(folder / "index.sqlite")
    db.execute("DELETE FROM object WHERE kind = 'step' AND run_id = 'run_2' AND number = 1")
    db.commit()
    db.close()
    assert "steps of thread_b run_2: index and objects differ" in verify_archive(folder).problems[0]
    rebuild_index(folder)
    assert verify_archive(folder).is_whole


def test_contents_are_checked(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    content = b"a picture"
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / "files" / sha256).write_bytes(content)
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        writer.add_file("file_2", b'{"id":"file_2"}', sha256=sha256, size=len(content))
    assert verify_archive(folder).is_whole
    rebuild_index(folder)
    with Archive(folder) as found:
        path = found.content("file_2")
    assert path is not None
    assert path.read_bytes() == content
    path.write_bytes(b"A picture")
    assert verify_archive(folder).problems == ("The content of the file 'file_2' is missing or damaged.",)


def test_what_is_no_archive_is_not_verified(tmp_path: Path) -> None:
    for call in (verify_archive, rebuild_index):
        with pytest.raises(ArchiveError, match="is not an archive"):
            call(tmp_path)


@pytest.mark.parametrize("killed", [False, True])
def test_a_batch_that_the_index_does_not_know_is_no_problem_where_the_export_was_broken_off(
    tmp_path: Path, killed: bool
) -> None:
    """It was on the disk when the process was killed, and is cut off by the next one."""
    folder = archive(tmp_path / "a")
    before = (folder / "index.sqlite").read_bytes()
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        fill(writer, runs=5)
        writer.complete()
    (folder / "index.sqlite").write_bytes(before)
    if killed:
        manifest = read_manifest(folder)
        manifest.end_session(complete=False)
        manifest.write(folder)
    report = verify_archive(folder)
    assert report.is_whole is killed
    assert any(" of a batch that was broken off" in note for note in report.notes)


@pytest.mark.parametrize("change", [-1, 1])
def test_an_index_with_another_end_of_the_objects_is_found_out(tmp_path: Path, change: int) -> None:
    folder = archive(tmp_path / "a")
    with sqlite3.connect(folder / "index.sqlite") as db:
        db.execute("UPDATE objects_file SET end = end + ?", (change,))
    db.close()
    (problem,) = verify_archive(folder).problems
    assert problem.startswith("The objects end elsewhere than the index says")
    rebuild_index(folder)
    assert verify_archive(folder).is_whole
