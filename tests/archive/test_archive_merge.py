"""One archive into another: nothing is lost, and nothing is twice."""

from pathlib import Path

from archive_samples import ASKED, SERVER, archive
from thread_samples import BODIES, write_archive

from openai_steps.archive import Archive, ArchiveWriter, verify_archive
from openai_steps.archive._merge import add_archive


def everything(folder: Path) -> object:
    with Archive(folder) as found:
        threads = {
            thread_id: (found.is_whole(thread_id), found.thread(thread_id), found.messages(thread_id))
            for thread_id in found.thread_ids()
        }
        runs = [
            (state, found.run(state.thread_id, state.run_id), found.steps(state.thread_id, state.run_id))
            for state in found.runs()
        ]
        contents = {file_id: found.content(file_id) for file_id in found.file_ids()}
        files = {name: (found.file(name), path and path.read_bytes()) for name, path in contents.items()}
        return threads, sorted(runs, key=str), files, found.missing


def test_a_copy_is_the_same(tmp_path: Path) -> None:
    """With a run that goes on, a thread that could not be read, a file, and what is missing."""
    source = archive(tmp_path / "a")
    for _ in range(2):  # the second time everything is replaced by the same
        with ArchiveWriter(tmp_path / "b", server=SERVER, asked=ASKED) as writer:
            add_archive(writer, source)
            writer.complete()
    assert verify_archive(tmp_path / "b").is_whole
    assert everything(tmp_path / "b") == everything(source)


def test_two_become_one(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "both", server=SERVER, asked=ASKED) as writer:
        for folder in (archive(tmp_path / "a"), write_archive(tmp_path / "b")):
            add_archive(writer, folder)
        writer.complete()
    report = verify_archive(tmp_path / "both")
    assert report.is_whole
    assert set(report.threads) >= set(BODIES)
    with Archive(tmp_path / "both") as both, Archive(tmp_path / "b") as one:
        assert all(both.history(thread_id) == one.history(thread_id) for thread_id in BODIES)
