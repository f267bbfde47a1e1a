"""What was archived is read back: the same bytes, in the same order, of the newest version."""

import json
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


def test_the_files_of_objects_are_json_values_that_jq_reads(tmp_path: Path) -> None:
    text = (archive(tmp_path / "a") / "objects-0001.json").read_text("utf-8")
    decoder, at, values = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    assert [value for value in values if "openai_steps" not in value][:2] == [
        json.loads(THREAD),
        json.loads(MESSAGES[0][1]),
    ]


def test_a_damaged_object_is_not_given_out(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    objects = folder / "objects-0001.json"
    objects.write_bytes(objects.read_bytes().replace(b'"step_a"', b'"step_b"'))
    with Archive(folder) as found, pytest.raises(ArchiveError, match=r"objects-0001\.json is damaged at byte \d+"):
        found.steps("thread_b", "run_1")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is not an archive"),
        ("[]", "says something else"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"openai_steps_archive": 99}', "another layout"),
        ('{"openai_steps_archive": 1, "surprise": 1}', "is damaged"),
        ('{"openai_steps_archive": 1, "server": {}, "asked": {}, "missing": [{"kind": 1, "x": 2}]}', "is damaged"),
    ],
)
def test_what_is_no_archive_is_refused_in_words(tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ArchiveError, match=told):
        Archive(tmp_path)


def test_a_lost_or_damaged_index_is_told(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    index = folder / "index.sqlite"
    index.write_bytes(b"not a database" * 1000)
    with pytest.raises(ArchiveError, match=r"damaged.*--rebuild"):
        Archive(folder)
    index.unlink()
    with pytest.raises(ArchiveError, match="--rebuild"):
        Archive(folder)
