"""What the emulator answers."""

import time
from typing import Any

import aiohttp
import pytest
from calling import Caller

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, HABITS, Dialect, Emulator

INCLUDE = "step_details.tool_calls[*].file_search.results[*].content"


RUN = f"/threads/{DEMO_THREAD}/runs/{DEMO_RUN}"


async def test_bodies_are_the_stored_dicts(emulator: Emulator, call: Caller) -> None:
    _, listed = await call(f"{RUN}/steps?order=asc&include[]={INCLUDE}")
    assert listed["data"] == emulator.store.steps(DEMO_THREAD, DEMO_RUN)


@pytest.mark.parametrize(
    ("style", "query", "shown"),
    [
        ("repeated", "", False),
        ("repeated", f"include[]={INCLUDE}", True),
        ("repeated", f"include%5B%5D={INCLUDE.replace('[*]', '%5B%2A%5D')}", True),
        ("repeated", f"include[]={INCLUDE}&include[]={INCLUDE}", True),
        ("repeated", f"include={INCLUDE}", False),
        ("comma", f"include={INCLUDE}", True),
        ("comma", f"include[]={INCLUDE},{INCLUDE}", True),
    ],
)
async def test_the_content_of_file_searches_is_shown_only_if_asked_for(style: Any, query: str, shown: bool) -> None:
    emulator = Emulator.demo(dialect=Dialect(include=style))
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        call = Caller(session, base_url)
        _, listed = await call(f"{RUN}/steps?order=asc&{query}")
        searched = listed["data"][1]
        _, alone = await call(f"{RUN}/steps/{searched['id']}?{query}")
    assert alone == searched
    results = searched["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert len(results) == 2
    assert all(("content" in result) is shown for result in results)
    assert all("score" in result for result in results)


async def test_stamps_made_anew_are_the_present() -> None:
    emulator = Emulator(dialect=HABITS["stamped_anew"])
    emulator.store.add_run("t", "r", steps=[{"id": "s", "created_at": 1}])
    began = int(time.time())
    async with emulator.serve() as base_url, aiohttp.ClientSession() as session:
        call = Caller(session, base_url)
        _, listed = await call("/threads/t/runs/r/steps")
        _, step = await call("/threads/t/runs/r/steps/s")
        _, run = await call("/threads/t/runs/r")
    for told in (listed["data"][0], step, run):
        assert began <= told["created_at"] <= time.time()
