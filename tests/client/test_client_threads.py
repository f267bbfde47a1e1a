"""Threads: one of each kind of thing in them, and all of one in order."""

from __future__ import annotations

import pytest
from listed import T, add_message
from serving import serving

from openai_steps import AsyncStepsClient, Endpoint, NotFoundError, RunRef
from openai_steps.emulator import Emulator
from openai_steps.testing import assistant_message, message_step, thread_run, tool_step, user_message
from openai_steps.turns import MessageTurn, order_turns


async def test_one_of_each_is_found_by_its_id() -> None:
    async with serving(3) as (client, emulator):
        emulator.store.add_thread(T, metadata={"a": "b"})
        emulator.store.set_run({**thread_run(7, status="failed"), "thread_id": T})
        add_message(emulator.store, 5, T)
        thread, run = await client.get_thread(T), await client.get_run(T, "run_7")
        message = await client.get_message(T, "msg_5")
        assert (thread.id, thread.metadata) == (T, {"a": "b"})
        assert (run.id, run.status, run.model) == ("run_7", "failed", "gpt-4o")
        assert (message.id, message.text) == ("msg_5", "Hello! How can I help?")
        for missing in (client.get_thread("x"), client.get_message(T, "x"), client.get_message("x", "msg_5")):
            with pytest.raises(NotFoundError):
                await missing


async def test_a_long_thread_is_read_and_put_into_order() -> None:
    """500 runs, each of which is asked, calls a tool, answers twice, and is thanked: 3,000 messages at 6 a run."""
    emulator, truth = Emulator(), []
    for number in range(500):
        now, run_id = 1_700_000_000 + 2 * number, f"run_{number}"
        ids = [f"msg_{number}_{place}" for place in range(6)]
        asked, *answers, thanked = ids
        emulator.store.add_message(T, user_message(id=asked, created_at=now))
        steps = [tool_step(id=f"step_{number}", created_at=now)]
        for place, message_id in enumerate(answers):
            message = assistant_message(id=message_id, created_at=now, run_id=run_id)
            emulator.store.add_message(T, message)
            steps.append(message_step(message_id=message_id, id=f"step_{number}_{place}", created_at=now))
        emulator.store.add_message(T, user_message(id=thanked, created_at=now + 1))
        emulator.store.add_run(T, run_id, steps=steps)
        truth += [asked, f"step_{number}", *answers, thanked]
    async with emulator.serve() as base_url, AsyncStepsClient(Endpoint.compatible(base_url)) as client:
        messages = await client.collect_messages(T, order="asc")
        runs = await client.collect_runs(T, order="asc")
        refs = [RunRef(T, run.id) for run in runs]
        steps_of = {run.run_id: run.steps async for run in client.read_runs(refs)}
    thread = order_turns(messages, runs, steps_of)
    assert (len(messages), len(runs)) == (3000, 500)
    assert [turn.message.id if isinstance(turn, MessageTurn) else turn.step.id for turn in thread.turns] == truth
