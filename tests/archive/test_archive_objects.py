"""The files of objects: JSON values that jq reads, no larger than they should be, never shorter than the index says."""

import json
import os
from pathlib import Path

import pytest
from archive_samples import ASKED, MESSAGES, SERVER, STEPS, THREAD, archive, fill

from openai_steps.archive import Archive, ArchiveError, ArchiveWriter, verify_archive


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


def test_files_of_objects_have_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai_steps.archive._objects.LARGEST", 300)
    folder = archive(tmp_path / "a", runs=20)
    assert len(list(folder.glob("objects-*.json"))) > 5
    assert verify_archive(folder).is_whole
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        fill(writer, runs=20)
    with Archive(folder) as found:
        assert all(found.steps("thread_b", run.run_id) == [data for _, data in STEPS] for run in found.runs("thread_b"))
    assert verify_archive(folder).is_whole
    (folder / "objects-0002.json").unlink()
    assert "objects-0002.json" in verify_archive(folder).problems[0]


def test_a_file_shorter_than_the_index_says_is_found_out(tmp_path: Path) -> None:
    folder = archive(tmp_path / "a")
    os.truncate(folder / "objects-0001.json", 10)
    with pytest.raises(ArchiveError, match="shorter than the index says"):
        ArchiveWriter(folder, server=SERVER, asked=ASKED)
    assert not verify_archive(folder).is_whole
    (folder / "objects-0001.json").unlink()
    with pytest.raises(ArchiveError, match="missing or shorter"):
        ArchiveWriter(folder, server=SERVER, asked=ASKED)
