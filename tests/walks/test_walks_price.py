"""How many requests it takes, over HTTP, on a server that keeps the contract: the figures of docs/cursors.md."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sample_steps import THREAD, make_step, step_id

from openai_steps import AsyncStepsClient, RunRef
from openai_steps.emulator import Emulator

PAGE_SIZES = [100, 20]
LENGTHS = [0, 1, 10, 20, 99, 100, 101, 250, 1000]


@pytest.fixture
async def emulator() -> Emulator:
    emulator = Emulator()
    for count in LENGTHS:
        run_id = f"run_{count}"
        emulator.store.add_run(THREAD, run_id, steps=[make_step(number, run_id=run_id) for number in range(count)])
    return emulator


async def price(emulator: Emulator, client: AsyncStepsClient, count: int, **arguments: Any) -> int:
    """The requests that one walk takes."""
    emulator.clear_requests()
    read = [step async for step in client.iter_steps(THREAD, f"run_{count}", **arguments)]
    assert len(read) == count or {"after", "before", "max_steps"} & set(arguments)
    return len(emulator.requests)


def fewest(count: int, page_size: int) -> int:
    """Each page but the first repeats one step of the page before."""
    return 1 if count <= page_size else 1 + math.ceil((count - page_size) / (page_size - 1))


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("page_size", PAGE_SIZES)
async def test_a_warm_client_sends_no_request_too_many(emulator: Emulator, page_size: int, order: Any) -> None:
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        for _ in range(2):
            await price(emulator, client, 1000, order=order, page_size=page_size)
        for count in LENGTHS:
            taken = {await price(emulator, client, count, order=order, page_size=page_size) for _ in range(2)}
            assert taken == {fewest(count, page_size)}
            assert await price(emulator, client, count, order=order, page_size=page_size, max_steps=1) == 1


@pytest.mark.parametrize("param", ["after", "before"])
@pytest.mark.parametrize("page_size", PAGE_SIZES)
async def test_nor_from_a_cursor(emulator: Emulator, page_size: int, param: str) -> None:
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        for _ in range(3):
            cursor = {param: step_id(10 if param == "after" else 989)}
            taken = await price(emulator, client, 1000, order="asc", page_size=page_size, **cursor)
        assert taken == fewest(989, page_size)
        near = {param: step_id(979 if param == "after" else 20)}
        assert await price(emulator, client, 1000, order="asc", page_size=page_size, **near) == 1


@pytest.mark.parametrize("verified", [False, True])
@pytest.mark.parametrize("page_size", PAGE_SIZES)
@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        ({}, 2),
        ({"order": "asc"}, 2),
        ({"max_steps": 1}, 4),
        ({"order": "asc", "after": step_id(5)}, 3),
        ({"order": "asc", "before": step_id(95)}, 4),
    ],
)
async def test_a_new_client_pays_a_handful_more(
    emulator: Emulator, page_size: int, arguments: dict[str, Any], more: int, verified: bool
) -> None:
    """So does each walk with ``verify_paging``, which proves everything anew."""
    for count in LENGTHS:
        if count < 99 and {"after", "before"} & set(arguments):
            continue
        async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
            taken = await price(emulator, client, count, page_size=page_size, verify_paging=verified, **arguments)
        wanted = 1 if "max_steps" in arguments else count
        assert taken <= fewest(wanted, page_size) + more, (count, taken)


async def test_a_fleet_of_equal_short_runs_pays_a_logarithm(emulator: Emulator) -> None:
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        runs = [run async for run in client.read_runs([RunRef(THREAD, "run_10")] * 500)]
    assert {len(run.steps) for run in runs} == {10}
    assert len(emulator.requests) <= 500 + math.log2(500) + 1


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_both_ends_take_a_request_or_two_more_than_one(emulator: Emulator, order: Any) -> None:
    """No page is asked for twice, none is refused, and the other end does its part."""
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        for _ in range(2):
            emulator.clear_requests()
            assert len(await client.collect_steps(THREAD, "run_1000", order=order)) == 1000
            assert len(emulator.requests) <= fewest(1000, 100) + 3
            warm = [request.raw_query for request in emulator.requests]
        assert len(set(warm)) == len(warm)
        assert min(sum(f"order={side}" in asked for asked in warm) for side in ("asc", "desc")) >= 4
