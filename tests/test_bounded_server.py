"""What untrusted callers may do to our servers: half-sent heads, many connections, bytes that are not HTTP."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys

import pytest
from aiohttp import web

from openai_steps._bounded_server import BoundedServer, shown_address
from openai_steps.emulator import Emulator

KEY = b"sk-5ecret-5ecret-5ecret"


async def connect(base_url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = base_url.removeprefix("http://").split("/")[0].split(":")
    return await asyncio.open_connection(host, int(port))


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::1", "[::1]"),
        ("::", "[::1]"),
        ("0:0::0", "[::1]"),
    ],
)
def test_an_address_is_shown_as_one_that_clients_can_call(host: str, shown: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert shown_address(listener, host) == f"{shown}:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/threads HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + KEY + b"\0\r\n\r\n",
        b"GET /v1/threads HTTP/1.1\r\nHost: h\r\nAuthorization : Bearer " + KEY + b"\r\n\r\n",
        b"GET /v1/threads?key=" + KEY + b" HTTP/9.9\r\n\r\n",
        KEY + b"\r\n\r\n",
    ],
)
async def test_a_key_in_what_is_not_http_is_neither_told_nor_logged(
    head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Emulator().serve() as base_url:
        reader, writer = await connect(base_url)
        writer.write(head)
        heard = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    assert heard.startswith((b"HTTP/1.1 400 Bad Request\r\n", b"HTTP/1.0 400 Bad Request\r\n"))
    assert KEY not in heard
    assert KEY.decode() not in caplog.text


async def test_whatever_aiohttp_logs_of_a_connection_is_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    """caplog listens to loggers, also to those that tell no other; a program listens to the root."""
    listening = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(listening)
    try:
        BoundedServer(_no_handler)().logger.error("Unhandled exception: %s", KEY)
    finally:
        logging.getLogger().removeHandler(listening)
    assert capsys.readouterr().err == ""


async def _no_handler(request: web.BaseRequest) -> web.StreamResponse:
    raise NotImplementedError


async def test_half_a_head_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai_steps._bounded_server.HEAD_SECONDS", 0.2)
    async with Emulator().serve() as base_url:
        reader, writer = await connect(base_url)
        writer.write(b"GET /v1/threads HTTP/1.1\r\nHost: h\r\nX-Slow: ")
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()


async def test_one_connection_too_many_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai_steps._bounded_server.MOST_CONNECTIONS", 2)
    async with Emulator().serve() as base_url:
        open_ones = [await connect(base_url) for _ in range(2)]
        for _, writer in open_ones:
            writer.write(b"GET /v1/threads HTTP/1.1\r\nHost: h\r\n\r\n")
        for reader, _ in open_ones:
            assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 200")
        reader, writer = await connect(base_url)
        assert (await asyncio.wait_for(reader.read(), 20)).startswith(b"HTTP/1.1 503 Service Unavailable")
        for _, other in [*open_ones, (reader, writer)]:
            other.close()
