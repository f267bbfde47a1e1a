"""Reading from both ends gives what the walk from the head gives, on every dialect, and loses nothing."""

from __future__ import annotations

import asyncio
import random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from walk_servers import HONEST_HAS_MORE, Server, dialects, is_honest, make_steps, orders, read

from openai_steps import APIConnectionError, AsyncStepsClient, PaginationError, StepPage, structure_page
from openai_steps._tasks.collect import read_both_ends
from openai_steps._walks.forward import ForwardWalk
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.two_ends import FLIPPED, TwoEnds
from openai_steps.emulator import DIALECTS, Dialect, Emulator, Query, list_steps
from openai_steps.emulator._dialect import After, HasMore, Order
from openai_steps.emulator._refusal import Refusal


def answer(steps: list[dict[str, Any]], order: Order, dialect: Dialect, query: PageQuery) -> StepPage:
    asked = Query(limit=query.limit, order=order, after=query.after, before=query.before)
    return structure_page(list_steps(steps, asked, dialect))


def read_both(
    steps: list[dict[str, Any]],
    order: Order,
    dialect: Dialect,
    page_size: int,
    *,
    seed: int = 0,
    grow: Any = None,
) -> tuple[list[str], int]:
    """Drive both ends, their answers arriving in a random sequence; return the ids and the number of requests."""
    chance = random.Random(seed)
    ends = TwoEnds(order=order, page_size=page_size)
    requests = 0
    on_the_way: dict[str, Any] = {}
    while not ends.done:
        if ends.head_query is not None and "head" not in on_the_way:
            on_the_way["head"] = answer(steps, order, dialect, ends.head_query)
            requests += 1
        if ends.tail_query is not None and "tail" not in on_the_way:
            try:
                on_the_way["tail"] = answer(steps, FLIPPED[order], dialect, ends.tail_query)
            except Refusal:
                on_the_way["tail"] = None
            requests += 1
        assert requests < 6 * len(steps) + 20, "does not end"
        side = chance.choice(sorted(on_the_way))
        page = on_the_way.pop(side)
        if grow is not None:
            grow(steps)
        if side == "head":
            ends.feed_head(page)
        elif page is None:
            ends.drop_tail()
        else:
            ends.feed_tail(page)
    ids = [step.id for step in ends.steps]
    assert len(ids) == len(set(ids))
    return ids, requests


times_with_ties = st.lists(st.integers(0, 120), max_size=90).map(sorted)
distinct_times = st.integers(0, 120).map(lambda count: list(range(count)))


@given(
    times_with_ties | distinct_times,
    orders,
    dialects(
        after=st.sampled_from(get_args(After)),
        has_more=st.sampled_from(get_args(HasMore)),
        overlap=st.integers(0, 2),
        max_limit=st.integers(5, 40),
        order=st.sampled_from(["honoured", "honoured", "ignored"]),
    ),
    st.integers(10, 30),
    st.integers(0, 5),
)
def test_the_result_is_that_of_the_walk_from_the_head_on_any_dialect(
    times: list[int], order: Order, dialect: Dialect, page_size: int, seed: int
) -> None:
    steps = make_steps(times)
    served = Server(steps, order, dialect, [])
    try:
        alone = read(ForwardWalk(page_size=page_size), served)
    except (PaginationError, Refusal):
        alone = served.ids
    try:
        both, _ = read_both(steps, order, dialect, page_size, seed=seed)
    except (PaginationError, Refusal):
        return
    # Where the walk from the head loses rows, the tail may find them.
    assert both in (alone, served.ids)


@given(
    times_with_ties,
    orders,
    dialects(has_more=st.sampled_from(HONEST_HAS_MORE), max_limit=st.integers(5, 40)),
    st.integers(10, 30),
    st.integers(0, 5),
)
def test_ties_in_any_order_change_nothing(
    times: list[int], order: Order, dialect: Dialect, page_size: int, seed: int
) -> None:
    steps = make_steps(times)
    assert read_both(steps, order, dialect, page_size, seed=seed)[0] == Server(steps, order, dialect, []).ids


@given(
    times_with_ties | distinct_times, orders, st.integers(10, 30), st.integers(0, 5), st.sampled_from(sorted(DIALECTS))
)
def test_what_existed_at_the_start_is_there_in_order_though_the_list_grows(
    times: list[int], order: Order, page_size: int, seed: int, name: str
) -> None:
    dialect = DIALECTS[name]
    if dialect.after != "exclusive" or not is_honest(dialect) or dialect.order == "ignored":
        return
    steps = make_steps(times)
    before = Server(list(steps), order, dialect, []).ids

    def grow(steps: list[dict[str, Any]]) -> None:
        if len(steps) < 3 * len(times) + 5:
            last = steps[-1]["created_at"] if steps else 1_700_000_000
            steps.append({**make_steps([0])[0], "id": f"step_{len(steps):04d}", "created_at": last + seed % 2})

    both, _ = read_both(steps, order, dialect, page_size, seed=seed, grow=grow)
    assert [step for step in both if step in set(before)] == before


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("count", [250, 2000, 2001])
def test_two_ends_take_half_the_rounds(order: Order, count: int) -> None:
    steps = make_steps(list(range(count)))
    ends = TwoEnds(order=order, page_size=100)
    rounds = 0
    while not ends.done:
        head, tail = ends.head_query, ends.tail_query
        rounds += 1
        assert head is not None
        ends.feed_head(answer(steps, order, Dialect(), head))
        if tail is not None:
            ends.feed_tail(answer(steps, FLIPPED[order], Dialect(), tail))
    assert [step.id for step in ends.steps] == Server(steps, order, Dialect(), []).ids
    assert rounds <= count // 200 + 2


def test_a_list_of_one_page_is_read_with_one_request() -> None:
    steps = make_steps(list(range(100)))
    assert read_both(steps, "asc", Dialect(), 100) == (Server(steps, "asc", Dialect(), []).ids, 1)


# --- Driving it -------------------------------------------------------------------------------------------------


class Fetches:
    """Answers both ends from a list, each request an event-loop turn later; remembers what was asked."""

    def __init__(self, count: int, *, tail_fails: bool = False, head_fails_at: int | None = None) -> None:
        self.steps = make_steps(list(range(count)))
        self.asked: list[tuple[str, PageQuery]] = []
        self.on_the_way = 0
        self._tail_fails = tail_fails
        self._head_fails_at = head_fails_at

    async def head(self, query: PageQuery) -> StepPage:
        if len([side for side, _ in self.asked if side == "head"]) == self._head_fails_at:
            raise APIConnectionError("the line is dead")
        return await self._answer("head", "asc", query)

    async def tail(self, query: PageQuery) -> StepPage:
        page = await self._answer("tail", "desc", query)
        if self._tail_fails:
            raise APIConnectionError("the line is dead")
        return page

    async def _answer(self, side: str, order: Order, query: PageQuery) -> StepPage:
        self.asked.append((side, query))
        self.on_the_way += 1
        try:
            await asyncio.sleep(0)
            return answer(self.steps, order, Dialect(), query)
        finally:
            self.on_the_way -= 1


async def test_both_ends_are_asked_at_once() -> None:
    fetches = Fetches(1000)
    steps = await read_both_ends(TwoEnds(order="asc", page_size=100), fetches.head, fetches.tail)
    assert [step.id for step in steps] == [step["id"] for step in fetches.steps]
    sides = [side for side, _ in fetches.asked]
    assert sides.count("head") <= 6
    assert sides.count("tail") <= 6


async def test_a_tail_that_fails_is_no_failure() -> None:
    fetches = Fetches(1000, tail_fails=True)
    steps = await read_both_ends(TwoEnds(order="asc", page_size=100), fetches.head, fetches.tail)
    assert [step.id for step in steps] == [step["id"] for step in fetches.steps]


async def test_a_head_that_fails_leaves_nothing_behind() -> None:
    fetches = Fetches(1000, head_fails_at=3)
    with pytest.raises(APIConnectionError) as caught:
        await read_both_ends(TwoEnds(order="asc", page_size=100), fetches.head, fetches.tail)
    assert caught.value.resume_after is None  # the steps before are lost with the list
    assert fetches.on_the_way == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cancelling_leaves_nothing_behind() -> None:
    fetches = Fetches(1000)

    async def hang(query: PageQuery) -> StepPage:
        page = await fetches.head(query)
        if query.after is not None:
            hanging.set()
            await asyncio.Event().wait()
        return page

    hanging = asyncio.Event()
    reading = asyncio.ensure_future(read_both_ends(TwoEnds(order="asc", page_size=10), hang, fetches.tail))
    await hanging.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("name", ["contract", "window", "openai", "llamphouse", "bee"])
async def test_collect_steps_reads_as_iter_steps_does(name: str, order: Order) -> None:
    emulator = Emulator(dialect=DIALECTS[name])
    emulator.store.add_run("thread_1", "run_1", steps=make_steps(list(range(350))))
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        steps = await client.collect_steps("thread_1", "run_1", order=order, page_size=20)
        assert steps == [step async for step in client.iter_steps("thread_1", "run_1", order=order)]
