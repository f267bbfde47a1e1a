"""Injected faults: they take the place of an answer, or spoil it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import attrs
from aiohttp import web
from multidict import CIMultiDict

from openai_steps.emulator._requests import RecordedRequest


@attrs.frozen(kw_only=True)
class Exchange:
    """One request under a fault.

    Args:
        request: The request.
        request_id: The id that its answer carries.
        normal: Makes the answer that the emulator would have given.
        closing: Is set when the server shuts down.
    """

    request: web.BaseRequest
    request_id: str
    normal: Callable[[], web.Response]
    closing: asyncio.Event


class Fault(Protocol):
    """Anything that answers, or fails to answer, in the emulator's place."""

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Answer the exchange, or break it."""
        ...


@attrs.frozen
class Answer:
    """An answer of your own instead of the emulator's.

    Args:
        status: Its HTTP status.
        body: Bytes and text go as they are; anything else as JSON.
        headers: Additional headers.
        content_type: The type of the body; None sends no such header.
    """

    status: int = 500
    body: Any = b""
    headers: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)
    content_type: str | None = attrs.field(default="application/json", kw_only=True)

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Give this answer."""
        headers = CIMultiDict({"x-request-id": exchange.request_id})
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        headers.update(self.headers)
        return web.Response(status=self.status, body=_encoded(self.body), headers=headers)


@attrs.frozen
class Delay:
    """The emulator's answer, later.

    Args:
        seconds: How much later. A server that shuts down does not wait for it.
    """

    seconds: float

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Wait, then answer."""
        with suppress(TimeoutError):
            await asyncio.wait_for(exchange.closing.wait(), self.seconds)
        return exchange.normal()


@attrs.frozen
class Stall:
    """No answer until the server shuts down, and then a closed connection."""

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Wait for the end, then close."""
        await exchange.closing.wait()
        _abort(exchange.request)
        return exchange.normal()


@attrs.frozen
class Reset:
    """The connection is reset before any answer."""

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Reset the connection."""
        _abort(exchange.request)
        return exchange.normal()


@attrs.frozen
class Cut:
    """The emulator's answer, of which only the beginning arrives before the connection closes.

    Args:
        keep: The part of the body that is sent, from 0 up to 1 exclusive.
    """

    keep: float = attrs.field(default=0.5, validator=[attrs.validators.ge(0), attrs.validators.lt(1)])

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Announce the whole body, send the beginning, close."""
        normal = exchange.normal()
        body = bytes(normal.body) if isinstance(normal.body, bytes | bytearray) else b""
        response = web.StreamResponse(status=normal.status, headers=normal.headers)
        response.content_length = max(len(body), 1)
        await response.prepare(exchange.request)
        await response.write(body[: int(len(body) * self.keep)])
        _close(exchange.request)
        return response


@attrs.frozen
class CloseAfter:
    """The emulator's answer, and then a closed connection, although keep-alive was promised.

    Args:
        announced: Whether ``Connection: close`` says so.
    """

    announced: bool = False

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        """Answer, then close."""
        response = exchange.normal()
        if self.announced:
            response.force_close()
            return response
        await response.prepare(exchange.request)
        await response.write_eof()
        _close(exchange.request)
        return response


@attrs.define
class _Injected:
    fault: Fault
    times: int
    matching: Callable[[RecordedRequest], bool]


class FaultQueue:
    """Faults that wait for their requests, first come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[_Injected] = deque()

    def __len__(self) -> int:
        return sum(injected.times for injected in self._waiting)

    def add(self, fault: Fault, times: int, matching: Callable[[RecordedRequest], bool] | None) -> None:
        """Queue a fault for the next ``times`` requests that match."""
        if times < 1:
            raise ValueError(f"times must be a whole number above 0, not {times!r}.")
        self._waiting.append(_Injected(fault, times, matching or (lambda _: True)))

    def take(self, request: RecordedRequest) -> Fault | None:
        """Take the first fault that this request matches, if any."""
        for injected in self._waiting:
            if injected.matching(request):
                injected.times -= 1
                if not injected.times:
                    self._waiting.remove(injected)
                return injected.fault
        return None

    def clear(self) -> None:
        """Remove all faults."""
        self._waiting.clear()


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _close(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()


def _abort(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is None:
        return
    # Lingering for no time makes the close a reset: https://man7.org/linux/man-pages/man7/socket.7.html
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
