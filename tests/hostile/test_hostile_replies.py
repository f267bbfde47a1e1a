"""Hostile and broken replies over real sockets: each a clear typed error, in bounded time and memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import socket
import ssl
import subprocess
import sys
import textwrap
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from raw import AT_ONCE, HEAD, ONE_ATTEMPT, Caller, RawServer, Speech, answers, raw_server, says
from sample_steps import RUN, THREAD, make_steps
from waiting import until

from openai_steps import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncStepsClient,
    Endpoint,
    InternalServerError,
    Limits,
    ResponseDecodeError,
    ResponseTooLargeError,
    RetryPolicy,
    StepsError,
    Timeouts,
    UnprocessableEntityError,
)

PAGE = json.dumps({"data": make_steps(2), "has_more": False}).encode()
LONG_AGO_ENOUGH = Timeouts(connect=5, attempt=10, total=20)  # no test waits for these
A_MOMENT = Timeouts(connect=5, attempt=0.2, total=0.4)


def client_of(server: RawServer, **settings: Any) -> AsyncStepsClient:
    settings = {"retry": AT_ONCE, "timeout": LONG_AGO_ENOUGH, **settings}
    return AsyncStepsClient(Endpoint.compatible(server.base_url, api_key="sk-key-of-the-test"), **settings)


async def fails_with(speech: Speech, error: type[StepsError], match: str, *, requests: int, **settings: Any) -> None:
    async with raw_server(speech) as server, client_of(server, **settings) as client:
        with pytest.raises(error, match=match) as caught:
            await client.list_steps_page(THREAD, RUN)
        assert type(caught.value) is error
        assert server.requests == requests
        await all_hung_up(server)


async def all_hung_up(server: RawServer) -> None:
    """Wait until the server sees that no broken connection is kept."""
    await until(lambda: server.open_connections <= 1)  # a healthy one may be kept for the next request


def nested(depth: int) -> bytes:
    return b'{"data":' + b"[" * depth + b"]" * depth + b"}"


BAD_BODIES = {
    "a login page": (b"<!doctype html><title>Sign in</title><body>Please sign in", "not JSON .*: Sign in Please sign"),
    "nothing": (b"", "not JSON"),
    "truncated": (PAGE[: len(PAGE) // 2], "not JSON"),
    "two documents": (PAGE + PAGE, "not JSON"),
    "NaN": (b'{"data": [], "x": NaN}', "not JSON"),
    "a number beyond all": (b'{"data": [], "x": 1e400}', "not JSON"),
    "more digits than Python reads": (b'{"data": [], "x": 1' + b"0" * 5000 + b"}", "not JSON"),
    "invalid UTF-8": (b'{"data": [], "x": "\xff\xfe"}', "not JSON"),
    "UTF-16": (PAGE.decode().encode("utf-16"), "not JSON"),
    "2 MB of nesting": (nested(1_000_000), "not JSON"),
    "some nesting": (nested(200), r"\$\.data\[0\] should be an object"),
    "a wrong type": (b'{"data": 5}', r"\$\.data should be an array, but is 5"),
    "null": (b"null", "should be"),
    "text": (b'"welcome"', "should be"),
    "numbers": (b"[1, 2, 3]", r"\$\.data\[0\] should be an object"),
    "NUL bytes": (b"\0" * 1000, "not JSON"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_body_that_is_no_page_is_a_decode_error_and_not_asked_for_again(name: str) -> None:
    body, match = BAD_BODIES[name]
    await fails_with(answers(body), ResponseDecodeError, match, requests=1)


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_of_an_error_does_not_hide_the_error(name: str) -> None:
    body, _ = BAD_BODIES[name]
    speech = answers(body, status=b"500 Internal Server Error")
    await fails_with(speech, InternalServerError, "500 Internal Server Error", requests=1, retry=ONE_ATTEMPT)


async def test_the_last_of_two_equal_keys_counts() -> None:
    async with raw_server(answers(b'{"data": 5, "data": []}')) as server, client_of(server) as client:
        assert (await client.list_steps_page(THREAD, RUN)).data == ()


BROKEN_TRANSFERS: dict[str, tuple[Speech, type[StepsError], str]] = {
    "a body cut short": (
        says(HEAD, b"Content-Length: %d\r\n\r\n" % len(PAGE), PAGE[:50], hang_up=True),
        APIConnectionError,
        r"The answer from 127\.0\.0\.1 broke off",
    ),
    "a length too long": (
        says(HEAD, b"Content-Length: %d\r\n\r\n" % (len(PAGE) + 1), PAGE, hang_up=True),
        APIConnectionError,
        "The answer from .* broke off",
    ),
    "chunks that end too soon": (
        says(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"ff\r\n{", hang_up=True),
        APIConnectionError,
        "The answer from .* broke off",
    ),
    "chunks of no size": (
        says(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n{\r\n0\r\n\r\n", hang_up=True),
        APIConnectionError,
        "from 127.0.0.1",
    ),
    "a closed connection": (says(hang_up=True), APIConnectionError, "No answer from 127.0.0.1: Server disconnected"),
    "half a status line": (says(b"HTTP/1.1 2", hang_up=True), APIConnectionError, "No answer"),
    "a length that is none": (says(HEAD, b"Content-Length: -5\r\n\r\n"), APIConnectionError, "cannot be read as HTTP"),
    "two lengths": (
        says(HEAD, b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n", b"[]"),
        APIConnectionError,
        "cannot be read as HTTP",
    ),
    "a header with a NUL": (
        says(HEAD, b"X-A: a\0b\r\nContent-Length: 2\r\n\r\n[]"),
        APIConnectionError,
        "cannot be read as HTTP",
    ),
    "a header name with control characters": (
        says(HEAD, b"X\x01A: b\r\nContent-Length: 2\r\n\r\n[]"),
        APIConnectionError,
        "cannot be read as HTTP",
    ),
}


@pytest.mark.parametrize("name", BROKEN_TRANSFERS)
async def test_a_transfer_that_breaks_is_tried_again(name: str) -> None:
    speech, error, match = BROKEN_TRANSFERS[name]
    await fails_with(speech, error, match, requests=AT_ONCE.attempts)


@pytest.mark.parametrize("name", BROKEN_TRANSFERS)
async def test_one_that_breaks_once_is_no_matter(name: str) -> None:
    bad, _, _ = BROKEN_TRANSFERS[name]
    calls = 0

    async def speech(caller: Caller) -> None:
        nonlocal calls
        calls += 1
        await (bad if calls == 1 else answers(PAGE))(caller)

    async with raw_server(speech) as server, client_of(server) as client:
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 2
        assert server.requests == 2


@pytest.mark.parametrize(
    "speech",
    [
        says(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", hang_up=True),
        says(b"\x15\x03\x01\x00\x02\x02\x16", hang_up=True),  # it expects TLS
        says(HEAD, b"X-A: " + b"a" * 2**20 + b"\r\nContent-Length: 2\r\n\r\n[]"),
    ],
    ids=["SSH", "TLS", "a header of a megabyte"],
)
async def test_what_will_be_no_http_the_next_time_either_is_not_tried_again(speech: Speech) -> None:
    await fails_with(speech, APIConnectionError, r"The answer from 127\.0\.0\.1 cannot be read as HTTP", requests=1)


async def test_what_is_compressed_as_nobody_asked_for_is_not_tried_again() -> None:
    """Nor does it matter whether Brotli is installed here, or which one."""
    speech = answers(b"\x0f", b"Content-Encoding: br")
    async with raw_server(speech) as server, client_of(server) as client:
        with pytest.raises(ResponseDecodeError, match=r"cannot be decompressed|not JSON"):
            await client.list_steps_page(THREAD, RUN)
        assert server.requests == 1
        assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in server.heads[0]


async def test_a_date_to_wait_for_is_judged_by_our_clock_where_the_server_tells_none() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=3000), usegmt=True).encode()
    async with raw_server(answers(b"", b"Retry-After: " + at, status=b"503 Busy")) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError, match=r"The server asks to wait (49|50)m") as caught:
                await client.list_steps_page(THREAD, RUN)
        assert 2900 < (caught.value.retry_after or 0) <= 3000
        assert server.requests == 1


@pytest.mark.parametrize("status", [b"300 Multiple Choices", b"304 Not Modified", b"302 Found"])
async def test_a_redirect_to_nowhere_points_nowhere(status: bytes) -> None:
    async with raw_server(answers(b"", status=status)) as server, client_of(server) as client:
        with pytest.raises(APIStatusError, match=status.decode()) as caught:
            await client.list_steps_page(THREAD, RUN)
        assert "points to" not in str(caught.value)
        assert server.requests == 1


async def test_one_attempt_is_one_request() -> None:
    """aiohttp would send a GET again by itself when its connection breaks."""
    await fails_with(says(hang_up=True), APIConnectionError, "No answer", requests=1, retry=ONE_ATTEMPT)


async def test_a_length_too_short_spoils_no_later_answer() -> None:
    """What is left of a body must not be taken for the next answer."""
    speech = says(HEAD, b"Content-Length: 2\r\n\r\n", b'{}HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}')
    async with raw_server(speech) as server, client_of(server, retry=ONE_ATTEMPT) as client:
        for _ in range(3):
            with pytest.raises((ResponseDecodeError, APIConnectionError)):
                await client.list_steps_page(THREAD, RUN)
        assert server.requests >= 1


async def test_connections_closed_at_random_lose_nothing() -> None:
    dice = random.Random(1)

    async def speech(caller: Caller) -> None:
        answered = dice.random() < 0.7
        if answered:
            await answers(PAGE)(caller)
        if not answered or dice.random() < 0.5:
            caller.writer.close()  # unannounced

    patient = RetryPolicy(attempts=20, wait_initial=0)
    async with raw_server(speech) as server, client_of(server, retry=patient) as client:
        for _ in range(60):
            assert len((await client.list_steps_page(THREAD, RUN)).data) == 2
        assert server.requests > 60


# --- Compression ------------------------------------------------------------------------------------------------


def zeros(size: int, encoding: str) -> bytes:
    bits = {"gzip": 31, "deflate": 15}[encoding]
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_fake_encoding_is_a_decode_error(encoding: str) -> None:
    speech = answers(PAGE, b"Content-Encoding: " + encoding.encode())
    await fails_with(speech, ResponseDecodeError, f"cannot be decompressed: .*{encoding}", requests=1)


async def test_many_small_members_are_refused_and_not_chewed() -> None:
    """CVE-2026-128131: time that grows with the square of their number."""
    members = gzip.compress(b"", mtime=0) * 100_000
    await fails_with(answers(members, b"Content-Encoding: gzip"), ResponseDecodeError, "decompressed", requests=1)


async def test_an_unknown_encoding_is_a_decode_error() -> None:
    await fails_with(answers(b"\x1f\x8b!", b"Content-Encoding: mystery"), ResponseDecodeError, "not JSON", requests=1)


async def test_a_truncated_gzip_is_a_decode_error() -> None:
    packed = gzip.compress(PAGE)[:-20]
    await fails_with(answers(packed, b"Content-Encoding: gzip"), ResponseDecodeError, "not JSON", requests=1)


async def test_compressed_pages_are_read() -> None:
    async with raw_server(answers(gzip.compress(PAGE), b"Content-Encoding: gzip")) as server:
        async with client_of(server) as client:
            assert len((await client.list_steps_page(THREAD, RUN)).data) == 2
        assert b"\r\nAccept-Encoding: gzip, deflate" in server.heads[0]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_too_large(encoding: str) -> None:
    speech = answers(zeros(16 * 2**20, encoding), b"Content-Encoding: " + encoding.encode())
    limits = Limits(max_body_bytes=2**20)
    await fails_with(speech, ResponseTooLargeError, "more than 1 MiB", requests=1, limits=limits)


async def test_an_endless_body_is_too_large() -> None:
    async def speech(caller: Caller) -> None:
        await caller.say(HEAD, b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            await caller.say(b"10000\r\n", bytes(0x10000), b"\r\n")

    await fails_with(speech, ResponseTooLargeError, "more than", requests=1, limits=Limits(max_body_bytes=2**20))


async def test_an_error_without_end_is_told_from_its_beginning() -> None:
    async def speech(caller: Caller) -> None:
        await caller.say(b"HTTP/1.1 422 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await caller.say(b"4\r\nno! \r\n" * 2000)

    await fails_with(speech, UnprocessableEntityError, "no! no! no!", requests=1, timeout=LONG_AGO_ENOUGH)


async def test_a_body_of_just_the_limit_is_read() -> None:
    limits = Limits(max_body_bytes=len(PAGE))
    async with raw_server(answers(PAGE)) as server, client_of(server, limits=limits) as client:
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 2
    await fails_with(
        answers(PAGE), ResponseTooLargeError, "more than", requests=1, limits=Limits(max_body_bytes=len(PAGE) - 1)
    )


async def test_a_page_of_a_million_items_is_too_large_or_read_whole() -> None:
    item = json.dumps(make_steps(1)[0]).encode()
    body = b'{"data":[' + item + (b"," + item) * 9_999 + b"]}"
    async with raw_server(answers(body)) as server, client_of(server) as client:
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 10_000

    async def speech(caller: Caller) -> None:
        await caller.say(HEAD, b"Content-Length: %d\r\n\r\n" % (len(item) * 10**6), b'{"data":[')
        for _ in range(1000):
            await caller.say((item + b",") * 1000)

    await fails_with(speech, ResponseTooLargeError, "more than", requests=1)


BOMB_VICTIM = """
    import asyncio, resource, sys
    from openai_steps import AsyncStepsClient, Endpoint, Limits, ResponseTooLargeError

    async def main(base_url, limit):
        async with AsyncStepsClient(Endpoint.compatible(base_url), limits=Limits(max_body_bytes=limit)) as client:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            try:
                await client.list_steps_page("t", "r")
            except ResponseTooLargeError:
                print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
async def test_a_bomb_costs_no_more_memory_than_the_limit() -> None:
    bomb = zeros(300 * 2**20, "gzip")
    assert len(bomb) < 320_000
    limit = 32 * 2**20
    async with raw_server(answers(bomb, b"Content-Encoding: gzip")) as server:
        command = [sys.executable, "-c", textwrap.dedent(BOMB_VICTIM), server.base_url, str(limit)]
        done = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, timeout=60)
    grown = int(done.stdout) * 1024
    assert grown < limit + 16 * 2**20


# --- Redirects --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_redirect_is_told_and_never_followed(status: int, elsewhere: bool) -> None:
    async with raw_server(answers(PAGE)) as trap:

        async def speech(caller: Caller) -> None:
            target = f"{trap.base_url}/steal" if elsewhere else "/v2/moved"
            head = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            await caller.say(head.encode())

        async with raw_server(speech) as server, client_of(server) as client:
            with pytest.raises(APIStatusError, match=rf"{status}.*Redirects are not followed") as caught:
                await client.list_steps_page(THREAD, RUN)
            assert caught.value.status == status
            assert server.requests == 1
        assert trap.requests == 0


# --- Time -------------------------------------------------------------------------------------------------------


async def test_a_server_that_never_answers() -> None:
    async def speech(caller: Caller) -> None:
        await caller.reader.read()

    await fails_with(speech, APITimeoutError, "No complete answer within 200ms", requests=2, timeout=A_MOMENT)


async def test_a_server_that_drips() -> None:
    """A byte now and then keeps a connection alive; the timeout is for the whole answer."""

    async def speech(caller: Caller) -> None:
        await caller.say(HEAD, b"Content-Length: 100000\r\n\r\n")
        while not caller.writer.is_closing():
            await caller.say(b" ")
            await asyncio.sleep(0.01)

    await fails_with(speech, APITimeoutError, "No complete answer within 200ms", requests=2, timeout=A_MOMENT)


async def test_a_server_that_accepts_nothing() -> None:
    """Its queue of connections is full, so that connecting takes for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        endpoint = Endpoint.compatible(f"http://127.0.0.1:{address[1]}/v1")
        timeouts = Timeouts(connect=0.1, attempt=30, total=60)
        async with AsyncStepsClient(endpoint, timeout=timeouts, retry=ONE_ATTEMPT) as client:
            with pytest.raises(APITimeoutError):
                async with asyncio.timeout(20):  # far less than a request may take, far more than a connection
                    await client.list_steps_page(THREAD, RUN)
        for filler in fillers:
            filler.close()


# --- No connection ----------------------------------------------------------------------------------------------


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = Endpoint.compatible(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        async with AsyncStepsClient(endpoint, retry=AT_ONCE) as client:
            with pytest.raises(APIConnectionError, match=r"No answer from 127\.0\.0\.1: Cannot connect") as caught:
                await client.list_steps_page(THREAD, RUN)
    assert caught.value.transient


class NoSuchName(aiohttp.abc.AbstractResolver):
    """The domain name system on a bad day; counts who asks."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        self.asked += 1
        raise OSError(socket.EAI_NONAME, "Name or service not known")

    async def close(self) -> None:
        pass


async def test_a_name_that_is_not_found_is_asked_for_again() -> None:
    resolver = NoSuchName()
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)) as session,
        AsyncStepsClient(Endpoint.compatible("http://nowhere.invalid/v1"), session=session, retry=AT_ONCE) as client,
    ):
        with pytest.raises(APIConnectionError, match=r"nowhere\.invalid") as caught:
            await client.list_steps_page(THREAD, RUN)
    assert caught.value.transient
    assert resolver.asked == AT_ONCE.attempts


async def test_no_tls_where_tls_is_expected() -> None:
    async def speak_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(speak_at_once, "127.0.0.1", 0)
    async with listener:
        endpoint = Endpoint.compatible(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1")
        async with AsyncStepsClient(endpoint, retry=AT_ONCE, timeout=LONG_AGO_ENOUGH) as client:
            with pytest.raises(APIConnectionError, match=r"No answer from 127\.0\.0\.1"):
                await client.list_steps_page(THREAD, RUN)


async def test_a_certificate_that_is_not_trusted_is_not_asked_for_again(self_signed: ssl.SSLContext) -> None:
    calls = 0

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self_signed)
    connected = 0
    try:
        port = listener.sockets[0].getsockname()[1]
        trace = aiohttp.TraceConfig()

        async def count(*_: Any) -> None:
            nonlocal connected
            connected += 1

        trace.on_connection_create_start.append(count)
        async with (
            aiohttp.ClientSession(trace_configs=[trace]) as session,
            AsyncStepsClient(
                Endpoint.compatible(f"https://127.0.0.1:{port}/v1"), session=session, retry=AT_ONCE
            ) as client,
        ):
            with pytest.raises(APIConnectionError, match="certificate") as caught:
                await client.list_steps_page(THREAD, RUN)
        assert not caught.value.transient
        assert (connected, calls) == (1, 0)
    finally:
        listener.close()
        await listener.wait_closed()


async def test_waiting_costs_no_more_than_the_policy_says() -> None:
    """Four attempts against a closed port, with the default waits, would take seconds: one is sent without."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = Endpoint.compatible(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        async with AsyncStepsClient(endpoint, retry=RetryPolicy(attempts=1)) as client:
            with pytest.raises(APIConnectionError):
                await client.list_steps_page(THREAD, RUN)
