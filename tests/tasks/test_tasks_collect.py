"""A whole list from both of its ends, without a network."""

from __future__ import annotations

import asyncio

import pytest
from page_server import Server
from sample_steps import step_ids
from serving import ids
from walk_servers import full_trust

from openai_steps import APIConnectionError, RunStep, StepPage, StepsError
from openai_steps._tasks.collect import read_all, read_both_ends
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.two_ends import TwoEnds


def is_head(query: PageQuery) -> bool:
    return query.order == "asc"


async def both_ends(server: Server) -> list[RunStep]:
    trust = full_trust()
    walk = start_walk(order="asc", page_size=10, trust=trust)
    return await read_both_ends(TwoEnds(order="asc", page_size=10, trust=trust, walk=walk), server.fetch)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 45, 60])
async def test_both_ends_meet(count: int) -> None:
    server = Server(count)
    assert ids(await both_ends(server)) == step_ids(range(count))
    assert len(server.asked) <= count // 9 + 4
    assert all(map(is_head, server.asked)) or count > 10
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("lasts", [0, 1, 3])
async def test_a_tail_that_fails_is_done_without_and_never_asked_for_again(lasts: int) -> None:
    """Whether at once or after some pages; the head's pages are asked for once each all the same."""
    server = Server(95)
    server.fail = lambda query: not is_head(query) and sum(not is_head(asked) for asked in server.asked) > lasts
    assert ids(await both_ends(server)) == step_ids(range(95))
    assert sum(not is_head(query) for query in server.asked) == lasts + 1
    assert len({(query.order, query.after) for query in server.asked}) == len(server.asked)


async def test_a_head_that_fails_calls_off_the_tail() -> None:
    server = Server(45)
    server.fail = lambda query: is_head(query) and len(list(filter(is_head, server.asked))) > 1
    with pytest.raises(StepsError) as caught:
        await both_ends(server)
    assert caught.value.resume_after is None  # the steps before are lost with the list
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_walk_reads_a_list() -> None:
    server = Server(45)
    walk = start_walk(order="asc", page_size=10, trust=full_trust())
    assert ids(await read_all(walk, server.fetch)) == step_ids(range(45))


@pytest.mark.parametrize("slow_order", ["asc", "desc"])
async def test_a_slow_end_is_waited_for_and_not_asked_again(slow_order: str) -> None:
    server = Server(95)
    slow = asyncio.Event()

    async def fetch(query: PageQuery) -> StepPage:
        if query.order != slow_order:
            if sum(asked.order != slow_order for asked in server.asked) == 3:
                slow.set()
        elif server.asked:  # but for the first of all, on which everything else waits
            await slow.wait()
        return await server.fetch(query)

    trust = full_trust()
    walk = start_walk(order="asc", page_size=10, trust=trust)
    steps = await read_both_ends(TwoEnds(order="asc", page_size=10, trust=trust, walk=walk), fetch)
    assert ids(steps) == step_ids(range(95))
    assert len({(query.order, query.after) for query in server.asked}) == len(server.asked)


async def test_a_head_without_a_connection_is_an_error() -> None:
    server = Server(45)

    async def fetch(query: PageQuery) -> StepPage:
        if is_head(query) and server.asked:
            raise APIConnectionError("no connection")
        return await server.fetch(query)

    trust = full_trust()
    walk = start_walk(order="asc", page_size=10, trust=trust)
    with pytest.raises(APIConnectionError, match="no connection"):
        await asyncio.wait_for(read_both_ends(TwoEnds(order="asc", page_size=10, trust=trust, walk=walk), fetch), 20)
    assert asyncio.all_tasks() == {asyncio.current_task()}
