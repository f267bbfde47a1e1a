"""``runs``: a table for people, and rows and fields for programs."""

from __future__ import annotations

import json

from command_line import invoke
from served_thread import a_thread, rows


async def test_runs() -> None:
    async with a_thread() as served:
        piped = await invoke("runs", "thread_1", *served.server)
        shown = await invoke("runs", "thread_1", *served.server, "--format", "table", COLUMNS="80")
        failed = await invoke("runs", "thread_1", *served.server, "--status", "failed", "--json", "id")
        oldest = await invoke(
            "runs", "thread_1", *served.server, "--order", "asc", "--max", "1", "--json", "id,duration"
        )
    assert [row[:6] for row in rows(piped.stdout)] == [
        ["run_2", "2023-11-14T22:13:40Z", "failed", "7", "2000", "gpt-4o"],
        ["run_1", "2023-11-14T22:13:30Z", "completed", "5", "1000", "gpt-4o"],
    ]
    assert rows(piped.stdout)[0][-1].startswith("server_error: Sorry ")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["When", "Run", "Status", "Took", "Tokens"]
    assert ["22:13:40", "run_2", "failed", "7s", "2,000"] in lines
    assert any(line[:2] == ["server_error:", "Sorry"] for line in lines)
    assert lines[-1] == ["2", "runs"]
    assert json.loads(failed.stdout) == [{"id": "run_2"}]
    assert json.loads(oldest.stdout) == [{"id": "run_1", "duration": 5.0}]
