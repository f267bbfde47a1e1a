"""A hunt for the key: whatever goes wrong, nothing that can be printed has it."""

from __future__ import annotations

import asyncio
import base64
import copy
import gc
import html
import io
import json
import logging
import pickle
import re
import textwrap
import time
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from leaks import printed
from raw import ONE_ATTEMPT, Caller, Speech, answers, raw_server, says

from openai_steps import APIStatusError, AsyncStepsClient, Endpoint, Limits, RetryPolicy, StepsError, Timeouts
from openai_steps._secrets import mask

visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
keys = st.text(visible, min_size=4, max_size=60).map("sk-5ecret-".__add__)  # that no innocent text has in it
bad_keys = st.builds(
    lambda key, bad, at: key[:at] + bad + key[at:],
    keys,
    st.sampled_from(["\r\n", "\n", "\r", "\0", " ", "\t", "\x7f", "ä", "\u2028"]),
    st.integers(0, 12),
)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)[1:-1])[1:-1],
    "JSON with escaped slashes": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "JSON escapes": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "JSON escapes in capitals": lambda key: "".join(f"\\u{ord(character):04X}" for character in key),
    "some JSON escapes": lambda key: re.sub(r"[^A-Za-z0-9]", lambda found: f"\\u{ord(found[0]):04X}", key),
    "a URL": lambda key: quote(key, safe=""),
    "a URL's path": quote,
    "a form": quote_plus,
    "a URL in a URL": lambda key: quote(quote(key, safe=""), safe=""),
    "small percent escapes": lambda key: re.sub("%..", lambda found: found[0].lower(), quote(key, safe="")),
    "percent escapes": lambda key: "".join(f"%{ord(character):02X}" for character in key),
    "HTML": html.escape,
    "HTML in HTML": lambda key: html.escape(html.escape(key)),
    "HTML numbers": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "HTML numbers in hexadecimal": lambda key: "".join(f"&#x{ord(character):02X};" for character in key),
    "Python": lambda key: repr(key)[1:-1],
    "Python bytes": lambda key: repr(key.encode())[2:-1],
    "Python in Python": lambda key: repr(repr(key)[1:-1])[1:-1],
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal with colons": lambda key: key.encode().hex(":"),
    "a dump of bytes": lambda key: ", ".join(f"0x{byte:02x}" for byte in key.encode()),
    "HTML numbers without an end": lambda key: escaped(key, "&#{}"),
    "JavaScript": lambda key: escaped(key, "\\u{{{:x}}}"),
    "JavaScript's escape()": lambda key: escaped(key, "%u{:04X}"),
    "Python's long escapes": lambda key: escaped(key, "\\U{:08x}"),
    "Perl": lambda key: escaped(key, "\\x{{{:x}}}"),
    "octal": lambda key: escaped(key, "\\{:03o}"),
    "quoted-printable": lambda key: escaped(key, "={:02X}"),
    "UTF-16": lambda key: key.encode("utf-16-be").decode("latin-1"),
    "UTF-32": lambda key: key.encode("utf-32-le").decode("latin-1"),
    "lines that are wrapped": lambda key: "\r\n".join(textwrap.wrap(key, 7)),
    "lines of a mail": lambda key: "=\n".join(textwrap.wrap(key, 7)),
    "base64 in lines": lambda key: "\n".join(textwrap.wrap(base64.b64encode(f"key={key};".encode()).decode(), 19)),
    "what nobody sees": lambda key: "\u200b".join(key),
    "nor this": lambda key: "\ufe0f".join(key),
    "what turns the direction": lambda key: "\u2066\u202e".join(key),
    "what nobody sees, in JSON": lambda key: "\\u2060".join(key),
    "colours": lambda key: "\x1b[1;31m".join(textwrap.wrap(key, 7)),
    "colours in JSON": lambda key: "\\u001b[0m".join(textwrap.wrap(key, 7)),
    "octal throughout": lambda key: "".join(f"\\{ord(character):03o}" for character in key),
    "tags": lambda key: "<wbr>".join(textwrap.wrap(key, 7)),
    "tags with attributes": lambda key: '<span class="k">'.join(textwrap.wrap(key, 7)),
}


def escaped(key: str, form: str) -> str:
    """Return the key with all but letters and digits in a form that takes their code."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: form.format(ord(found[0])), key)


def spellings(key: str) -> set[str]:
    return {spell(key) for spell in SPELLINGS.values()}


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


@pytest.mark.parametrize(
    "make",
    [
        lambda key: AsyncStepsClient(key),
        lambda key: AsyncStepsClient(endpoint=key, api_key=key, headers={"X-Team": key}),
        lambda key: AsyncStepsClient(api_kye=key),  # type: ignore[call-arg]
        lambda key: AsyncStepsClient(Endpoint.compatible("http://h/v1"), headers={"X-Team": key, "a b": "c"}),
        lambda key: AsyncStepsClient(Endpoint.compatible(f"http://h/v1?sig={key}"), timeout=-1),
        lambda key: AsyncStepsClient(base_url=f"https://user:{key}@api.openai.com/v1"),
        lambda key: AsyncStepsClient(base_url=f"https://api.openai.com/v1?sig={key}"),
        lambda key: AsyncStepsClient(base_url=f"https://{key}:x@h/v1"),
        lambda key: Endpoint.openai(base_url=f"https://api.openai.com/v1?sig={key}"),
        lambda key: Endpoint.openai(base_url=f"ftp://api.openai.com/v1?sig={key}"),
        lambda key: Endpoint.openai(base_url=f"https://api.openai.com/v1#{key}"),
        lambda key: Endpoint.openai(base_url=f"https://api.openai.com:{key}/v1"),
        lambda key: Endpoint.azure_openai(f"https://r.openai.azure.com?sig={key}"),
        lambda key: Endpoint.azure_foundry(f"https://r.services.ai.azure.com?sig={key}", api_key="k"),
        lambda key: Endpoint.dashscope(base_url=f"https://h/v1?sig={key}"),
        lambda key: Endpoint.compatible(f"https://user:{key}@h/v1"),
        lambda key: Endpoint.compatible("http://h/v1", query={"sig": key, "x": 5}),  # type: ignore[dict-item]
        lambda key: Endpoint.compatible("http://h/v1", query={"sig": key}, key_header="a b"),
        lambda key: Endpoint.compatible("http://h/v1", headers={"X-Team": key}, key_prefix="\n"),
        lambda key: Endpoint.compatible("http://h/v1", headers={"X-Team": f"{key}\n"}),
        lambda key: Endpoint.compatible("h", headers={"X-Team": key}),
        lambda key: evolve(Endpoint.compatible("http://h/v1", api_key=key, query={"sig": key}), key_header="a b"),
    ],
)
def test_no_frame_has_what_was_given_to_a_call_that_fails(
    make: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "DASHSCOPE_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    key = "sk-5ecret-5ecret-5ecret"
    with pytest.raises((ValueError, TypeError)) as caught:
        make(key)
    assert_unseen(key, printed(caught.value))
    traceback.TracebackException.from_exception(caught.value, capture_locals=True)  # nothing half-made breaks it


def test_an_endpoint_does_not_show_its_credential() -> None:
    @frozen
    class Credential:
        secret: str = "sk-5ecret-5ecret-5ecret"

        async def get_token(self, *_scopes: str) -> Any:
            raise AssertionError

    endpoint = Endpoint.azure_foundry("https://r.services.ai.azure.com/api/projects/p", Credential())
    client = AsyncStepsClient(endpoint)
    for shown in (repr(endpoint), str(endpoint), repr(client), repr(vars(client))):
        assert "5ecret" not in shown


def test_a_half_made_endpoint_has_a_repr() -> None:
    assert repr(object.__new__(Endpoint)) == "Endpoint()"


async def test_a_credential_that_is_not_async_leaves_its_token_nowhere() -> None:
    key = "sk-5ecret-5ecret-5ecret"

    @frozen
    class Token:
        token: str
        expires_on: int

    @frozen
    class Credential:
        def get_token(self, *_scopes: str) -> Token:
            return Token(key, 2**40)

    endpoint = Endpoint.azure_foundry("https://r.services.ai.azure.com/api/projects/p", Credential())  # type: ignore[arg-type]
    async with AsyncStepsClient(endpoint) as client:
        with pytest.raises(ValueError, match="not async") as caught:
            await client.get_run("t", "r")
        assert_unseen(key, printed(caught.value))


def secret_in_query(base_url: str, key: str) -> AsyncStepsClient:
    return AsyncStepsClient(Endpoint.compatible(base_url, query={"sig": key}), retry=ONE_ATTEMPT)


def secret_in_url(base_url: str, key: str) -> AsyncStepsClient:
    return AsyncStepsClient(Endpoint.compatible(f"{base_url}?sig={quote(key, safe='')}"), retry=ONE_ATTEMPT)


def secret_in_innocent_header(base_url: str, key: str) -> AsyncStepsClient:
    return AsyncStepsClient(Endpoint.compatible(base_url), headers={"X-Team": key}, retry=ONE_ATTEMPT)


def secret_in_header_of_the_endpoint(base_url: str, key: str) -> AsyncStepsClient:
    return AsyncStepsClient(Endpoint.compatible(base_url, headers={"X-Access-Token": key}), retry=ONE_ATTEMPT)


def secret_in_authorization_of_the_users(base_url: str, key: str) -> AsyncStepsClient:
    headers = {"X-Stand-In-Token": "x", "Authorization": f"Bearer {key}"}
    return AsyncStepsClient(Endpoint.compatible(base_url), headers=headers, retry=ONE_ATTEMPT)


def secret_in_cookie(base_url: str, key: str) -> AsyncStepsClient:
    headers = {"Cookie": f"a=b; session={key}"}
    return AsyncStepsClient(Endpoint.compatible(base_url), headers=headers, retry=ONE_ATTEMPT)


def secret_in_basic_authorization(base_url: str, key: str) -> AsyncStepsClient:
    pair = base64.b64encode(f"user:{key}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    return AsyncStepsClient(Endpoint.compatible(base_url), headers=headers, retry=ONE_ATTEMPT)


def secret_in_header_of_some_calls(base_url: str, key: str) -> AsyncStepsClient:
    client = AsyncStepsClient(Endpoint.compatible(base_url), retry=ONE_ATTEMPT)
    return client.with_options(headers={"X-Team": key})


def secret_in_query_of_some_calls(base_url: str, key: str) -> AsyncStepsClient:
    client = AsyncStepsClient(Endpoint.compatible(base_url), retry=ONE_ATTEMPT)
    return client.with_options(query={"sig": key})


def secret_as_key(base_url: str, key: str) -> AsyncStepsClient:
    return AsyncStepsClient(Endpoint.compatible(base_url, api_key=key), retry=ONE_ATTEMPT)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


WAYS_IN = [value for name, value in sorted(globals().items()) if name.startswith("secret_")]


@pytest.mark.parametrize("status", [b"200 OK", b"403 No", b"500 No"])
@pytest.mark.parametrize("way_in", WAYS_IN)
async def test_wherever_it_was_sent_an_echo_in_any_spelling_is_masked(
    way_in: Callable[[str, str], AsyncStepsClient], status: bytes
) -> None:
    key = "sk-5ecret+5ecret/5ecret='\"&<5ecret" if way_in is secret_as_key else "sk-5ecret+5ecret/5ecret9="
    if way_in is secret_in_cookie:
        key = "sk-5ecret+5ecret/5ecret9"
    echoes = [spell(key) for spell in SPELLINGS.values()]
    in_json = [f'"{echo}"' for echo in echoes if is_json(f'"{echo}"')]
    names = ",".join(f"{text}: {text}" for text in in_json)
    error = f'{{"error": {{"message": {json.dumps(" ".join(echoes))}, "code": {in_json[0]}, {names}}}}}'
    wrapped = json.dumps({"error": {"message": error}})  # one server's error in another's
    for body in (error, wrapped, "\n".join(echoes), f"<p>{key[:9]}<b></b>{key[9:]}</p>"):
        async with raw_server(answers(body.encode(), status=status)) as server, way_in(server.base_url, key) as client:
            with pytest.raises(StepsError) as caught:
                await client.list_steps_page("t", "r")
            assert_unseen(key, printed(caught.value), printed(pickle.loads(pickle.dumps(caught.value))))


@given(before=st.binary(max_size=4), after=st.binary(max_size=4), key=keys)
def test_base64_of_more_than_the_key_does_not_tell_it(before: bytes, after: bytes, key: str) -> None:
    content = before + key.encode() + after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        masked = mask(f"debug: {encode(content).decode()}", [key])
        assert "***" in masked
        assert len(masked) < len("debug: ***") + 4 * (len(before) + len(after)) // 3 + 12


@pytest.mark.parametrize("character", ["\\", "/", "%", "&", "u"])
def test_no_text_keeps_a_mask_busy(character: str) -> None:
    key = f"sk-{character * 12}"
    begun = time.process_time()
    mask("sk-" + character * 200_000, [key])
    mask(f"sk-{character}%25&amp;" * 20_000, [key])
    assert time.process_time() - begun < 10  # a second, where it is not endless


async def test_what_aiohttp_is_handed_is_plain_text() -> None:
    """YAML, in which cassettes of vcr.py are written, takes a subclass of text for something else."""
    seen: list[type] = []
    trace = aiohttp.TraceConfig()

    async def note(_session: Any, _context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        seen.extend(type(value) for value in params.headers.values())

    trace.on_request_start.append(note)
    endpoint_headers, client_headers = {"X-One": "1"}, {"X-Two": "2"}
    async with (
        raw_server(answers(b"[]")) as server,
        aiohttp.ClientSession(trace_configs=[trace]) as session,
        AsyncStepsClient(
            Endpoint.compatible(server.base_url, api_key="sk-1", headers=endpoint_headers),
            session=session,
            headers=client_headers,
        ) as client,
    ):
        await client.list_steps_page("t", "r")
    assert set(seen) == {str}
    assert len(seen) >= 5


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
