"""A whole list from both of its ends, without a network."""

from __future__ import annotations

import asyncio

import pytest
from page_server import Server
from sample_steps import step_ids
from serving import ids

from openai_steps import RunStep, StepsError
from openai_steps._tasks.collect import read_both_ends
from openai_steps._walks.two_ends import TwoEnds


async def both_ends(head: Server, tail: Server) -> list[RunStep]:
    return await read_both_ends(TwoEnds(order="asc", page_size=10), head.fetch, tail.fetch)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 45, 60])
async def test_both_ends_meet(count: int) -> None:
    head, tail = Server(count), Server(count, order="desc")
    assert ids(await both_ends(head, tail)) == step_ids(range(count))
    assert len(head.asked) + len(tail.asked) <= count // 10 + 3
    assert tail.asked == [] or count > 10
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_tail_that_fails_is_done_without() -> None:
    head, tail = Server(45), Server(45, order="desc", fail=lambda _: True)
    assert ids(await both_ends(head, tail)) == step_ids(range(45))


async def test_a_head_that_fails_calls_off_the_tail() -> None:
    head = Server(45, fail=lambda query: query.after is not None)
    tail = Server(45, order="desc", held=True)
    with pytest.raises(StepsError) as caught:
        await both_ends(head, tail)
    assert caught.value.resume_after is None  # the steps before are lost with the list
    assert tail.called_off == len(tail.asked) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}
