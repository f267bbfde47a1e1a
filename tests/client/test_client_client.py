"""What a client is made of: keys, headers, sessions, limiters."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiolimiter import AsyncLimiter
from attrs import define, frozen
from client_verbs import VERBS, drain
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import (
    APIConnectionError,
    APITimeoutError,
    AsyncStepsClient,
    Endpoint,
    Limits,
    NotFoundError,
    RetryPolicy,
    Timeouts,
)
from openai_steps.emulator import Answer, Exchange, RecordedRequest

COUNT = 250


def is_second_page(request: RecordedRequest) -> bool:
    return "after" in dict(request.query)


# --- Keys and headers --------------------------------------------------------------------------------------------


def test_openai_itself_wants_a_key() -> None:
    with pytest.raises(ValueError, match="api_key is missing"):
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
        with pytest.raises(APITimeoutError, match=r"50ms with all retries"):
            await client.get_run(THREAD, RUN)
        assert emulator.requests == ()


async def test_no_more_connections_than_allowed() -> None:
    async with serving(3, limits=Limits(max_connections=2)) as (client, emulator):
        await asyncio.gather(*(client.get_run(THREAD, RUN) for _ in range(10)))
        assert len(emulator.requests) == 10
