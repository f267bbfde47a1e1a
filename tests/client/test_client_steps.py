"""The verbs, over HTTP against the emulator."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web
from attrs import frozen
from client_verbs import VERBS
from sample_steps import RUN, THREAD, make_step, make_steps, step_id, step_ids
from serving import ids, queries, serving

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    BadRequestError,
    Endpoint,
    Order,
    PaginationError,
    RunStep,
    StepsError,
    unstructure,
)
from openai_steps.emulator import Answer, Exchange, RecordedRequest, Stall

COUNT = 250


ASCENDING = step_ids(range(COUNT))


DESCENDING = ASCENDING[::-1]


# --- list_steps_page ---


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"limit": 7}, {"limit": "7"}),
        ({"order": "asc"}, {"order": "asc"}),
        ({"after": step_id(3)}, {"after": step_id(3)}),
        ({"before": step_id(3)}, {"before": step_id(3)}),
        (
            {"limit": 1, "order": "desc", "after": step_id(3), "before": step_id(1)},
            {"limit": "1", "order": "desc", "after": step_id(3), "before": step_id(1)},
        ),
        ({"include": [INCLUDE_FILE_SEARCH_CONTENT]}, {"include[]": INCLUDE_FILE_SEARCH_CONTENT}),
    ],
)
async def test_a_page_is_one_request_with_just_what_was_given(given: dict[str, Any], sent: dict[str, str]) -> None:
    async with serving(5) as (client, emulator):
        await client.list_steps_page(THREAD, RUN, **given)
        assert queries(emulator) == [sent]


async def test_a_page_is_the_answer_as_it_is() -> None:
    async with serving(5) as (client, _):
        page = await client.list_steps_page(THREAD, RUN, limit=2, order="asc")
    assert unstructure(page) == {
        "object": "list",
        "data": make_steps(2),
        "first_id": step_id(0),
        "last_id": step_id(1),
        "has_more": True,
    }


async def test_include_is_encoded_and_each_name_stands_alone() -> None:
    async with serving(1) as (client, emulator):
        with pytest.raises(BadRequestError):
            await client.list_steps_page(THREAD, RUN, include=[INCLUDE_FILE_SEARCH_CONTENT, "a&b=c d"])
        assert emulator.requests[0].raw_query == (
            "include%5B%5D=step_details.tool_calls%5B%2A%5D.file_search.results%5B%2A%5D.content"
            "&include%5B%5D=a%26b%3Dc%20d"
        )


async def test_an_id_is_one_segment_whatever_is_in_it() -> None:
    odd = "a/b?c#d%2F é+&..;="
    async with serving() as (client, emulator):
        steps = [make_step(number, thread_id=odd, run_id=odd) for number in range(2)]
        emulator.store.add_run(odd, odd, steps=[*steps, make_step(2, id=odd, thread_id=odd, run_id=odd)])
        assert (await client.get_step(odd, odd, odd)).id == odd
        assert (await client.get_run(odd, odd)).id == odd
        assert ids(await client.list_steps_page(odd, odd, before=odd, order="asc")) == step_ids([0, 1])


# --- Walks -------------------------------------------------------------------------------------------------------


WALKS: list[tuple[Order, str | None, str | None, list[str]]] = [
    ("asc", None, None, ASCENDING),
    ("desc", None, None, DESCENDING),
    ("asc", step_id(120), None, ASCENDING[121:]),
    ("desc", step_id(120), None, ASCENDING[:120][::-1]),
    ("asc", None, step_id(120), ASCENDING[:120][::-1]),
    ("desc", None, step_id(120), ASCENDING[121:]),
    ("asc", step_id(10), step_id(240), ASCENDING[11:240]),
    ("desc", step_id(240), step_id(10), ASCENDING[11:240][::-1]),
    ("asc", step_id(COUNT - 1), None, []),
    ("desc", None, step_id(COUNT - 1), []),
]


walks = pytest.mark.parametrize(("order", "after", "before", "expected"), WALKS)


@pytest.mark.parametrize("prefetch", [True, False])
@walks
async def test_steps_come_in_order_and_once(
    order: Order, after: str | None, before: str | None, expected: list[str], prefetch: bool
) -> None:
    async with serving(COUNT, known=True) as (client, emulator):
        walk = client.iter_steps(THREAD, RUN, order=order, after=after, before=before, prefetch=prefetch)
        assert ids([step async for step in walk]) == expected
        assert {query["limit"] for query in queries(emulator)} == {"100"}
        assert len(emulator.requests) <= len(expected) // 99 + 1
        assert not any({"after", "before"} <= set(query) for query in queries(emulator))


@pytest.mark.parametrize("place", [50, 150, 298, 299])
@pytest.mark.parametrize("known", [False, True])
async def test_a_step_of_another_run_is_found_wherever_it_stands(known: bool, place: int) -> None:
    async with serving(300, known=known) as (client, emulator):
        step = emulator.store.step(THREAD, RUN, step_id(place))
        assert step is not None
        step["run_id"] = "run_other"
        told = "mixes items of several parents: run_id is 'run_.*' and 'run_.*'"
        with pytest.raises(PaginationError, match=told):
            await client.collect_steps(THREAD, RUN, order="asc")
        seen = []
        with pytest.raises(PaginationError, match=told) as caught:  # noqa: PT012
            async for found in client.iter_steps(THREAD, RUN, order="asc"):
                seen.append(found.id)  # noqa: PERF401 - what came before the error counts
        assert seen == step_ids(range(len(seen)))
        assert len(seen) <= place
        assert caught.value.resume_after == (seen[-1] if seen else None)


@walks
async def test_pages_are_in_list_order_the_nearest_first(
    order: Order, after: str | None, before: str | None, expected: list[str]
) -> None:
    backward = before is not None and after is None
    async with serving(COUNT) as (client, _):
        walk = client.iter_step_pages(THREAD, RUN, order=order, after=after, before=before, page_size=40)
        pages = [ids(page) async for page in walk]
    assert all(pages)
    assert all(page == sorted(page, reverse=order == "desc") for page in pages)
    assert [step for page in pages for step in (page[::-1] if backward else page)] == expected


@walks
async def test_collected_steps_are_those_of_the_walk(
    order: Order, after: str | None, before: str | None, expected: list[str]
) -> None:
    async with serving(COUNT) as (client, _):
        assert ids(await client.collect_steps(THREAD, RUN, order=order, after=after, before=before)) == expected


async def test_the_default_is_newest_first() -> None:
    async with serving(3) as (client, _):
        assert ids([step async for step in client.iter_steps(THREAD, RUN)]) == step_ids([2, 1, 0])
        assert [ids(page) async for page in client.iter_step_pages(THREAD, RUN)] == [step_ids([2, 1, 0])]
        assert ids(await client.collect_steps(THREAD, RUN)) == step_ids([2, 1, 0])


@pytest.mark.parametrize("before", [None, step_id(200)])
@pytest.mark.parametrize("max_steps", [1, 99, 100, 101, 130])
async def test_no_more_is_asked_for_than_may_still_be_yielded(max_steps: int, before: str | None) -> None:
    async with serving(COUNT, known=True) as (client, emulator):
        walk = client.iter_steps(THREAD, RUN, order="asc", before=before, max_steps=max_steps)
        steps = ids([step async for step in walk])
        assert steps == (ASCENDING[:200][::-1] if before else ASCENDING)[:max_steps]
        assert len(emulator.requests) == -(-max_steps // 100)
        repeated = len(emulator.requests) - 1
        assert sum(int(query["limit"]) for query in queries(emulator)) <= max_steps + repeated


async def test_max_steps_beyond_the_end_changes_nothing() -> None:
    async with serving(3, known=True) as (client, emulator):
        assert len([step async for step in client.iter_steps(THREAD, RUN, max_steps=1000)]) == 3
        assert queries(emulator) == [{"limit": "100", "order": "desc"}]


async def test_the_page_size_is_that_of_each_request() -> None:
    async with serving(25, known=True) as (client, emulator):
        assert len(await client.collect_steps(THREAD, RUN, page_size=10, after=step_id(24))) == 24
        assert {query["limit"] for query in queries(emulator)} == {"10"}


async def test_include_goes_with_every_page() -> None:
    found = {"file_id": "f", "file_name": "n", "score": 0.5, "content": [{"type": "text", "text": "found"}]}
    call = {"id": "call_1", "type": "file_search", "file_search": {"results": [found]}}
    details = {"type": "tool_calls", "tool_calls": [call]}
    steps = [make_step(number, type="tool_calls", step_details=details) for number in range(3)]
    async with serving(steps) as (client, emulator):
        names = (name for name in [INCLUDE_FILE_SEARCH_CONTENT])  # an iterator would be used up by the first page
        walk = client.iter_steps(THREAD, RUN, order="asc", include=names, page_size=1)
        assert [unstructure(step)["step_details"] async for step in walk] == [details] * 3
        assert [query["include[]"] for query in queries(emulator)] == [INCLUDE_FILE_SEARCH_CONTENT] * 3


# --- One page ahead ----------------------------------------------------------------------------------------------


@frozen
class Noted:
    """The true answer, and a flag that shows that it was asked for."""

    asked: asyncio.Event

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        self.asked.set()
        return exchange.normal()


@frozen
class Unanswered(Stall):
    """No answer, and a flag that shows that one was asked for."""

    asked: asyncio.Event

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        self.asked.set()
        return await super().play(exchange)


def is_second_page(request: RecordedRequest) -> bool:
    return "after" in dict(request.query)


async def test_a_caller_who_breaks_at_the_first_step_costs_one_request() -> None:
    async with serving(COUNT) as (client, emulator):
        async with aclosing(client.iter_steps(THREAD, RUN)) as walk:
            async for _ in walk:
                break
        assert len(emulator.requests) == 1


async def test_the_next_page_is_on_its_way_while_the_caller_works_on_this_one() -> None:
    asked = asyncio.Event()
    async with serving(COUNT) as (client, emulator):
        emulator.inject(Noted(asked), matching=is_second_page)
        async with aclosing(client.iter_steps(THREAD, RUN)) as walk:
            await anext(walk)
            await anext(walk)
            await asyncio.wait_for(asked.wait(), 5)  # while no further step is taken
        assert len(emulator.requests) == 2


async def test_without_prefetch_a_page_is_asked_for_when_it_is_needed() -> None:
    async with (
        serving(COUNT) as (client, emulator),
        aclosing(client.iter_steps(THREAD, RUN, prefetch=False)) as walk,
    ):
        for _ in range(100):
            await anext(walk)
        assert len(emulator.requests) == 1
        await anext(walk)
        assert len(emulator.requests) == 2


@pytest.mark.parametrize("way", ["break", "error", "cancel"])
async def test_a_walk_that_is_left_leaves_nothing_behind(way: str) -> None:
    asked = asyncio.Event()
    async with serving(COUNT) as (client, emulator):
        emulator.inject(Unanswered(asked), matching=is_second_page)
        before = asyncio.all_tasks()

        async def walk_until_the_second_page() -> None:
            async with aclosing(client.iter_steps(THREAD, RUN)) as walk:
                async for step in walk:
                    if step.id == DESCENDING[1] and way != "cancel":
                        await asyncio.sleep(0)
                    if step.id == DESCENDING[2] and way == "break":
                        return
                    if step.id == DESCENDING[2] and way == "error":
                        raise LookupError(step.id)

        task = asyncio.create_task(walk_until_the_second_page())
        if way == "cancel":
            await asyncio.wait_for(asked.wait(), 5)
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() == (way == "cancel")
        assert (task.cancelled() or isinstance(task.exception(), LookupError)) == (way != "break")
        assert [each for each in asyncio.all_tasks() - before if not of_the_server(each)] == []
        assert len(await client.collect_steps(THREAD, RUN)) == COUNT


def of_the_server(task: asyncio.Task[Any]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "").startswith("RequestHandler")


# --- One step, one run -------------------------------------------------------------------------------------------


async def test_one_step() -> None:
    async with serving(3) as (client, emulator):
        step = await client.get_step(THREAD, RUN, step_id(1), include=[INCLUDE_FILE_SEARCH_CONTENT])
        assert unstructure(step) == make_step(1)
        assert emulator.requests[0].raw_path == f"/v1/threads/{THREAD}/runs/{RUN}/steps/{step_id(1)}"
        assert queries(emulator) == [{"include[]": INCLUDE_FILE_SEARCH_CONTENT}]


LISTING = ("list_steps_page", "iter_step_pages", "iter_steps", "collect_steps")


WALKING = ("iter_step_pages", "iter_steps", "collect_steps")


BAD_INPUT: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
    *((tuple(VERBS), {"thread": bad}, "thread_id must be an id") for bad in ("", ".", "..", None, 7)),
    *((tuple(VERBS), {"run": bad}, "run_id must be an id") for bad in ("", ".", "..", None, b"run")),
    (tuple(VERBS), {"run": "x" * 2000}, "run_id must be an id, not text of 2000 characters"),
    (tuple(VERBS), {"run": "\udc80"}, "run_id must be an id, but"),
    *((("get_step",), {"step": bad}, "step_id must be an id") for bad in ("", ".", "..", None)),
    *((LISTING, {"after": bad}, "after must be an id") for bad in ("", ".", "..", 7)),
    *((LISTING, {"before": bad}, "before must be an id") for bad in ("", ".", "..", 7)),
    *((LISTING, {"order": bad}, f"order must be 'asc' or 'desc', not {bad!r}") for bad in ("", "ASC", "up", 1)),
    *(
        (("list_steps_page",), {"limit": bad}, "limit must be a whole number from 1 to 100")
        for bad in (0, -1, 101, "5", True)
    ),
    *((WALKING, {"page_size": bad}, "page_size must be") for bad in (0, -1, 101, 1.5, None, True)),
    *((("iter_steps",), {"max_steps": bad}, "max_steps must be") for bad in (0, -1, "5", 2.0, True)),
    (WALKING, {"after": "step_1", "before": "step_1"}, "after and before are the same step"),
    *(((*LISTING, "get_step"), {"include": bad}, "include must be a list") for bad in ("x", [""], [None])),
    *((tuple(VERBS), {"timeout": bad}, "must be a number above 0") for bad in (0, -1, float("nan"))),
]


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [(verb, arguments, message) for verbs, arguments, message in BAD_INPUT for verb in verbs],
)
async def test_bad_input_is_named_and_costs_no_request(verb: str, arguments: dict[str, Any], message: str) -> None:
    async with serving(3) as (client, emulator):
        with pytest.raises(ValueError, match=re.escape(message)):
            await VERBS[verb](client, **arguments)
        assert emulator.requests == ()


@pytest.mark.parametrize("verb", [*LISTING, "get_step"])
async def test_include_is_refused_where_the_server_does_not_know_it(verb: str) -> None:
    async with serving(3, profile="dashscope", endpoint=dashscope) as (client, emulator):
        with pytest.raises(ValueError, match="include is unknown to dashscope: leave it out"):
            await VERBS[verb](client, include=[INCLUDE_FILE_SEARCH_CONTENT])
        assert emulator.requests == ()


async def test_both_cursors_are_refused_where_the_server_takes_one() -> None:
    async with serving(30, profile="dashscope", endpoint=dashscope) as (client, emulator):
        with pytest.raises(ValueError, match="dashscope takes either after or before"):
            await client.list_steps_page(THREAD, RUN, after=step_id(1), before=step_id(9))
        assert emulator.requests == ()
        walk = client.iter_steps(THREAD, RUN, order="asc", after=step_id(1), before=step_id(9))
        assert ids([step async for step in walk]) == step_ids(range(2, 9))


def dashscope(base_url: str) -> Endpoint:
    return Endpoint.dashscope(base_url=base_url, api_key="k")


@pytest.mark.parametrize(
    ("after", "before"),
    [(None, None), (step_id(220), None), (None, step_id(20)), (step_id(240), step_id(5))],
)
async def test_a_walk_that_broke_is_continued_from_its_error(after: str | None, before: str | None) -> None:
    async with serving(COUNT, known=True) as (client, emulator):
        whole = ids([step async for step in client.iter_steps(THREAD, RUN, after=after, before=before)])
        emulator.clear_requests()
        emulator.inject(Answer(403, {"error": "not now"}), matching=lambda _: len(emulator.requests) == 3)
        walk = client.iter_steps(THREAD, RUN, after=after, before=before, page_size=40)
        begun, error = await read_until_it_breaks(walk)
        assert 40 <= len(begun) < len(whole)
        assert "can be continued with" in "".join(error.__notes__)
        rest = client.iter_steps(THREAD, RUN, after=error.resume_after, before=error.resume_before)
        assert begun + ids([step async for step in rest]) == whole


async def read_until_it_breaks(walk: AsyncIterator[RunStep]) -> tuple[list[str], StepsError]:
    begun: list[str] = []
    try:
        async for step in walk:
            begun.append(step.id)  # noqa: PERF401 - a comprehension would lose them in the error
    except StepsError as error:
        return begun, error
    raise AssertionError("it did not break")
