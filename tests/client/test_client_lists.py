"""Lists of every kind are read alike, on every server."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from listed import KINDS, Kind, T, every_kind, listed, no_of

from openai_steps import (
    AsyncStepsClient,
    AuthenticationError,
    Endpoint,
    MessagePage,
    Misfit,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    ResponseDecodeError,
    RetryPolicy,
    UnreadableItem,
)
from openai_steps._client.lists import Listing
from openai_steps.emulator import Answer, Dialect, Emulator
from openai_steps.testing import assistant_message


@every_kind
async def test_all_are_read_in_both_orders_and_in_every_way(kind: Kind) -> None:
    newest_first = list(range(45, 0, -1))
    async with listed(kind) as (client, _):
        for order, truth in (("desc", newest_first), ("asc", newest_first[::-1])):
            assert [no_of(item) async for item in kind.iter(client, order=order, page_size=20)] == truth
            pages = [page async for page in kind.pages(client, order=order, page_size=20)]
            assert [no_of(item) for page in pages for item in page.data] == truth
            for page_size in (7, 100):
                assert [no_of(item) for item in await kind.collect(client, order=order, page_size=page_size)] == truth


@every_kind
async def test_cursors_and_the_most(kind: Kind) -> None:
    async with listed(kind) as (client, emulator):
        middle = {"after": kind.id(30), "before": kind.id(10), "page_size": 7}
        assert [no_of(item) async for item in kind.iter(client, **middle)] == list(range(29, 10, -1))
        assert [no_of(item) for item in await kind.collect(client, **middle)] == list(range(29, 10, -1))
        backward = kind.iter(client, order="asc", before=kind.id(10), page_size=4)
        assert [no_of(item) async for item in backward] == list(range(9, 0, -1))
        emulator.clear_requests()
        most = {f"max_{kind.one}s": 3}
        assert [no_of(item) async for item in kind.iter(client, page_size=20, **most)] == [45, 44, 43]


@every_kind
async def test_one_page_is_one_request_and_its_answer_as_it_is(kind: Kind) -> None:
    async with listed(kind) as (client, emulator):
        page = await kind.page(client, limit=2, order="asc", after=kind.id(3))
        assert [no_of(item) for item in page.data] == [4, 5]
        assert (page.has_more, page.first_id, page.last_id) == (True, kind.id(4), kind.id(5))
        assert len((await kind.page(client)).data) == 20
        first, second = emulator.requests
        assert dict(first.query) == {"limit": "2", "order": "asc", "after": kind.id(3)}
        assert second.query == ()


@every_kind
async def test_an_empty_list_is_a_list(kind: Kind) -> None:
    async with listed(kind, 0) as (client, emulator):
        if kind.parent:
            emulator.store.add_thread(T)
        assert [item async for item in kind.iter(client)] == []
        assert [page async for page in kind.pages(client)] == []
        assert await kind.collect(client) == []


@every_kind
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"order": "up"}, "order must be 'asc' or 'desc'"),
        ({"after": ""}, "after must be an id"),
        ({"page_size": 101}, "page_size must be a whole number from 1 to 100"),
        ({"odd": "ignore"}, "odd must be 'raise' or 'keep'"),
        ({"after": "a", "before": "a"}, "nothing lies between"),
    ],
)
async def test_arguments_are_checked_before_any_request(kind: Kind, options: dict[str, Any], told: str) -> None:
    async with listed(kind, 3) as (client, emulator):
        with pytest.raises(ValueError, match=told):
            await anext(kind.iter(client, **options))
        with pytest.raises(ValueError, match=told):
            await anext(kind.pages(client, **options))
        with pytest.raises(ValueError, match=told):
            await kind.collect(client, **options)
        for number in (0, -1, True, 1.5):
            with pytest.raises(ValueError, match=f"max_{kind.one}s must be a whole number above 0"):
                await anext(kind.iter(client, **{f"max_{kind.one}s": number}))
        if kind.parent:
            with pytest.raises(ValueError, match="thread_id must be an id"):
                await attrs.evolve(kind, parent=("",)).collect(client)
        assert emulator.requests == ()


@every_kind
async def test_an_error_says_where_to_go_on(kind: Kind) -> None:
    async with listed(kind) as (client, emulator):
        walk = kind.iter(client, page_size=20, prefetch=False)
        assert [no_of(await anext(walk)) for _ in range(20)] == list(range(45, 25, -1))
        emulator.inject(Answer(403, b""))
        with pytest.raises(PermissionDeniedError) as caught:
            await anext(walk)
        assert caught.value.resume_after == kind.id(26)
        rest = [no_of(item) async for item in kind.iter(client, after=caught.value.resume_after)]
        assert rest == list(range(25, 0, -1))


@every_kind
async def test_what_cannot_be_read_is_an_error_at_its_place_or_kept(kind: Kind) -> None:
    async with listed(kind, 3) as (client, emulator):
        good = (await kind.page(client)).data
        emulator.inject(Answer(200, {"data": [{"id": kind.id(9)}], "has_more": False}), times=9)
        kept = [item async for item in kind.iter(client, odd="keep")]
        assert [type(item) for item in kept] == [UnreadableItem]
        assert kept[0].id == kind.id(9)
        with pytest.raises(ResponseDecodeError, match="created_at"):
            await kind.collect(client)
        with pytest.raises(ResponseDecodeError, match="created_at"):
            await kind.page(client)
        assert len((await kind.page(client, odd="keep")).unreadable) == 1
        assert await kind.collect(client, odd="keep") == kept
        assert len(good) == 3


# --- On every server ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind.one)
async def test_a_server_that_ignores_the_thread_is_found_out(kind: Kind) -> None:
    async with listed(kind, 3, Dialect(thread_id="ignored")) as (client, emulator):
        assert len(await kind.collect(client)) == 3
        if kind.one == "run":
            emulator.store.add_run("thread_2", "run_x", created_at=1_700_000_002)
        else:
            emulator.store.add_message("thread_2", assistant_message(id="msg_x", created_at=1_700_000_002))
        with pytest.raises(PaginationError, match=r"ignores thread_id: .* of 'thread_1', it sent .*_x' of 'thread_2'"):
            await kind.collect(client)
        with pytest.raises(PaginationError, match="ignores thread_id"):
            await anext(kind.iter(client))


@pytest.mark.parametrize(
    ("profile", "error", "told"),
    [
        ("openai", AuthenticationError, "The key is right, but no key may list threads here"),
        ("open_assistant_api", NotFoundError, "It seems that this server has no list of threads"),
    ],
)
async def test_a_list_that_is_not_there_is_told(profile: str, error: type[Exception], told: str) -> None:
    async with (
        Emulator.demo(profile=profile).serve() as base_url,
        AsyncStepsClient(Endpoint.compatible(base_url), retry=RetryPolicy(attempts=1)) as client,
    ):
        with pytest.raises(error, match=told):
            await client.collect_threads()
        assert [run.id for run in await client.collect_runs("thread_demo")] == ["run_demo"]


async def test_a_list_that_is_known_not_to_be_there_is_not_asked_for() -> None:
    async with AsyncStepsClient(Endpoint.foundry_local("http://127.0.0.1:1")) as client:
        with pytest.raises(ValueError, match="foundry_local has no list of runs: pass the ids of runs that you know"):
            await client.collect_runs(T)
        with pytest.raises(ValueError, match="foundry_local has no list of runs"):
            await anext(client.iter_runs(T))


UNREADABLE: list[tuple[Any, bool]] = [
    ({"run_id": "run_1", "id": 5}, True),
    ({"run_id": "run_2", "id": 5}, False),
    ({"run_id": None}, True),
    ({}, True),
    ([], True),
    (None, True),
]


@pytest.mark.parametrize(("data", "wanted"), UNREADABLE)
def test_what_cannot_be_read_is_passed_on_unless_it_says_that_it_is_not_wanted(data: Any, wanted: bool) -> None:
    listing = Listing(kind=MessagePage, build=lambda **_: pytest.fail("no request"), filter={"run_id": "run_1"})
    item = UnreadableItem(data, Misfit("$.id", "text"))
    assert listing.wants(item) is wanted
    assert attrs.evolve(listing, filter={}).wants(item) is True
