"""Sessions and event loops that do not fit. Broken answers are in ``hostile/test_hostile_replies``."""

from __future__ import annotations

import asyncio
import copy
import pickle
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack
from typing import Any

import aiohttp
import pytest
from sample_steps import RUN, THREAD, make_steps
from serving import ONE_ATTEMPT, serving

from openai_steps import APIStatusError, APITimeoutError, AsyncStepsClient, Endpoint, Limits, RunRef, RunStep, Timeouts
from openai_steps._sending.session import open_session, secrets_of
from openai_steps.emulator import Answer, Emulator

HERE = Endpoint.compatible("http://127.0.0.1:9/v1")


# --- Event loops ------------------------------------------------------------------------------------------------


def test_a_session_of_another_loop_is_told() -> None:
    async def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    async def use(session: aiohttp.ClientSession) -> None:
        with pytest.raises(RuntimeError, match=r"session .* was made in another event loop"):
            async with AsyncStepsClient(HERE, session=session):
                raise AssertionError
        with pytest.raises(RuntimeError, match=r"session .* was made in another event loop"):
            await AsyncStepsClient(HERE, session=session).get_run(THREAD, RUN)

    with asyncio.Runner() as first, asyncio.Runner() as second:
        session = first.run(make())
        second.run(use(session))
        first.run(session.close())


def test_a_client_of_another_loop_is_told() -> None:
    client = AsyncStepsClient(HERE, retry=ONE_ATTEMPT)

    async def use() -> None:
        with pytest.raises(RuntimeError, match="first used in another event loop"):
            await client.get_run(THREAD, RUN)

    with asyncio.Runner() as first:
        with pytest.raises(Exception, match=r"No answer from 127\.0\.0\.1"):
            first.run(client.get_run(THREAD, RUN))
        with asyncio.Runner() as second:
            second.run(use())
        first.run(client.aclose())


VERBS: list[Callable[[AsyncStepsClient], Coroutine[Any, Any, Any]]] = [
    lambda client: client.get_run(THREAD, RUN),
    lambda client: client.list_steps_page(THREAD, RUN),
    lambda client: client.collect_steps(THREAD, RUN),
    lambda client: client.iter_steps(THREAD, RUN).asend(None),
    lambda client: client.read_runs([RunRef(THREAD, RUN)]).asend(None),
    lambda client: client.follow_steps(THREAD, RUN).asend(None),
    lambda client: client.__aenter__(),
]


@pytest.mark.parametrize("verb", VERBS)
def test_without_asyncio_there_is_a_sentence(verb: Callable[[AsyncStepsClient], Coroutine[Any, Any, Any]]) -> None:
    """As trio drives coroutines, so far as this package can see."""
    client = AsyncStepsClient(HERE)
    with pytest.raises(RuntimeError, match=r"No asyncio event loop is running here.*trio"):
        verb(client).send(None)


async def drain(walk: AsyncGenerator[RunStep, None]) -> None:
    async for _ in walk:
        pass


def test_a_walk_that_goes_on_in_another_loop_is_told_and_does_not_hang() -> None:
    """Its next page is on its way in the loop in which it began."""

    async def begin() -> tuple[AsyncGenerator[RunStep, None], AsyncStepsClient, Any]:
        emulator = Emulator()
        emulator.store.add_run(THREAD, RUN, steps=make_steps(300))
        serving = emulator.serve()
        base_url = await serving.__aenter__()
        client = AsyncStepsClient(Endpoint.compatible(base_url))
        walk = client.iter_steps(THREAD, RUN)
        await anext(walk)
        await anext(walk)  # now the next page is asked for
        return walk, client, serving

    async def go_on(walk: AsyncGenerator[RunStep, None]) -> None:
        with pytest.raises(RuntimeError, match="walk was begun in another event loop"):
            await asyncio.wait_for(drain(walk), 20)

    async def end(client: AsyncStepsClient, serving: Any) -> None:
        await client.aclose()
        await serving.__aexit__(None, None, None)

    with asyncio.Runner() as first:
        walk, client, serving = first.run(begin())
        with asyncio.Runner() as second:
            second.run(go_on(walk))
        first.run(end(client, serving))


# --- Sessions ---------------------------------------------------------------------------------------------------


async def test_a_session_that_is_closed_is_told() -> None:
    async with aiohttp.ClientSession() as session:
        client = AsyncStepsClient(HERE, session=session)
    with pytest.raises(RuntimeError, match="session given to this client is closed"):
        await client.get_run(THREAD, RUN)


@pytest.mark.filterwarnings("ignore:BasicAuth:DeprecationWarning", "ignore:The 'auth' parameter:DeprecationWarning")
async def test_two_who_would_write_one_header_are_told_apart_at_once() -> None:
    auth = aiohttp.BasicAuth("user", "pa55word")
    async with aiohttp.ClientSession(auth=auth) as session:
        for endpoint, headers in (
            (Endpoint.compatible("http://h/v1", api_key="sk-1"), {}),
            (Endpoint.compatible("http://h/v1", api_key=lambda: "sk-1"), {}),
            (Endpoint.compatible("http://h/v1"), {"authorization": "Bearer sk-1"}),
        ):
            with pytest.raises(ValueError, match=r"session has auth=.*key_header=") as caught:
                AsyncStepsClient(endpoint, session=session, headers=headers)
            assert "pa55word" not in str(caught.value)
        keyed = Endpoint.compatible("http://h/v1", api_key="sk-1", key_header="X-Key")
        AsyncStepsClient(keyed, session=session)
        async with serving(1, session=session) as (client, emulator):
            await client.get_run(THREAD, RUN)
        assert emulator.requests[0].headers["Authorization"] == "Basic dXNlcjpwYTU1d29yZA=="


async def test_a_client_is_not_pickled_and_not_copied() -> None:
    client = AsyncStepsClient(HERE)
    for take_along in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied: it has connections"):
            take_along(client)
    assert pickle.loads(pickle.dumps(client.endpoint)) == HERE


async def test_the_clients_own_session_keeps_no_cookies_and_looks_at_no_netrc() -> None:
    async with open_session(Limits(max_connections=7)) as session:
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
        assert session.trust_env is False
        assert session.connector is not None
        assert session.connector.limit == 7


# --- Timeouts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "timeouts",
    [Timeouts(connect=0.1, attempt=20, total=20), Timeouts(connect=20, attempt=1, total=20)],
    ids=["the time to connect", "the time of the attempt"],
)
async def test_a_timeout_while_connecting_says_so(timeouts: Timeouts) -> None:
    """A queue that is full answers nobody: Linux drops the first packet of all others."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        endpoint = Endpoint.compatible(f"http://127.0.0.1:{address[1]}/v1")
        async with AsyncStepsClient(endpoint, timeout=timeouts, retry=ONE_ATTEMPT) as client:
            with pytest.raises(APITimeoutError, match=r"No connection to 127\.0\.0\.1 within (100ms|1s)"):
                await client.get_run(THREAD, RUN)


# --- What sessions know -----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:BasicAuth:DeprecationWarning", "ignore:The 'auth' parameter:DeprecationWarning")
async def test_what_a_users_session_sends_is_not_shown() -> None:
    assert secrets_of(None) == ()
    auth = aiohttp.BasicAuth("user", "pa55-w0rd")
    headers = {"X-Api-Token": "t0ken-t0ken", "X-Team": "docs"}
    async with aiohttp.ClientSession(headers=headers, auth=auth) as session:
        assert secrets_of(session) == ("t0ken-t0ken", "pa55-w0rd", auth.encode())
    async with aiohttp.ClientSession() as session:
        assert secrets_of(session) == ()


@pytest.mark.parametrize("status", [300, 404, 500])
async def test_no_more_is_read_of_an_error_than_the_limit(status: int) -> None:
    async with serving(3, limits=Limits(max_error_bytes=1000), retry=ONE_ATTEMPT) as (client, emulator):
        emulator.inject(Answer(status, "x" * 100_000, content_type="text/plain"))
        with pytest.raises(APIStatusError) as caught:
            await client.get_run(THREAD, RUN)
        assert caught.value.status == status
        assert caught.value.body == "x" * 1000


async def test_an_error_under_a_good_status_is_read_as_a_whole() -> None:
    """Its first bytes look like an answer's."""
    async with serving(3, limits=Limits(max_error_bytes=1000), retry=ONE_ATTEMPT) as (client, emulator):
        emulator.inject(Answer(200, {"error": {"message": "m", "param": "x" * 100_000}}))
        with pytest.raises(APIStatusError) as caught:
            await client.get_run(THREAD, RUN)
        assert caught.value.param == "x" * 100_000
