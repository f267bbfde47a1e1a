"""Callers that say odd bytes, or none, or too slowly, or do not listen; and the end of a server."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import stat
import warnings
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import aiohttp
import pytest
from gateway_setup import KEY, STEPS, gateway, say
from sample_steps import make_step
from waiting import until

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.emulator import Delay, Stall
from openai_steps.gateway import Bounds, Gateway

H = b"Host: 127.0.0.1:%d\r\n"
GET = b"GET " + STEPS.encode() + b" HTTP/1.1\r\n"

# What a proxy and a server may read differently. The first group is refused by aiohttp itself: a test of each.
ODD = {
    "two lengths": GET + H + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
    "length and chunked": GET + H + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": GET + H + b"Transfer-Encoding : chunked\r\n\r\n",
    "xchunked": GET + H + b"Transfer-Encoding: xchunked\r\n\r\n",
    "identity": GET + H + b"Transfer-Encoding: identity\r\n\r\n",
    "folded": GET + H + b"X: a\r\n b\r\n\r\n",
    "NUL": GET + H + b"X: a\0b\r\n\r\n",
    "two hosts": GET + H + b"Host: evil\r\n\r\n",
    "lower-case method": b"get " + STEPS.encode() + b" HTTP/1.1\r\n" + H + b"\r\n",
    "space in the target": b"GET /v1 /x HTTP/1.1\r\n" + H + b"\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "long line": b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + H + b"\r\n",
    "long header": GET + H + b"X: " + b"a" * 9_000 + b"\r\n\r\n",
    "many headers": GET + H + b"".join(b"X-%d: a\r\n" % number for number in range(200)) + b"\r\n",
    "negative length": GET + H + b"Content-Length: -1\r\n\r\n",
    # What aiohttp takes and this server does not.
    "absolute form": b"GET http://evil" + STEPS.encode() + b" HTTP/1.1\r\n" + H + b"\r\n",
    "authority form": b"CONNECT evil:443 HTTP/1.1\r\n" + H + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    "no host in HTTP/1.0": b"GET " + STEPS.encode() + b" HTTP/1.0\r\n\r\n",
    "user in host": GET + b"Host: u:p@127.0.0.1:%d\r\n\r\n",
    "body of a gigabyte": GET + H + b"Content-Length: 1073741824\r\n\r\nxxxx",
    "chunked body": GET + H + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "dots": b"GET /v1/threads/../runs/r/steps HTTP/1.1\r\n" + H + b"\r\n",
    "encoded dots": b"GET /v1/threads/%%2e%%2e/runs/r/steps HTTP/1.1\r\n" + H + b"\r\n",
    "encoded slash": b"GET /v1/threads/a%%2Fb/runs/r/steps HTTP/1.1\r\n" + H + b"\r\n",
    "two slashes": b"GET //evil" + STEPS.encode() + b" HTTP/1.1\r\n" + H + b"\r\n",
    "backslash": b"GET /v1\\threads HTTP/1.1\r\n" + H + b"\r\n",
    "fragment": GET.replace(b" HTTP", b"#x HTTP") + H + b"\r\n",
}


@pytest.mark.parametrize("name", ODD)
async def test_odd_bytes_reach_no_server_and_are_not_repeated(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with gateway() as served:
        said = ODD[name]
        said = said % served.port if b"%d" in said else said
        with suppress(ConnectionResetError):  # bytes that were sent and not read
            heard = await served.say(said.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            assert 400 <= heard.status < 500
            assert heard.headers["server"] == "openai-steps"
            assert b"evil" not in heard.raw
        assert served.emulator.requests == ()


async def test_a_key_in_a_malformed_header_is_neither_shown_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with gateway() as served:
        said = (
            GET
            + H % served.port
            + b"Authorization: Bearer "
            + KEY.encode()
            + b"\0\r\nCookie: s="
            + KEY.encode()
            + b"\r\n\r\n"
        )
        heard = await served.say(said)
    assert heard.status == 400
    assert KEY.encode() not in heard.raw
    assert KEY not in caplog.text


async def test_a_request_behind_a_body_is_not_answered() -> None:
    async with gateway() as served:
        smuggled = GET + H % served.port + b"\r\n"
        head = GET + H % served.port + b"Content-Length: %d\r\n\r\n" % len(smuggled)
        with suppress(ConnectionResetError):
            heard = await served.say(head + smuggled)
            assert heard.status == 400
            assert heard.raw.count(b"HTTP/1.1") == 1
        assert served.emulator.requests == ()


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with gateway(3) as served:
        one = b"GET %s?limit=1&order=%s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
        host = served.host.encode()
        said = one % (STEPS.encode(), b"asc", host, b"") + one % (
            STEPS.encode(),
            b"desc",
            host,
            b"Connection: close\r\n",
        )
        heard = await served.say(said)
        assert heard.raw.index(b"step_0000") < heard.raw.index(b"step_0002")


async def test_upgrades_are_not_followed() -> None:
    async with gateway() as served:
        heard = await served.get(Connection="Upgrade, HTTP2-Settings, close", Upgrade="h2c", HTTP2_Settings="AAA")
        assert heard.status == 200


async def test_half_sent_heads_are_hung_up_on_and_keep_nobody_out() -> None:
    bounds = Bounds(head_seconds=0.5)
    async with gateway(bounds=bounds) as served, AsyncExitStack() as stack:
        half = []
        for _ in range(200):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            stack.callback(writer.close)
            writer.write(GET + b"X: ")
            half.append((reader, writer))
        assert (await served.get()).status == 200
        async with asyncio.timeout(20):
            for reader, writer in half:
                with suppress(ConnectionError):
                    writer.write(b"a")  # a trickle is no head either
                    assert await reader.read() == b""


async def test_there_are_no_more_connections_than_allowed() -> None:
    async with gateway(bounds=Bounds(connections=3)) as served, AsyncExitStack() as stack:
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", served.port)
            stack.callback(writer.close)
            await asyncio.sleep(0)
        async with asyncio.timeout(60):
            while not (heard := await say(served.port, b"")).raw:
                pass  # until all three have been accepted
        assert (heard.status, heard.error["code"]) == (429, "gateway_busy")
        assert heard.headers["retry-after"] == "1"


async def test_who_does_not_read_the_answer_is_dropped() -> None:
    steps = [make_step(number, metadata={"long": "x" * 200_000}) for number in range(100)]
    async with gateway(steps, bounds=Bounds(write_seconds=0.3)) as served:
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.setblocking(False)
            await asyncio.get_running_loop().sock_connect(lazy, ("127.0.0.1", served.port))
            said = GET.replace(b" HTTP", b"?limit=100 HTTP") + H % served.port + b"\r\n"
            await asyncio.get_running_loop().sock_sendall(lazy, said)
            await until(lambda: served.events)
        assert (await served.get(STEPS + "?limit=1")).status == 200


async def test_a_caller_that_goes_away_ends_its_request() -> None:
    async with gateway() as served:
        served.emulator.inject(Stall())
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(GET + H % served.port + b"\r\n")
        await until(lambda: served.emulator.requests)
        writer.close()
        await until(lambda: served.events)
        assert served.events[0].status == 499


async def test_requests_that_were_begun_are_answered_before_the_end() -> None:
    async with gateway(2) as served, aiohttp.ClientSession() as session:
        leaving = AsyncExitStack()
        base_url = await leaving.enter_async_context(Gateway(served.client).serve())
        served.emulator.inject(Delay(0.3))
        asked = asyncio.create_task(_status(session, base_url + STEPS.removeprefix("/v1")))
        await until(lambda: served.emulator.requests)
        await leaving.aclose()
        assert await asked == 200
        with pytest.raises(aiohttp.ClientConnectionError):
            await _status(session, base_url + STEPS.removeprefix("/v1"))


async def _status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as response:
        await response.read()
        return response.status


async def test_a_unix_socket_is_this_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    async with gateway(3) as served:
        async with Gateway(served.client).serve(socket_path=path) as base_url:
            assert base_url == "http://localhost/v1"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            connector = aiohttp.UnixConnector(path=str(path))
            async with aiohttp.ClientSession(connector=connector) as session:
                assert await _status(session, "http://localhost" + STEPS) == 200
        assert not path.exists()


async def test_where_python_has_no_unix_sockets_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")  # as on Windows
    async with AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1")) as client:
        with pytest.raises(OSError, match="Python has no Unix sockets on this system: listen on a port"):
            async with Gateway(client).serve(socket_path=tmp_path / "gateway.sock"):
                raise AssertionError


async def test_a_socket_that_is_left_over_is_replaced_and_one_in_use_is_not(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1")) as client:
        async with Gateway(client).serve(socket_path=path):
            with pytest.raises(OSError, match="in use"):
                async with Gateway(client).serve(socket_path=path):
                    raise AssertionError
        path.write_text("a file of somebody's")
        with pytest.raises(OSError, match="in use"):
            async with Gateway(client).serve(socket_path=path):
                raise AssertionError
        assert path.read_text() == "a file of somebody's"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_ipv6() -> None:
    async with gateway(2) as served:
        try:
            serving = Gateway(served.client).serve(host="::1")
            base_url = await serving.__aenter__()
        except OSError as error:
            pytest.skip(str(error))
        async with aiohttp.ClientSession() as session:
            assert await _status(session, base_url + STEPS.removeprefix("/v1")) == 200
        await serving.__aexit__(None, None, None)


async def test_many_requests_leave_nothing_behind() -> None:
    count = int(os.environ.get("SOAK_REQUESTS", "300"))
    async with gateway(3) as served, aiohttp.ClientSession() as session:
        url = served.base_url + STEPS.removeprefix("/v1")
        before = (0, 0)
        for number in range(count // 20):
            await asyncio.gather(*(_status(session, url) for _ in range(20)))
            served.events.clear()
            served.emulator.clear_requests()
            if number == 4:  # every pool of connections is full by now
                before = _resources()
        after = _resources()
    assert after[0] <= before[0] + 3
    assert after[1] <= before[1] + 2_000


def _resources() -> tuple[int, int]:
    """Return how many files are open and how many objects there are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0, len(gc.get_objects())
