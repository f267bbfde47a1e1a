"""A hunt for the key: whatever goes wrong, nothing that can be printed has it."""

from __future__ import annotations

import asyncio
import copy
import gc
import io
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from leaks import printed
from raw import ONE_ATTEMPT, Caller, Speech, answers, raw_server, says

from openai_steps import APIStatusError, AsyncStepsClient, Endpoint, Limits, RetryPolicy, StepsError, Timeouts

visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
keys = st.text(visible, min_size=4, max_size=60).map("sk-5ecret-".__add__)  # that no innocent text has in it
bad_keys = st.builds(
    lambda key, bad, at: key[:at] + bad + key[at:],
    keys,
    st.sampled_from(["\r\n", "\n", "\r", "\0", " ", "\t", "\x7f", "ä", "\u2028"]),
    st.integers(0, 12),
)


def spellings(key: str) -> set[str]:
    in_python = key.replace("\\", "\\\\")
    return {key, json.dumps(key)[1:-1], in_python, in_python.replace("'", "\\'")}


def assert_unseen(key: str, *texts: str) -> None:
    for text in texts:
        for spelling in spellings(key):
            assert spelling not in text


# --- Values -----------------------------------------------------------------------------------------------------

MAKERS: dict[str, Callable[[Any], Endpoint]] = {
    "openai": lambda key: Endpoint.openai(api_key=key),
    "azure_openai": lambda key: Endpoint.azure_openai("https://r.openai.azure.com", api_key=key),
    "azure_foundry": lambda key: Endpoint.azure_foundry("https://r.services.ai.azure.com/api/projects/p", api_key=key),
    "dashscope": lambda key: Endpoint.dashscope(api_key=key),
    "compatible": lambda key: Endpoint.compatible("http://h/v1", api_key=key),
    "another header": lambda key: Endpoint.compatible("http://h/v1", api_key=key, key_header="X-Key"),
    "a header of the user's": lambda key: Endpoint.compatible("http://h/v1", headers={"X-Key": key}),
}


@pytest.mark.parametrize("maker", MAKERS)
@settings(max_examples=50)
@given(key=keys)
def test_no_value_shows_it(maker: str, key: str) -> None:
    endpoint = MAKERS[maker](key)
    client = AsyncStepsClient(endpoint, headers={"X-Other-Key": key})
    for value in (endpoint, evolve(endpoint), copy.copy(endpoint), client, client.endpoint, [endpoint]):
        assert_unseen(key, repr(value), str(value), f"{value}")
    assert_unseen(key, repr(vars(client._transport)), repr(client._transport._auth))


@pytest.mark.parametrize("maker", MAKERS)
@settings(max_examples=50)
@given(key=bad_keys)
def test_a_key_that_no_header_can_carry_is_refused_untold(maker: str, key: str) -> None:
    assume(maker != "a header of the user's" or not set(key) & {" ", "\t"})  # which other headers may have
    with pytest.raises(ValueError, match="header") as caught:
        AsyncStepsClient(MAKERS[maker](key))
    assert_unseen(key, printed(caught.value))
    assert_unseen(key.strip(), printed(caught.value))


@given(key=keys)
def test_arguments_that_are_refused_do_not_take_the_key_along(key: str) -> None:
    for make in (
        lambda: AsyncStepsClient(api_key=key, base_url="no url"),
        lambda: AsyncStepsClient(Endpoint.compatible("http://h"), api_key=key),
        lambda: AsyncStepsClient(api_key=key, timeout=-1),
        lambda: AsyncStepsClient(api_key=key, headers={"a b": "c"}),
        lambda: Endpoint.azure_openai(api_key=key),
        lambda: Endpoint.azure_foundry(api_key=key),
        lambda: Endpoint.dashscope(api_key=key, region="mars"),
        lambda: Endpoint.compatible("h", api_key=key),
    ):
        with pytest.raises(ValueError, match=r"\w") as caught:
            make()
        assert_unseen(key, printed(caught.value))


@given(key=keys)
def test_a_base_url_that_is_refused_is_told_without_password_and_query(key: str) -> None:
    for base_url in (f"https://user:{key}@h/v1", f"ftp://h/v1?key={key}", f"h/v1?key={key}"):
        with pytest.raises(ValueError, match="base_url") as caught:
            Endpoint.compatible(base_url)
        assert_unseen(key, str(caught.value))


@settings(max_examples=25)
@given(key=keys)
def test_a_key_function_that_fails_tells_nothing(key: str) -> None:
    async def ask(answer: Any) -> str:
        async with AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1", api_key=lambda: answer)) as client:
            with pytest.raises(ValueError, match="key") as caught:
                await client.get_run("t", "r")
            return printed(caught.value)

    for answer in (f"{key}\n", key.encode(), None):
        assert_unseen(key, asyncio.run(ask(answer)))


# --- Errors -----------------------------------------------------------------------------------------------------


def echo_in_body(key: str) -> Speech:
    return answers(json.dumps({"error": {"message": f"Unknown key {key}.", "code": key}}).encode(), status=b"401 No")


def echo_as_text(key: str) -> Speech:
    return answers(f"<html>{key}</html>".encode(), status=b"502 Bad Gateway")


def echo_in_header(key: str) -> Speech:
    return answers(b"{}", b"x-request-id: " + key.encode(), b"X-Debug: Bearer " + key.encode(), status=b"403 No")


def echo_in_redirect(key: str) -> Speech:
    return answers(b"", b"Location: http://h/?k=" + key.encode(), status=b"302 Found")


def echo_in_page(key: str) -> Speech:
    return answers(
        json.dumps({"data": [{"id": 5, "debug": key}], "key": key}).encode(), b"x-request-id: " + key.encode()
    )


def echo_as_value(key: str) -> Speech:
    return answers(json.dumps({"data": "x" * 60 + key}).encode())


def echo_as_no_json(key: str) -> Speech:
    return answers(("y" * 190 + key).encode())


def echo_in_status_line(key: str) -> Speech:
    return says(b"HTTP/1.1 nonsense " + key.encode() + b"\r\n\r\n", hang_up=True)


def echo_in_bad_header(key: str) -> Speech:
    return says(b"HTTP/1.1 200 OK\r\nX-Bad\x01: " + key.encode() + b"\r\n\r\n", hang_up=True)


ECHOES = [value for name, value in sorted(globals().items()) if name.startswith("echo_")]


async def fail(speech: Speech, key: str, **of_client: Any) -> StepsError:
    async with raw_server(speech) as server:
        endpoint = Endpoint.compatible(server.base_url, api_key=key)
        async with AsyncStepsClient(endpoint, **{"retry": ONE_ATTEMPT, **of_client}) as client:
            with pytest.raises(StepsError) as caught:
                await client.list_steps_page("t", "r")
        assert key.encode() in server.heads[0]
        return caught.value


@pytest.mark.parametrize("echo", ECHOES)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(key=keys)
def test_an_echo_of_the_key_is_masked(echo: Callable[[str], Speech], key: str) -> None:
    error = asyncio.run(fail(echo(key), key))
    assert_unseen(key, printed(error))
    assert_unseen(key, printed(pickle.loads(pickle.dumps(error))))
    assert_unseen(key[:8], str(error))  # nor the beginning of it, where a text was shortened


@frozen
class Failure:
    """A way to fail without an echo."""

    speech: Speech
    of_client: Any = None


async def hold(caller: Caller) -> None:
    await caller.reader.read()


FAILURES = {
    "closed": Failure(says(hang_up=True)),
    "no HTTP": Failure(says(b"SSH-2.0\r\n\r\n", hang_up=True)),
    "cut": Failure(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", hang_up=True)),
    "too large": Failure(answers(b" " * 2000), {"limits": Limits(max_body_bytes=1000)}),
    "no JSON": Failure(answers(b"hello")),
    "fake gzip": Failure(answers(b"hello", b"Content-Encoding: gzip")),
    "too late": Failure(hold, {"timeout": Timeouts(attempt=0.05, total=0.05)}),
    "rate limit": Failure(answers(b"", b"Retry-After: 3000", status=b"429 No"), {"retry": RetryPolicy()}),
    "retried": Failure(answers(b"", status=b"500 No"), {"retry": RetryPolicy(attempts=3, wait_initial=0)}),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_error_has_it_in_a_frame(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sk-5ecret-5ecret-5ecret"
    failure = FAILURES[name]
    error = asyncio.run(fail(failure.speech, key, **(failure.of_client or {})), debug=True)
    assert_unseen(key, printed(error), caplog.text)


async def test_a_proxys_password_is_not_told() -> None:
    async with raw_server(answers(b"", status=b"502 No")) as proxy:
        address = proxy.base_url.removesuffix("/v1").replace("http://", "http://user:pa55word-pa55word@")
        async with (
            aiohttp.ClientSession(proxy=address) as session,
            AsyncStepsClient(Endpoint.compatible("http://h/v1"), session=session, retry=ONE_ATTEMPT) as client,
        ):
            with pytest.raises(APIStatusError) as caught:
                await client.list_steps_page("t", "r")
            assert_unseen("pa55word-pa55word", printed(caught.value))
    async with (
        aiohttp.ClientSession(proxy="http://user:pa55word-pa55word@127.0.0.1:1") as session,
        AsyncStepsClient(Endpoint.compatible("https://h/v1"), session=session, retry=ONE_ATTEMPT) as client,
    ):
        with pytest.raises(StepsError) as failed:
            await client.list_steps_page("t", "r")
        assert_unseen("pa55word-pa55word", printed(failed.value))


# --- Behind the scenes ------------------------------------------------------------------------------------------


async def test_a_task_that_nobody_asked_about_tells_nothing() -> None:
    """asyncio prints the error of a task that is thrown away."""
    key = "sk-5ecret-5ecret-5ecret"
    told = io.StringIO()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: print(context, printed(context["exception"]), file=told))
    async with (
        raw_server(echo_in_body(key)) as server,
        AsyncStepsClient(Endpoint.compatible(server.base_url, api_key=key), retry=ONE_ATTEMPT) as client,
    ):
        task = asyncio.create_task(client.list_steps_page("t", "r"))
        await asyncio.wait([task])
        del task
        gc.collect()
    assert "AuthenticationError" in told.getvalue()
    assert_unseen(key, told.getvalue())


@pytest.mark.parametrize("debug", [False, True])
async def test_the_url_has_no_key(debug: bool) -> None:
    key = "sk-5ecret-5ecret-5ecret"
    asyncio.get_running_loop().set_debug(debug)
    urls: list[str] = []
    trace = aiohttp.TraceConfig()

    async def note(_session: Any, _context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        urls.append(str(params.url))

    trace.on_request_start.append(note)
    async with (
        raw_server(answers(b"[]")) as server,
        aiohttp.ClientSession(trace_configs=[trace]) as session,
        AsyncStepsClient(Endpoint.compatible(server.base_url, api_key=key), session=session) as client,
    ):
        await client.list_steps_page("t", "r", limit=5, after="step_1")
    assert len(urls) == 1
    assert_unseen(key, *urls)
    assert key.encode() not in server.heads[0].split(b"\r\n")[0]
