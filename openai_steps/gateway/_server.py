"""The server of the gateway and of the console: bounded connections, and an answer that is sent in time.

A caller that does not read its answer is dropped after `Bounds.write_seconds`. A Unix socket belongs to this user alone
from its first moment.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

from aiohttp import web
from attrs import frozen

from openai_steps._bounded_server import BoundedServer, shown_address, stop_accepting
from openai_steps.gateway._answer import answer_of_rejection
from openai_steps.gateway._rejection import Rejection

Handle: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

SERVER: Final = "openai-steps"  # aiohttp would tell its own and Python's version


@frozen(kw_only=True)
class Bounds:
    """The limits for callers.

    Attributes:
        connections: The most at once. One more gets a 429 and is closed.
        head_seconds: How long the head of a request may take, from the opening of its connection, and how long a
            connection is kept without one.
        write_seconds: How long an answer may take to be read.
        stop_seconds: How long requests under way may take when the server stops.
    """

    connections: int = 256
    head_seconds: float = 20.0
    write_seconds: float = 30.0
    stop_seconds: float = 30.0


_BUSY_BODY: Final = Rejection(429, "gateway_busy", "Too many connections: try again in a moment.").body
_BUSY: Final = (
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_BUSY_BODY), _BUSY_BODY)
)


def _refuse(status: int) -> web.Response:
    """Answer what is not HTTP, without a copy of it."""
    code, text = ("invalid_request", "This is not HTTP/1.1.") if status < 500 else ("internal", "It failed.")
    return response_to(Rejection(status, code, text, close=True))


def response_to(rejection: Rejection) -> web.Response:
    """Return the response for a rejection."""
    answer = answer_of_rejection(rejection)
    response = web.Response(status=answer.status, body=answer.body, headers={**answer.headers, "Server": SERVER})
    if answer.close:
        response.force_close()
    return response


async def send(request: web.BaseRequest, response: web.StreamResponse, *, seconds: float) -> None:
    """Send a whole response; a caller that does not read it is dropped."""
    response.headers.setdefault("Server", SERVER)
    try:
        async with asyncio.timeout(seconds):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


@asynccontextmanager
async def listen(
    handle: Handle,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    socket_path: str | os.PathLike[str] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    bounds: Bounds,
) -> AsyncIterator[str]:
    """Serve until the block is left; requests that were begun are then answered.

    Args:
        handle: Answers a request.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        socket_path: A Unix socket instead of an address. Only this user may connect to it.
        ssl_context: For TLS.
        bounds: The limits for callers.

    Yields:
        The origin: ``http://127.0.0.1:8765``, also if it listens on all addresses; for a Unix socket
        ``http://localhost``.

    Raises:
        OSError: If the address or path is taken or not allowed.
    """
    server = BoundedServer(
        handle,
        connections=bounds.connections,
        head_seconds=bounds.head_seconds,
        lingering_seconds=0,
        busy=_BUSY,
        refuse=_refuse,
    )
    runner = web.ServerRunner(server, shutdown_timeout=bounds.stop_seconds)
    listener = _listener(host, port) if socket_path is None else _unix_listener(Path(socket_path))
    scheme = "http" if ssl_context is None else "https"
    with listener:
        await runner.setup()
        try:
            await web.SockSite(runner, listener, ssl_context=ssl_context).start()
            yield f"{scheme}://{shown_address(listener, host) if socket_path is None else 'localhost'}"
        finally:
            await stop_accepting(listener)
            await runner.cleanup()
            if socket_path is not None:
                _remove(Path(socket_path))


def _listener(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def _unix_listener(path: Path) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):  # https://github.com/python/cpython/issues/77589
        raise OSError(errno.EAFNOSUPPORT, "Python has no Unix sockets on this system: listen on a port", str(path))
    if _is_left_over(path):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # a mode set after bind would leave a moment in which anyone may connect
    try:
        listener.bind(os.fspath(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _is_left_over(path: Path) -> bool:
    """Return whether the path is a socket without a listener."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) != 0
