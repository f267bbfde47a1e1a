"""Messages of one run, whatever the server makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from listed import KINDS, T, listed, no_of

from openai_steps import NotFoundError
from openai_steps.emulator import Dialect, Store
from openai_steps.testing import assistant_message


def add_of_two_runs(store: Store, count: int = 40) -> None:
    """Every fourth message is of run_b, and of the others, every fifth is a user's."""
    for number in range(1, count + 1):
        run_id = "run_b" if number % 4 == 0 else None if number % 5 == 0 else "run_a"
        message = assistant_message(id=f"msg_{number}", created_at=1_700_000_000 + number, run_id=run_id)
        store.add_message(T, message)


OF_B = list(range(40, 0, -4))


@pytest.mark.parametrize("habit", ["honoured", "ignored", "refused"])
async def test_messages_of_one_run_whatever_the_server_makes_of_it(habit: Any) -> None:
    async with listed(KINDS[1], 0, Dialect(run_id=habit)) as (client, emulator):
        add_of_two_runs(emulator.store)
        options: Any = {"run_id": "run_b", "page_size": 7}
        assert [no_of(message) async for message in client.iter_messages(T, **options)] == OF_B
        assert [no_of(message) for message in await client.collect_messages(T, **options)] == OF_B
        pages = [page async for page in client.iter_message_pages(T, **options)]
        assert [no_of(message) for page in pages for message in page.data] == OF_B
        assert all(page.data for page in pages)
        few = [no_of(message) async for message in client.iter_messages(T, max_messages=3, **options)]
        assert few == OF_B[:3]
        behind = client.iter_messages(T, after="msg_20", **options)
        assert [no_of(message) async for message in behind] == [16, 12, 8, 4]
        keep = [no_of(message) async for message in client.iter_messages(T, odd="keep", **options)]
        assert keep == OF_B


async def test_a_refused_run_is_asked_for_once_a_walk() -> None:
    async with listed(KINDS[1], 0, Dialect(run_id="refused")) as (client, emulator):
        add_of_two_runs(emulator.store)
        assert len([message async for message in client.iter_messages(T, run_id="run_b", page_size=10)]) == 10
        assert sum("run_id" in dict(request.query) for request in emulator.requests) == 1


async def test_another_fault_of_the_request_is_told_as_it_is() -> None:
    async with listed(KINDS[1], 3) as (client, _):
        with pytest.raises(NotFoundError, match="thread"):
            await client.collect_messages("thread_none", run_id="run_b")
        page = await client.list_messages_page(T, run_id="run_none")
        assert page.data == ()
