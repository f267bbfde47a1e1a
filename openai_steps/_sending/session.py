"""aiohttp as this package wants it: a session, a body that is never too big, and errors in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError

from openai_steps._errors import ResponseTooLargeError
from openai_steps._sending.pending import Sink
from openai_steps._settings import Limits

# What does not go away by asking again.
_LASTING: Final = (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, aiohttp.InvalidURL)


def open_session(limits: Limits, headers: Mapping[str, str] | None = None) -> aiohttp.ClientSession:
    """Return a session that keeps no cookies and sends each request once, with these headers."""
    return aiohttp.ClientSession(
        headers=headers,
        connector=aiohttp.TCPConnector(limit=limits.max_connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_send_once,),
    )


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body, decompressed; ResponseTooLargeError as soon as it has more than ``limit`` bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            chunks.clear()
            raise ResponseTooLargeError(
                f"The body has more than {limit} bytes: ask for smaller pages, or raise Limits.max_body_bytes."
            )
        chunks.append(chunk)
    return b"".join(chunks) if len(chunks) != 1 else chunks[0]


async def stream_body(response: aiohttp.ClientResponse, sink: Sink, patience: asyncio.Timeout, silence: float) -> None:
    """Hand the body on as it comes.

    Args:
        response: The answer.
        sink: Takes the body.
        patience: Ends the attempt.
        silence: Seconds to wait for the first bytes, and after each for the next.
    """
    loop = asyncio.get_running_loop()
    await sink.begin(response.status, response.headers)
    async for chunk in response.content.iter_any():
        await sink.write(chunk)
        patience.reschedule(loop.time() + silence)


def tell(error: Exception) -> str:
    """Return what happened in words, without the request's URL, which aiohttp puts into some of its texts."""
    if isinstance(error, aiohttp.InvalidURL):
        return "the URL is malformed"
    text = f"{error.status} {error.message}" if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return " ".join(text.split()) or type(error).__name__


def may_pass(error: Exception) -> bool:
    """Tell whether it may go away by asking again."""
    return not isinstance(error, _LASTING)


def is_corrupt(error: Exception) -> bool:
    """Tell whether the body is not compressed as its header says."""
    return isinstance(error.__cause__, ContentEncodingError)


class _BrokenConnectionError(aiohttp.ClientError):
    """A connection that broke before the answer came."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET by itself when its connection breaks.

    Neither the user's limiter nor ``RetryPolicy.attempts`` nor stamina's instrumentation would know of it.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # there was no connection: aiohttp does not repeat this
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenConnectionError(tell(error)) from error
