"""``openai-steps migrate``: a file for each thread, and what is in it in words."""

import json
from pathlib import Path

from command_line import call, fails
from thread_samples import HISTORIES, write_archive

from openai_steps.migration import migrate_thread


def test_each_thread_has_a_file(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "a"), tmp_path / "new"
    result = call("migrate", "--from", str(archive), "-o", str(out))
    assert {path.stem for path in out.iterdir()} == set(HISTORIES)
    body = json.loads((out / "thread_refund.json").read_text("utf-8"))
    assert body["batches"] == migrate_thread(HISTORIES["thread_refund"]).batches
    assert "thread_refund.json: 10 items, " in result.stderr
    again = fails(1, "migrate", "thread_refund", "--from", str(archive), "-o", str(out))
    assert "thread_refund.json" in again.stderr
