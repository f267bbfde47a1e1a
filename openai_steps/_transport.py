"""The network: one aiohttp session that sends, retries, caps and holds back. Nothing else here touches a socket."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib.metadata import version
from typing import Any

import aiohttp
from yarl import URL

from openai_steps._auth import Authorizer
from openai_steps._endpoint import Endpoint
from openai_steps._errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    RateLimitError,
    ResponseTooLargeError,
    StepsError,
)
from openai_steps._gate import Gate
from openai_steps._protocol import Reply, Request, check_status, mask
from openai_steps._retry import is_transient, wait_before_retry
from openai_steps._settings import Limits, RetryPolicy, Timeouts


class Transport:
    """Sends requests to one endpoint. See `AsyncStepsClient` for the parameters."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        session: aiohttp.ClientSession | None,
        timeouts: Timeouts,
        retry: RetryPolicy,
        limits: Limits,
        limiter: AbstractAsyncContextManager[Any] | None,
        headers: Mapping[str, str],
    ) -> None:
        self.endpoint = endpoint
        self._session = session
        self._owns_session = session is None
        self._timeouts = timeouts
        self._retry = retry
        self._limits = limits
        self._limiter = limiter
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"openai-steps/{version('openai-steps')}",
            **endpoint.headers,
            **headers,
        }
        self._auth = Authorizer(endpoint, now=time.time)
        self._gate = Gate()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def get(self, request: Request, *, timeouts: Timeouts | None = None) -> Reply:
        """Send a request, again where that may help, and return the good answer.

        Raises:
            APIStatusError: If the last answer was an error.
            APIConnectionError: If no answer came, or not in time.
            ResponseTooLargeError: If the body is bigger than the limit.
            RuntimeError: If the client is closed, or was first used in another event loop.
        """
        self._check_usable()
        call = _Call(request, timeouts or self._timeouts)
        try:
            return await self._attempt(call)
        except StepsError as error:
            if not is_transient(error) or self._retry.attempts == 1:
                raise
            failure = error
        return await self._try_again(call, failure)

    async def aclose(self) -> None:
        """Close the session, if it is this client's own, and refuse further requests."""
        self._closed = True
        if self._session is not None and self._owns_session:
            await self._session.close()

    async def _try_again(self, call: _Call, failure: StepsError) -> Reply:
        import stamina  # here, since most clients never need it

        number = 0

        def wait(error: Exception) -> bool | float:
            seconds = wait_before_retry(
                error,
                policy=self._retry,
                attempt=number,
                jitter=random.random(),  # noqa: S311 - not for secrets
                time_left=call.time_left,
            )
            return False if seconds is None else seconds

        @stamina.retry(on=wait, attempts=self._retry.attempts, timeout=None)
        async def get_run_steps(path: str) -> Reply:  # these names are what stamina's instrumentation shows
            nonlocal number
            number += 1
            if number == 1:
                raise failure  # the first attempt has been made, at no cost of stamina's
            return await self._attempt(call)

        return await get_run_steps(call.request.path)

    async def _attempt(self, call: _Call) -> Reply:
        if self._limiter is None:
            return await self._send_authorized(call)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(call.time_left):
                    await stack.enter_async_context(self._limiter)
            except TimeoutError:
                raise APITimeoutError(f"The limiter let nothing through ({call.shown}).") from None
            return await self._send_authorized(call)

    async def _send_authorized(self, call: _Call) -> Reply:
        await self._pass_gate(call)
        header = await self._auth.header()
        try:
            return await self._send(call, header)
        except AuthenticationError:
            if not self._auth.can_renew:
                raise
        self._auth.forget(header)
        return await self._send(call, await self._auth.header())

    async def _pass_gate(self, call: _Call) -> None:
        now = time.monotonic()
        while (slot := self._gate.reserve(now)) > now:
            if slot - now > call.time_left:
                raise RateLimitError(
                    f"Held back: the server's rate limit leaves no place {call.within}.",
                    status=429,
                    retry_after=slot - now,
                )
            await _sleep(slot - now)
            now = time.monotonic()
            if not self._gate.is_held(now):
                return

    async def _send(self, call: _Call, key: Mapping[str, str]) -> Reply:
        sent_at = time.monotonic()
        reply = await self._exchange(call, {**self._headers, **key})
        try:
            check_status(reply, request=call.request, endpoint=self.endpoint, secrets=self._auth.secrets)
        except RateLimitError as error:
            self._gate.rejected(time.monotonic(), sent_at=sent_at, retry_after=error.retry_after)
            raise
        self._gate.served(time.monotonic())
        return reply

    async def _exchange(self, call: _Call, headers: Mapping[str, str]) -> Reply:
        """Send one request and read the whole answer; aiohttp's exceptions end here."""
        try:
            async with self._open_session().get(
                URL(call.request.url, encoded=True),
                headers=headers,
                timeout=call.client_timeout(),
                allow_redirects=False,  # a redirect would carry the key to another place
                raise_for_status=False,
            ) as response:
                return Reply(response.status, response.headers, await self._read(response))
        except TimeoutError:
            raise APITimeoutError(f"No complete answer {call.within} ({call.shown}).") from None
        except (aiohttp.ClientError, OSError) as error:
            transient = not isinstance(error, aiohttp.ClientSSLError | aiohttp.InvalidURL)
            told = mask(str(error) or type(error).__name__, self._auth.secrets)
            raise APIConnectionError(
                f"No answer from {self.endpoint.host}: {told} ({call.shown}).", transient=transient
            ) from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._limits.max_body_bytes
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > limit:
                raise ResponseTooLargeError(
                    f"The body has more than {limit} bytes: ask for smaller pages, or raise Limits.max_body_bytes."
                )
            chunks.append(chunk)
        return b"".join(chunks) if len(chunks) != 1 else chunks[0]

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limits.max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _check_usable(self) -> None:
        if self._closed:
            raise RuntimeError("This client is closed. Make a new AsyncStepsClient.")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise RuntimeError(
                "This client was first used in another event loop, and its connections live there. "
                "Make an AsyncStepsClient for each event loop."
            )
        if self._session is not None and self._session.closed:
            raise RuntimeError("The aiohttp session given to this client is closed.")


class _Call:
    """One request with its retries: what is asked, and how much time is left."""

    def __init__(self, request: Request, timeouts: Timeouts) -> None:
        self.request = request
        self.timeouts = timeouts
        self.deadline = time.monotonic() + timeouts.total

    @property
    def time_left(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def within(self) -> str:
        return f"within {self.timeouts.attempt:g} s, {self.timeouts.total:g} s with all retries"

    @property
    def shown(self) -> str:
        return f"GET {self.request.path}"

    def client_timeout(self) -> aiohttp.ClientTimeout:
        left = max(self.time_left, 0.001)  # aiohttp takes 0 for no limit
        return aiohttp.ClientTimeout(
            total=min(self.timeouts.attempt, left), sock_connect=min(self.timeouts.connect, left)
        )


async def _sleep(seconds: float) -> None:
    import stamina

    await asyncio.sleep(0 if stamina.is_testing() else seconds)
