"""The same walks on every provider: each step once, in order, whatever the server's habits."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from provider_cases import PROVIDERS, Provider, connected
from sample_steps import RUN, THREAD, make_step, step_id, step_ids
from serving import ids

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    AsyncStepsClient,
    Endpoint,
    Order,
    PaginationError,
    RunStep,
    structure_step,
)
from openai_steps.emulator import PROFILES, Dialect, Emulator, Query, list_steps

COUNT = 250
ALL = step_ids(range(COUNT))

WALKS: list[tuple[Order, str | None, str | None, list[str]]] = [
    ("asc", None, None, ALL),
    ("desc", None, None, ALL[::-1]),
    ("asc", step_id(99), None, ALL[100:]),
    ("desc", step_id(99), None, ALL[:99][::-1]),
    ("asc", None, step_id(240), ALL[:240][::-1]),
    ("desc", None, step_id(7), ALL[8:]),
    ("asc", step_id(20), step_id(230), ALL[21:230]),
    ("desc", step_id(230), step_id(20), ALL[21:230][::-1]),
    ("asc", None, step_id(0), []),
    ("desc", step_id(0), None, []),
]

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
every_provider_that_tells_all = pytest.mark.parametrize(
    "provider", [pytest.param(one, id=name) for name, one in PROVIDERS.items() if one.tells_all]
)
walks = pytest.mark.parametrize(("order", "after", "before", "expected"), WALKS)


def test_every_profile_is_walked() -> None:
    assert {provider.profile for provider in PROVIDERS.values()} == set(PROFILES)


@every_provider
@pytest.mark.parametrize("verify_paging", [False, True])
@walks
async def test_steps(
    provider: Provider, order: Order, after: str | None, before: str | None, expected: list[str], verify_paging: bool
) -> None:
    async with connected(provider) as (client, emulator):
        walk = client.iter_steps(
            THREAD, RUN, order=order, after=after, before=before, verify_paging=verify_paging or provider.verify_paging
        )
        assert ids([step async for step in walk]) == expected
        assert len(emulator.requests) < 12


@every_provider
@walks
async def test_pages(
    provider: Provider, order: Order, after: str | None, before: str | None, expected: list[str]
) -> None:
    backward = before is not None and after is None
    async with connected(provider) as (client, _):
        walk = client.iter_step_pages(
            THREAD, RUN, order=order, after=after, before=before, page_size=60, verify_paging=provider.verify_paging
        )
        pages = [ids(page) async for page in walk]
    assert all(page == sorted(page, reverse=order == "desc") for page in pages)
    assert [step for page in pages for step in (page[::-1] if backward else page)] == expected


@every_provider
@pytest.mark.parametrize("max_steps", [1, 61, 300])
@walks
async def test_the_first_so_many(
    provider: Provider, order: Order, after: str | None, before: str | None, expected: list[str], max_steps: int
) -> None:
    async with connected(provider) as (client, _):
        walk = client.iter_steps(
            THREAD,
            RUN,
            order=order,
            after=after,
            before=before,
            max_steps=max_steps,
            page_size=60,
            verify_paging=provider.verify_paging,
        )
        assert ids([step async for step in walk]) == expected[:max_steps]


@every_provider
@walks
async def test_all_at_once(
    provider: Provider, order: Order, after: str | None, before: str | None, expected: list[str]
) -> None:
    async with connected(provider) as (client, _):
        steps = await client.collect_steps(
            THREAD, RUN, order=order, after=after, before=before, verify_paging=provider.verify_paging
        )
        assert ids(steps) == expected


@every_provider
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_with_equal_times_all_or_an_error(provider: Provider, order: Order) -> None:
    steps = [make_step(number, created_at=1_700_000_000 + number // 7) for number in range(COUNT)]
    whole = attrs.evolve(PROFILES[provider.profile].dialect, max_limit=COUNT)
    listed = list_steps(steps, Query(limit=COUNT, order=order), whole)["data"]
    async with connected(provider, steps) as (client, _):
        try:
            walk = client.iter_steps(THREAD, RUN, order=order, page_size=50, verify_paging=provider.verify_paging)
            assert ids([step async for step in walk]) == [step["id"] for step in listed]
        except PaginationError:
            assert provider.profile == "open_assistant_api"  # whose cursors lose rows of equal times in desc
            assert order == "desc"


@every_provider_that_tells_all
async def test_a_step_and_a_run_say_the_same_on_every_server(provider: Provider) -> None:
    """Times in seconds, milliseconds or ISO text, unset values as null or as placeholders."""
    raw = make_step(3, status="in_progress", completed_at=None, usage=None)
    async with connected(provider, [raw]) as (client, _):
        step = await client.get_step(THREAD, RUN, raw["id"])
        [listed] = (await client.list_steps_page(THREAD, RUN)).data
        run = await client.get_run(THREAD, RUN)
    assert told(step) == told(listed) == told(structure_step(raw))
    assert (run.id, run.thread_id, run.created_at, run.status) == (RUN, THREAD, step.created_at, "in_progress")


def told(step: RunStep) -> dict[str, Any]:
    return {field.name: getattr(step, field.name) for field in attrs.fields(RunStep)}


FOUND = {"file_id": "f", "file_name": "n", "score": 0.5, "content": [{"type": "text", "text": "found"}]}
CALL = {"id": "call_1", "type": "file_search", "file_search": {"results": [FOUND]}}
SEARCH_STEP = make_step(1, type="tool_calls", step_details={"type": "tool_calls", "tool_calls": [CALL]})


def contents(step: RunStep) -> list[Any]:
    [call] = step.step_details.tool_calls  # type: ignore[union-attr]
    return [result.content for result in call.file_search.results]  # type: ignore[union-attr]


@every_provider_that_tells_all
async def test_the_content_of_file_searches_comes_when_asked_for(provider: Provider) -> None:
    names = [INCLUDE_FILE_SEARCH_CONTENT]
    async with connected(provider, [SEARCH_STEP]) as (client, emulator):
        assert contents(await client.get_step(THREAD, RUN, step_id(1))) == [None]
        if client.endpoint.include_style == "unsupported":
            emulator.clear_requests()
            with pytest.raises(ValueError, match="include is unknown to"):
                await client.list_steps_page(THREAD, RUN, include=names)
            assert emulator.requests == ()
            return
        assert contents(await client.get_step(THREAD, RUN, step_id(1), include=names)) != [None]
        [step] = await client.collect_steps(THREAD, RUN, include=names)
        assert contents(step) != [None]


async def test_a_server_that_takes_include_with_commas() -> None:
    emulator = Emulator(dialect=Dialect(include="comma"))
    emulator.store.add_run(THREAD, RUN, steps=[SEARCH_STEP])
    async with (
        emulator.serve() as base_url,
        AsyncStepsClient(Endpoint.compatible(base_url, include_style="comma")) as client,
    ):
        step = await client.get_step(THREAD, RUN, step_id(1), include=[INCLUDE_FILE_SEARCH_CONTENT] * 2)
        assert contents(step) != [None]
        assert dict(emulator.requests[0].query)["include[]"].count(",") == 1


async def test_a_server_that_lies_about_has_more_is_read_by_default() -> None:
    async with connected(PROVIDERS["openai_responses"]) as (client, _):
        assert ids([step async for step in client.iter_steps(THREAD, RUN, order="asc", page_size=20)]) == ALL
        assert ids(await client.collect_steps(THREAD, RUN, order="asc", page_size=20)) == ALL


async def test_an_empty_run_is_no_steps_everywhere() -> None:
    for provider in PROVIDERS.values():
        async with connected(provider, []) as (client, _):
            assert await client.collect_steps(THREAD, RUN) == []
            assert [page async for page in client.iter_step_pages(THREAD, RUN, verify_paging=True)] == []
