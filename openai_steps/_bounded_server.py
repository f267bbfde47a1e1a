"""The server of the emulator, the gateway and the console, with the bounds that aiohttp's does not have.

- A head that does not come, or comes byte by byte, ends its connection after twenty seconds; aiohttp waits an hour.
- At most `MOST_CONNECTIONS` connections are open at once.
- What is not HTTP is answered without a copy of its bytes, and not logged: aiohttp repeats a malformed header, with
  the key in it, in its page and in its log.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address

from aiohttp import web

HEAD_SECONDS = 20.0
MOST_CONNECTIONS = 500

_SILENT = logging.getLogger("openai_steps.protocol")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def _plain(status: int) -> web.Response:
    response = web.Response(status=status, text="This is not HTTP/1.1." if status < 500 else "It failed.")
    response.force_close()
    return response


class BoundedServer(web.Server):
    """A server with a bounded number of connections; it asks any more to come back in a second.

    Args:
        handle: Answers a request.
        connections: The most connections at once. Default: `MOST_CONNECTIONS`.
        head_seconds: How long a head may take. Default: `HEAD_SECONDS`.
        lingering_seconds: How long to go on reading a body that no handler read.
        busy: The answer to one connection too many, as bytes.
        refuse: Makes the answer, for a status, to what is not HTTP and to a handler's failure.
    """

    def __init__(
        self,
        handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        connections: int | None = None,
        head_seconds: float | None = None,
        lingering_seconds: float = 10.0,
        busy: bytes = _BUSY,
        refuse: Callable[[int], web.Response] = _plain,
    ) -> None:
        super().__init__(handle, handler_cancellation=True)
        self._most_connections = MOST_CONNECTIONS if connections is None else connections
        self._head_seconds = HEAD_SECONDS if head_seconds is None else head_seconds
        self._lingering_seconds = lingering_seconds
        self._busy = busy
        self._refuse = refuse

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        connection = _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # what switches it off; the annotation does not know
            logger=_SILENT,
            keepalive_timeout=self._head_seconds,
            lingering_time=self._lingering_seconds,
        )
        connection.refuse = self._refuse
        return connection

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Take a connection, or refuse one too many."""
        super().connection_made(handler, transport)
        if len(self._connections) > self._most_connections:
            transport.write(self._busy)
            handler.force_close()
            transport.close()


class _Connection(web.RequestHandler):
    """One connection."""

    refuse: Callable[[int], web.Response]

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is not HTTP, or a handler's failure, without a copy of it."""
        return self.refuse(status)


def shown_address(listener: socket.socket, host: str) -> str:
    """Return ``host:port`` as a client can call it.

    Not every system takes a connection to 0.0.0.0 or ::, which stand for all addresses; they are shown as the loopback
    interface's.
    """
    bound, port = listener.getsockname()[:2]
    v6 = listener.family == socket.AF_INET6
    if ip_address(bound.partition("%")[0]).is_unspecified:
        host = "::1" if v6 else "127.0.0.1"
    return f"[{host}]:{port}" if v6 else f"{host}:{port}"


async def stop_accepting(listener: socket.socket) -> None:
    """Take no more connections from a listener, so that its server can be closed."""
    # A connection accepted in the turn in which its server closes makes asyncio assert:
    # https://github.com/python/cpython/issues/109564
    with suppress(NotImplementedError):
        asyncio.get_running_loop().remove_reader(listener)
    await asyncio.sleep(0)
