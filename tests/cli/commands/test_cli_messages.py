"""``messages``: their texts in a table, and whole in rows and fields."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from command_line import invoke
from served_thread import a_thread, rows


async def test_messages() -> None:
    async with a_thread() as served:
        piped = await invoke("messages", "thread_1", *served.server, "--order", "asc")
        shown = await invoke("messages", "thread_1", *served.server, "--format", "table", COLUMNS="60")
        of_run = await invoke("messages", "thread_1", *served.server, "--run", "run_1", "--json", "id,text")
        of_users = await invoke("messages", "thread_1", *served.server, "--role", "user", "--json", "id")
    first, second, _ = rows(piped.stdout)
    assert first[:4] == ["msg_1", "2023-11-14T22:13:21Z", "user", ""]
    assert first[4].startswith("How\\tmuch ")
    assert first[4].count("bread ") == 100
    assert second == ["msg_2", "2023-11-14T22:13:35Z", "assistant", "run_1", "Ten.", ""]
    assert all(len(line) <= 60 for line in shown.stdout.splitlines())
    assert shown.stdout.count("bread") < 10
    assert json.loads(of_run.stdout) == [{"id": "msg_2", "text": "Ten."}]
    assert [message["id"] for message in json.loads(of_users.stdout)] == ["msg_3", "msg_1"]


async def test_messages_in_a_csv_file(tmp_path: Path) -> None:
    async with a_thread() as served:
        piped = await invoke("messages", "thread_1", *served.server)
        await invoke("messages", "thread_1", *served.server, "-o", str(tmp_path / "m.csv"))
    names, *lines = csv.reader((tmp_path / "m.csv").read_text("utf-8").splitlines())
    assert names == ["id", "created_at", "role", "run_id", "text", "file_ids"]
    assert lines == rows(piped.stdout)
