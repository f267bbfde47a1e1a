"""What was archived is read back: the same bytes, in the same order, of the newest version."""

from pathlib import Path

import pytest
from archive_samples import ASKED, MESSAGES, SERVER, STEPS, THREAD, archive

from openai_steps import RunRef
from openai_steps.archive import Archive, ArchiveError, ArchiveWriter, RunState


def test_objects_come_back_byte_by_byte(tmp_path: Path) -> None:
    with Archive(archive(tmp_path / "a")) as found:
        assert found.thread_ids() == ["thread_a", "thread_b"]
        assert found.thread("thread_b") == THREAD
        assert found.thread("thread_a") is None
        assert found.messages("thread_b") == [data for _, data in MESSAGES]
        assert found.messages("thread_gone") == []
        assert [run.run_id for run in found.runs("thread_b")] == ["run_3", "run_2", "run_1"]
        assert found.runs("thread_a") == [RunState("thread_a", "run_1", "in_progress", False, 0)]
        assert found.run("thread_b", "run_2") == b'{"id":"run"}'
        assert found.run("thread_a", "run_1") is None
        assert found.steps("thread_b", "run_2") == [data for _, data in STEPS]
        assert [(ref, len(steps)) for ref, steps in found.iter_runs()][-1] == (RunRef("thread_a", "run_1"), 0)
        assert found.file_ids() == ["file_1"]
        assert found.file("file_1") == b'{"id":"file_1"}'
        assert found.content("file_1") is None
        assert [one.error for one in found.missing] == ["NotFoundError"]


def test_a_run_that_is_read_again_replaces_the_old_one(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        writer.add_run(RunState("thread_a", "run_1", "completed", True, 1), b"{}", [("step_n", b'{"id":"step_n"}')])
    with Archive(folder) as found:
        assert found.steps("thread_a", "run_1") == [b'{"id":"step_n"}']
        assert found.runs("thread_a") == [RunState("thread_a", "run_1", "completed", True, 1)]
        assert found.steps("thread_b", "run_1") == [data for _, data in STEPS]
        assert not found.manifest.is_complete


def test_a_damaged_object_is_not_given_out(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    objects = folder / "objects-0001.json"
    objects.write_bytes(objects.read_bytes().replace(b'"step_a"', b'"step_b"'))
    with Archive(folder) as found, pytest.raises(ArchiveError, match=r"objects-0001\.json is damaged at byte \d+"):
        found.steps("thread_b", "run_1")
