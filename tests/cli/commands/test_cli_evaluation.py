"""``openai-steps evaluation``: rows of threads, from a server and from an archive."""

import json
from pathlib import Path

from command_line import call, fails, invoke
from thread_samples import HISTORIES, make_thread_store, write_archive

from openai_steps.emulator import Emulator
from openai_steps.evaluation import evaluation_rows


async def test_from_a_server() -> None:
    async with Emulator(store=make_thread_store()).serve() as base_url:
        result = await invoke("evaluation", "thread_weather", "--format", "azure", "--base-url", base_url)
    assert [json.loads(line) for line in result.stdout.splitlines()] == evaluation_rows(
        HISTORIES["thread_weather"], "azure"
    )


async def test_a_thread_that_is_gone_stops_no_other() -> None:
    async with Emulator(store=make_thread_store()).serve() as base_url:
        result = await invoke(
            "evaluation", "thread_gone", "thread_weather", "--format", "ragas", "--base-url", base_url
        )
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
    assert "thread_gone: 404" in result.stderr


def test_all_of_an_archive_into_a_file(tmp_path: Path) -> None:
    archive, out = write_archive(tmp_path / "a"), tmp_path / "rows.json"
    call("evaluation", "--from", str(archive), "--format", "deepeval", "-o", str(out))
    assert len(json.loads(out.read_text("utf-8"))) == 5
    assert "rows.json" in fails(1, "evaluation", "--from", str(archive), "--format", "azure", "-o", str(out)).stderr
    assert (
        "has no thread thread_x"
        in fails(1, "evaluation", "thread_x", "--from", str(archive), "--format", "azure").stderr
    )
