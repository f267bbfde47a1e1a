"""A file for each thread, in the folder that was named and nowhere else."""

import json
from pathlib import Path

import pytest
from attrs import evolve
from thread_samples import HISTORIES

from openai_steps.migration import migrate_thread, write_migration

MIGRATION = migrate_thread(HISTORIES["thread_refund"])


def test_a_file_holds_all(tmp_path: Path) -> None:
    path = write_migration(MIGRATION, tmp_path / "new")
    assert path == tmp_path / "new" / "thread_refund.json"
    body = json.loads(path.read_text("utf-8"))
    assert body["batches"] == MIGRATION.batches
    assert body["conversation"] == {"metadata": {"thread_id": "thread_refund"}}
    assert len(body["lost"]) == len(MIGRATION.lost)
    assert all(None not in lost.values() for lost in body["lost"])
    with pytest.raises(FileExistsError):
        write_migration(MIGRATION, tmp_path / "new")


@pytest.mark.parametrize("thread_id", ["../evil", "a/b", "", ".", "-x", "x" * 300, "thr\ud800"])
def test_no_id_leads_elsewhere(tmp_path: Path, thread_id: str) -> None:
    path = write_migration(evolve(MIGRATION, thread_id=thread_id), tmp_path)
    assert path.parent == tmp_path
    assert len(path.stem) == 64
