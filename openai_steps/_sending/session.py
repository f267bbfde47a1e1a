"""aiohttp's session for this package: bodies with a bound, and one exchange per request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from openai_steps import _words
from openai_steps._arguments import ArgumentError
from openai_steps._errors import ResponseTooLargeError, StepsError
from openai_steps._http.replies import Reply
from openai_steps._secrets import hide, secrets_in, without_trace
from openai_steps._sending.failures import describe, to_steps_error
from openai_steps._sending.identity import Identity
from openai_steps._sending.network import Network
from openai_steps._sending.pending import PendingRequest, Sink
from openai_steps._settings import Limits

_CLOSED: Final = "This client is closed. Make a new AsyncStepsClient."


class Connections:
    """The connections to one server: a session of the client's own, opened on first use, or the user's.

    Args:
        session: The user's session, if there is one; it is never closed here.
        host: The server's name, for messages.
        limits: The largest answer, and the most connections.
        network: The proxy and certificates, for a session of the client's own.
        identity: The headers with the key, if they never change: a session's headers are copied at less cost.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession | None,
        *,
        host: str,
        limits: Limits,
        network: Network,
        identity: Identity | None,
    ) -> None:
        self._session = session
        self._is_own = session is None
        self._host = host
        self._limits = limits
        self._network = network
        self._identity = identity
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def check_usable(self) -> None:
        """Raise a RuntimeError if no request can be sent from here."""
        if self._closed:
            raise RuntimeError(_CLOSED)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "No asyncio event loop is running here, and AsyncStepsClient works in one alone: under trio, by "
                "trio-asyncio, or in a thread that calls asyncio.run."
            ) from None
        if self._loop is None:
            self._loop = loop if self._session is None else getattr(self._session, "_loop", loop)
            self._loop_is_of_session = self._loop is not loop
        if self._loop is not loop:
            raise RuntimeError(
                "The aiohttp session given to this client was made in another event loop. Make it in the one that "
                "uses it."
                if self._loop_is_of_session
                else "This client was first used in another event loop, and its connections live there. "
                "Make an AsyncStepsClient for each event loop."
            )
        if self._session is not None and self._session.closed:
            raise RuntimeError("The aiohttp session given to this client is closed.")

    async def exchange(self, pending: PendingRequest, identity: Identity, *, seconds: float) -> Reply:
        """Send one request and read the whole answer; aiohttp's exceptions end here.

        Raises:
            StepsError: If no answer came, it was too big, or it came after ``seconds``.
        """
        try:
            async with asyncio.timeout(seconds) as patience:
                return await self._round_trip(pending, identity, seconds, patience)
        except (aiohttp.ClientError, OSError) as error:  # includes TimeoutError
            failure = to_steps_error(error, pending, host=self._host, secrets=identity.secrets)
        except StepsError as error:
            failure = error.with_traceback(None)
        # Raised here, from a frame without aiohttp's objects: they hold headers, URLs and a proxy's password, and so do
        # its errors, which would be the context.
        raise failure

    async def aclose(self) -> None:
        """Close the session, if it is the client's own, and refuse further requests."""
        self._closed = True
        if self._session is not None and self._is_own:
            await self._session.close()

    async def _round_trip(
        self, pending: PendingRequest, identity: Identity, seconds: float, patience: asyncio.Timeout
    ) -> Reply:
        # A little less than the attempt may take, so that a server that cannot be reached is reported as unreachable.
        to_connect = min(pending.timeouts.connect, 0.95 * seconds)
        async with self._open_session().get(
            URL(pending.request.url, encoded=True),
            headers=self._headers_for(pending, identity),
            timeout=_only_for_connecting(to_connect),
            allow_redirects=False,  # a redirect would carry the key to another place
            auto_decompress=True,
            raise_for_status=False,
            **self._network.for_request,
        ) as response:
            body = b""
            if pending.sink is not None and response.status in (200, 206):
                await stream_body(response, pending.sink, patience, pending.timeouts.attempt)
            elif response.status < 300:
                body = await read_body(response, self._limits.max_body_bytes)
            else:
                body = await read_beginning(response, self._limits.max_error_bytes)
            return Reply(response.status, response.headers, body, identity.secrets, self._limits.max_values)

    def _headers_for(self, pending: PendingRequest, identity: Identity) -> Mapping[str, str] | None:
        """Return the headers to send besides those of a session of the client's own."""
        known = self._is_own and identity is self._identity
        if pending.sink is None:
            return None if known else identity.headers
        headers: CIMultiDict[str] = CIMultiDict() if known else identity.headers.copy()
        headers.update(pending.sink.headers)
        return headers

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError(_CLOSED)
        if self._session is None:
            self._session = open_session(self._limits, self._network, self._identity)
        return self._session


@without_trace
def open_session(
    limits: Limits, network: Network | None = None, identity: Identity | None = None
) -> aiohttp.ClientSession:
    """Return a session that keeps no cookies, trusts no environment, and sends each request once."""
    return aiohttp.ClientSession(
        headers=None if identity is None else identity.headers,
        connector=aiohttp.TCPConnector(limit=limits.max_connections, ssl=(network or Network()).ssl),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_send_once,),
    )


@without_trace
def secrets_of(session: aiohttp.ClientSession | None) -> tuple[str, ...]:
    """Return the secrets that a user's session sends."""
    if session is None:
        return ()
    auth = getattr(session, "auth", None)
    in_auth = () if auth is None else (hide(auth.password), hide(auth.encode()))
    return (*secrets_in(getattr(session, "headers", {})), *in_auth)


def check_session(session: aiohttp.ClientSession | None, *, sends_authorization: bool) -> None:
    """Raise an ArgumentError for a session with which aiohttp would refuse each request."""
    if sends_authorization and getattr(session, "auth", None) is not None:
        raise ArgumentError(
            "session",
            "has auth=…, which becomes the header Authorization; so does the key. Make the session without auth=, or "
            "send the key in another header: Endpoint.compatible(…, key_header=…).",
        )


async def read_beginning(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the beginning of a body, decompressed: at most ``limit`` bytes."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk[: limit - len(body)]
        if len(body) == limit:
            break
    return body


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body, decompressed; ResponseTooLargeError as soon as it has more than ``limit`` bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            chunks.clear()
            raise ResponseTooLargeError(
                f"The body has more than {_words.size(limit)}: ask for smaller pages, or raise Limits.max_body_bytes."
            )
        chunks.append(chunk)
    return b"".join(chunks) if len(chunks) != 1 else chunks[0]


async def stream_body(response: aiohttp.ClientResponse, sink: Sink, patience: asyncio.Timeout, silence: float) -> None:
    """Pass the body on as it comes.

    Args:
        response: The answer.
        sink: Takes the body.
        patience: The timeout that ends the attempt.
        silence: Seconds to wait for the first bytes, and after each for the next.
    """
    loop = asyncio.get_running_loop()
    await sink.begin(response.status, response.headers)
    async for chunk in response.content.iter_any():
        await sink.write(chunk)
        patience.reschedule(loop.time() + silence)


class _BrokenConnectionError(aiohttp.ClientError):
    """A connection that broke before the answer came."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET itself when its connection breaks.

    Neither the user's limiter nor ``RetryPolicy.attempts`` nor the observer would know of it.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # there was no connection: aiohttp does not repeat this
    except aiohttp.ServerTimeoutError:
        raise  # nor this
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenConnectionError(describe(error)) from error


@lru_cache(maxsize=32)
def _only_for_connecting(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds)
