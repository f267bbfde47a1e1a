"""The verbs, over HTTP against the emulator."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiolimiter import AsyncLimiter
from attrs import define, frozen
from sample_steps import RUN, THREAD, make_step, make_steps, step_id, step_ids
from serving import ids, queries, serving

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncStepsClient,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    Endpoint,
    InternalServerError,
    Limits,
    NotFoundError,
    Order,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    RunStep,
    StepsError,
    Timeouts,
    UnprocessableEntityError,
    unstructure,
)
from openai_steps.emulator import Answer, Exchange, RecordedRequest, Reset, Stall

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
    async with serving(COUNT) as (client, emulator):
        walk = client.iter_steps(THREAD, RUN, order=order, after=after, before=before, prefetch=prefetch)
        assert ids([step async for step in walk]) == expected
        assert {query["limit"] for query in queries(emulator)} == {"100"}
        assert len(emulator.requests) <= len(expected) // 100 + 1
        assert not any({"after", "before"} <= set(query) for query in queries(emulator))


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
    probe = before is not None  # one step more, to see what the server means by before
    async with serving(COUNT) as (client, emulator):
        walk = client.iter_steps(THREAD, RUN, order="asc", before=before, max_steps=max_steps)
        steps = ids([step async for step in walk])
        assert steps == (ASCENDING[:200][::-1] if before else ASCENDING)[:max_steps]
        assert sum(int(query["limit"]) for query in queries(emulator)) <= max_steps + probe
        assert len(emulator.requests) <= -(-max_steps // 100) + probe


async def test_max_steps_beyond_the_end_changes_nothing() -> None:
    async with serving(3) as (client, emulator):
        assert len([step async for step in client.iter_steps(THREAD, RUN, max_steps=1000)]) == 3
        assert queries(emulator) == [{"limit": "100", "order": "desc"}]


async def test_the_page_size_is_that_of_each_request() -> None:
    async with serving(25) as (client, emulator):
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


async def test_a_run() -> None:
    async with serving(3) as (client, emulator):
        run = await client.get_run(THREAD, RUN)
        assert (run.id, run.thread_id, run.status) == (RUN, THREAD, "completed")
        assert emulator.requests[0].raw_path == f"/v1/threads/{THREAD}/runs/{RUN}"


# --- Bad input is refused before any request ---------------------------------------------------------------------


async def drain(walk: AsyncIterator[Any]) -> None:
    async for _ in walk:
        pass


VERBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "list_steps_page": lambda client, thread=THREAD, run=RUN, **named: client.list_steps_page(thread, run, **named),
    "iter_step_pages": lambda client, thread=THREAD, run=RUN, **named: drain(
        client.iter_step_pages(thread, run, **named)
    ),
    "iter_steps": lambda client, thread=THREAD, run=RUN, **named: drain(client.iter_steps(thread, run, **named)),
    "collect_steps": lambda client, thread=THREAD, run=RUN, **named: client.collect_steps(thread, run, **named),
    "get_step": lambda client, thread=THREAD, run=RUN, step="step_1", **named: client.get_step(
        thread, run, step, **named
    ),
    "get_run": lambda client, thread=THREAD, run=RUN, **named: client.get_run(thread, run, **named),
}
LISTING = ("list_steps_page", "iter_step_pages", "iter_steps", "collect_steps")
WALKING = ("iter_step_pages", "iter_steps", "collect_steps")

BAD_INPUT: list[tuple[tuple[str, ...], dict[str, Any], str]] = [
    *((tuple(VERBS), {"thread": bad}, "thread_id must be an id") for bad in ("", ".", "..", None, 7)),
    *((tuple(VERBS), {"run": bad}, "run_id must be an id") for bad in ("", ".", "..", None, b"run")),
    (tuple(VERBS), {"run": "x" * 2000}, "run_id is no id: it has 2000 characters"),
    (tuple(VERBS), {"run": "\udc80"}, "run_id is no id"),
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
        with pytest.raises(ValueError, match="dashscope does not know include: leave it out"):
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


# --- Keys and headers --------------------------------------------------------------------------------------------


def test_openai_itself_wants_a_key() -> None:
    with pytest.raises(ValueError, match="No API key for OpenAI"):
        AsyncStepsClient()


@pytest.mark.parametrize("arguments", [{"api_key": "k"}, {"base_url": "https://host/v1"}])
def test_an_endpoint_has_its_own_key_and_address(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="to the endpoint, not to the client"):
        AsyncStepsClient(Endpoint.compatible("https://host/v1"), **arguments)  # type: ignore[arg-type]


async def test_a_gateway_needs_no_key() -> None:
    async with serving(3) as (gateway, emulator), AsyncStepsClient(base_url=gateway.endpoint.base_url) as client:
        assert len(await client.collect_steps(THREAD, RUN)) == 3
        assert "Authorization" not in emulator.requests[0].headers
        assert emulator.requests[0].headers["OpenAI-Beta"] == "assistants=v2"


async def test_the_headers_of_openai() -> None:
    def endpoint(base_url: str) -> Endpoint:
        return Endpoint.openai(base_url=base_url, api_key="sk-1", organization="org-1", project="proj-1")

    async with serving(3, profile="openai", api_key="sk-1", endpoint=endpoint) as (client, emulator):
        await client.get_run(THREAD, RUN)
        sent = emulator.requests[0].headers
    expected = {
        "Authorization": "Bearer sk-1",
        "OpenAI-Beta": "assistants=v2",
        "OpenAI-Organization": "org-1",
        "OpenAI-Project": "proj-1",
        "Accept": "application/json",
    }
    assert {name: sent.get(name) for name in expected} == expected
    assert sent["User-Agent"].startswith("openai-steps/")


async def test_a_function_is_asked_for_the_key_of_each_request() -> None:
    asked: list[str] = []

    def key() -> str:
        asked.append("plain")
        return "sk-1"

    async def key_later() -> str:
        await asyncio.sleep(0)
        asked.append("async")
        return "sk-1"

    async with serving(COUNT, api_key="sk-1") as (keyless, emulator):
        for source, name in ((key, "plain"), (key_later, "async")):
            endpoint = Endpoint.compatible(keyless.endpoint.base_url, api_key=source)
            async with AsyncStepsClient(endpoint) as client:
                assert len([step async for step in client.iter_steps(THREAD, RUN, page_size=50)]) == COUNT
            assert asked == [name] * 5
            assert len(emulator.requests) == 5
            asked.clear()
            emulator.clear_requests()


async def test_what_a_key_function_raises_comes_through() -> None:
    def key() -> str:
        raise LookupError("vault is shut")

    async with serving(3, endpoint=lambda url: Endpoint.compatible(url, api_key=key)) as (client, emulator):
        with pytest.raises(LookupError, match="vault is shut"):
            await client.get_run(THREAD, RUN)
        assert emulator.requests == ()


async def test_a_key_that_never_comes_is_not_waited_for_for_ever() -> None:
    async def key() -> str:
        await asyncio.Event().wait()
        return "never"

    short = Timeouts(attempt=0.05, total=0.05)
    async with serving(3, endpoint=lambda url: Endpoint.compatible(url, api_key=key), timeout=short) as (client, _):
        with pytest.raises(APITimeoutError, match="waited for the key"):
            await client.get_run(THREAD, RUN)


async def test_headers_of_the_user_s_win() -> None:
    mine = {"X-Team": "a", "openai-beta": "assistants=v1", "authorization": "Basic abc", "User-Agent": "mine/1"}
    async with serving(3, endpoint=lambda url: Endpoint.compatible(url, api_key="sk-1"), headers=mine) as (
        client,
        emulator,
    ):
        await client.get_run(THREAD, RUN)
        sent = emulator.requests[0].headers
    assert {name: sent[name] for name in mine} == mine
    assert not isinstance(sent, dict)  # a multidict, which would show a header that is sent twice
    assert all(len(sent.getall(name)) == 1 for name in mine)  # type: ignore[attr-defined]


# --- Sessions, and when it is over -------------------------------------------------------------------------------


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[aiohttp.ClientSession]:
    """The sessions that have been closed."""
    sessions: list[aiohttp.ClientSession] = []
    close = aiohttp.ClientSession.close

    async def note(session: aiohttp.ClientSession) -> None:
        sessions.append(session)
        await close(session)

    monkeypatch.setattr(aiohttp.ClientSession, "close", note)
    return sessions


async def test_a_session_of_its_own_is_closed(closed: list[aiohttp.ClientSession]) -> None:
    async with serving(3) as (client, _):
        await client.get_run(THREAD, RUN)
        assert closed == []
    assert len(closed) == 1
    await client.aclose()  # again, which is no matter


async def test_a_session_brought_along_is_used_and_left_open(closed: list[aiohttp.ClientSession]) -> None:
    async with aiohttp.ClientSession(headers={"X-Mine": "yes"}) as session:
        async with serving(3, session=session) as (client, emulator):
            await client.get_run(THREAD, RUN)
            assert emulator.requests[0].headers["X-Mine"] == "yes"
        assert closed == []
        assert not session.closed


async def test_a_session_that_its_owner_has_closed_is_told_of() -> None:
    session = aiohttp.ClientSession()
    async with serving(3, session=session) as (client, _):
        await session.close()
        with pytest.raises(RuntimeError, match="session given to this client is closed"):
            await client.get_run(THREAD, RUN)


@pytest.mark.parametrize("verb", VERBS)
async def test_a_closed_client_stays_closed(verb: str) -> None:
    async with serving(3) as (client, emulator):
        await client.aclose()
        with pytest.raises(RuntimeError, match="This client is closed"):
            await VERBS[verb](client)
        assert emulator.requests == ()


def test_a_client_belongs_to_the_loop_of_its_first_request() -> None:
    client = AsyncStepsClient(base_url="http://127.0.0.1:9/v1", retry=RetryPolicy(attempts=1))

    async def ask(error: type[Exception]) -> None:
        with pytest.raises(error) as caught:
            await client.get_run(THREAD, RUN)
        assert error is not RuntimeError or "another event loop" in str(caught.value)

    asyncio.run(ask(APIConnectionError))
    asyncio.run(ask(RuntimeError))
    asyncio.run(client.aclose())


def test_a_client_may_be_made_outside_any_loop_and_shows_no_key() -> None:
    client = AsyncStepsClient(api_key="sk-secret")
    assert repr(client) == "<AsyncStepsClient openai https://api.openai.com/v1>"


# --- Limiter, timeouts, limits -----------------------------------------------------------------------------------


@define
class Turnstile:
    """A limiter that counts."""

    inside: int = 0
    passed: int = 0

    async def __aenter__(self) -> None:
        self.inside += 1
        self.passed += 1

    async def __aexit__(self, *_: object) -> None:
        self.inside -= 1


async def test_the_limiter_is_entered_around_each_request() -> None:
    limiter = Turnstile()
    async with serving(COUNT, rate_limiter=limiter) as (client, emulator):
        emulator.inject(Answer(404), matching=is_second_page)
        with pytest.raises(NotFoundError):
            await drain(client.iter_steps(THREAD, RUN))
    assert (limiter.passed, limiter.inside) == (2, 0)


async def test_a_semaphore_keeps_requests_apart() -> None:
    async with serving(3, rate_limiter=asyncio.Semaphore(1)) as (client, emulator):
        at_once = most = 0

        @frozen
        class Counted:
            async def play(self, exchange: Exchange) -> web.StreamResponse:
                nonlocal at_once, most
                at_once += 1
                most = max(most, at_once)
                await asyncio.sleep(0.005)
                at_once -= 1
                return exchange.normal()

        emulator.inject(Counted(), times=8)
        await asyncio.gather(*(client.get_run(THREAD, RUN) for _ in range(8)))
        assert most == 1


async def test_aiolimiter_fits() -> None:
    async with serving(3, rate_limiter=AsyncLimiter(100, 1)) as (client, _):
        assert len(await client.collect_steps(THREAD, RUN)) == 3


async def test_a_limiter_that_lets_nothing_through_is_a_timeout() -> None:
    shut = asyncio.Semaphore(0)
    async with serving(3, rate_limiter=shut, timeout=Timeouts(total=0.05)) as (client, emulator):
        with pytest.raises(APITimeoutError, match=r"0\.05 s with all retries"):
            await client.get_run(THREAD, RUN)
        assert emulator.requests == ()


@pytest.mark.parametrize("verb", VERBS)
async def test_a_timeout_may_be_given_with_each_call(verb: str) -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Stall())
        with pytest.raises(APITimeoutError, match=r"within 0\.05 s"):
            await VERBS[verb](client, timeout=0.05)
        assert (await client.get_run(THREAD, RUN)).id == RUN


@pytest.mark.parametrize("timeout", [0.05, Timeouts(attempt=0.05)])
async def test_the_client_s_timeout_is_the_default(timeout: Timeouts | float) -> None:
    async with serving(3, timeout=timeout) as (client, emulator):
        emulator.inject(Stall())
        with pytest.raises(APITimeoutError, match=r"within 0\.05 s"):
            await client.get_run(THREAD, RUN)


async def test_no_more_connections_than_allowed() -> None:
    async with serving(3, limits=Limits(max_connections=2)) as (client, emulator):
        await asyncio.gather(*(client.get_run(THREAD, RUN) for _ in range(10)))
        assert len(emulator.requests) == 10


# --- Errors ------------------------------------------------------------------------------------------------------

STATUSES: list[tuple[int, type[APIStatusError]]] = [
    (300, APIStatusError),
    (400, BadRequestError),
    (401, AuthenticationError),
    (403, PermissionDeniedError),
    (404, NotFoundError),
    (409, ConflictError),
    (418, APIStatusError),
    (422, UnprocessableEntityError),
    (429, RateLimitError),
    (500, InternalServerError),
    (501, InternalServerError),
    (503, InternalServerError),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_each_status_has_its_error(status: int, kind: type[APIStatusError]) -> None:
    body = {"error": {"message": "too bad", "type": "t", "param": "p", "code": "c"}}
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(status, body, headers={"retry-after": "2", "x-request-id": "req_7"}))
        with pytest.raises(kind) as caught:
            await client.get_run(THREAD, RUN)
    error = caught.value
    assert type(error) is kind
    assert isinstance(error, StepsError)
    assert (error.status, error.code, error.type, error.param) == (status, "c", "t", "p")
    assert (error.request_id, error.retry_after, error.body) == ("req_7", 2.0, body)
    assert error.headers["x-request-id"] == "req_7"
    for told in ("too bad", str(status), "req_7", f"GET /threads/{THREAD}/runs/{RUN}"):
        assert told in str(error)


async def test_an_error_does_not_tell_the_key_even_if_the_server_does() -> None:
    async with serving(3, endpoint=lambda url: Endpoint.compatible(url, api_key="sk-secret")) as (client, emulator):
        body = {"error": {"message": "Incorrect API key provided: sk-secret", "code": "sk-secret"}}
        emulator.inject(Answer(401, body, headers={"X-Echo": "Bearer sk-secret"}))
        with pytest.raises(AuthenticationError) as caught:
            await client.get_run(THREAD, RUN)
    assert "sk-secret" not in repr((caught.value, str(caught.value), vars(caught.value)))


async def test_no_connection_is_a_connection_error() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Reset(), times=2)  # aiohttp itself may ask again once
        with pytest.raises(APIConnectionError, match=rf"from 127\.0\.0\.1.*GET /threads/{THREAD}"):
            await client.get_run(THREAD, RUN)


@pytest.mark.parametrize(
    ("after", "before"),
    [(None, None), (step_id(220), None), (None, step_id(20)), (step_id(240), step_id(5))],
)
async def test_a_walk_that_broke_is_continued_from_its_error(after: str | None, before: str | None) -> None:
    async with serving(COUNT) as (client, emulator):
        whole = ids([step async for step in client.iter_steps(THREAD, RUN, after=after, before=before)])
        emulator.clear_requests()
        emulator.inject(Answer(404, {"error": "gone"}), matching=lambda _: len(emulator.requests) == 3)
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
