"""vcr.py, as it comes, records this client and plays it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from openai_steps import AsyncStepsClient, Endpoint, RunStep
from openai_steps.testing import StepsServer, message_step

vcr = pytest.importorskip("vcr", reason="needs vcrpy (dependency group examples)")

KEY = "sk-very-secret-key"


async def read(server: StepsServer) -> list[RunStep]:
    async with AsyncStepsClient(Endpoint.compatible(server.base_url, api_key=KEY)) as client:
        return [step async for step in client.iter_steps("thread_1", "run_1", page_size=2)]


@pytest.mark.parametrize("filtered", [False, True])
async def test_what_was_recorded_is_played_again(steps_server: StepsServer, tmp_path: Path, filtered: bool) -> None:
    steps_server.add_run("thread_1", "run_1", steps=[message_step(number) for number in range(5)])
    cassette = tmp_path / "run.yaml"
    options = {"filter_headers": ["authorization"]} if filtered else {}
    with vcr.use_cassette(str(cassette), **options):
        recorded = await read(steps_server)
    asked = len(steps_server.requests)
    with vcr.use_cassette(str(cassette), record_mode="none", **options):
        assert await read(steps_server) == recorded
    assert len(recorded) == 5
    assert len(steps_server.requests) == asked
    assert (KEY in cassette.read_text()) is not filtered, "the page on testing says that a key is recorded"
