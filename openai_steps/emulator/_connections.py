"""Connections of strangers, with the bounds that aiohttp's server does not have.

- A head that does not come, or comes byte by byte, ends its connection after twenty seconds; aiohttp waits an hour.
- There are no more connections than a few hundred.
- What is not HTTP is answered without its own bytes, and logged nowhere: aiohttp repeats a malformed header, with the
  key in it, in its page and in its log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

HEAD_SECONDS = 20.0
MOST_CONNECTIONS = 500

_SILENT = logging.getLogger("openai_steps.emulator.protocol")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedServer(web.Server):
    """A server of so many connections; the next are told to come back in a second.

    Args:
        handle: Answers a request.
    """

    def __init__(self, handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handle, handler_cancellation=True)

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # what switches it off; the annotation does not know
            logger=_SILENT,
            keepalive_timeout=HEAD_SECONDS,
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Take a connection, or refuse one too many."""
        super().connection_made(handler, transport)
        if len(self._connections) > MOST_CONNECTIONS:
            transport.write(_BUSY)
            handler.force_close()
            transport.close()


class _Connection(web.RequestHandler):
    """One connection."""

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is not HTTP, or a handler's failure, without a word of what it was."""
        response = web.Response(status=status, text="This is not HTTP/1.1." if status < 500 else "It failed.")
        response.force_close()
        return response
