"""Runs and messages of a thread, as each provider lists them."""

from __future__ import annotations

import pytest
from provider_cases import KEY, PROVIDERS

from openai_steps import AsyncStepsClient
from openai_steps.emulator import Emulator
from openai_steps.testing import assistant_message

THREAD = "thread_1"


@pytest.mark.parametrize("name", PROVIDERS)
async def test_the_lists_of_a_thread_are_read_whole(name: str) -> None:
    provider = PROVIDERS[name]
    emulator = Emulator(profile=provider.profile, api_key=KEY)
    for number in range(1, 46):
        created_at = 1_700_000_000 + number
        emulator.store.add_run(THREAD, f"run_{number:02}", created_at=created_at)
        emulator.store.add_message(THREAD, assistant_message(id=f"msg_{number:02}", created_at=created_at))
    async with emulator.serve() as base_url, AsyncStepsClient(provider.endpoint(base_url, KEY)) as client:
        verify = provider.verify_paging
        messages = await client.collect_messages(THREAD, order="asc", page_size=20, verify_paging=verify)
        runs = []
        if "runs" not in client.endpoint.absent:
            walk = client.iter_runs(THREAD, order="asc", page_size=20, verify_paging=verify)
            runs = [run.id async for run in walk]
        found = await client.get_message(THREAD, "msg_07")
    assert [message.id for message in messages] == [f"msg_{number:02}" for number in range(1, 46)]
    assert found == messages[6]
    assert (found.text, found.thread_id, found.run_id) == ("Hello! How can I help?", THREAD, "run_1")
    assert runs == ([] if name == "foundry_local" else [f"run_{number:02}" for number in range(1, 46)])
