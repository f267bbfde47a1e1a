"""The network: one aiohttp session that sends, retries, caps and holds back. Nothing else here touches a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import lru_cache
from typing import Any, Final

import aiohttp
from attrs import field, frozen
from multidict import CIMultiDict
from yarl import URL

from openai_steps._arguments import check_headers
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._errors import (
    APIConnectionError,
    AuthenticationError,
    RateLimitError,
    ResponseDecodeError,
    StepsError,
)
from openai_steps._http.replies import Reply, check_status
from openai_steps._http.requests import Request, request_headers
from openai_steps._secrets import hide, mask, secrets_in
from openai_steps._sending.auth import Authorizer
from openai_steps._sending.clock import utc_now
from openai_steps._sending.jitter import jitter
from openai_steps._sending.pending import PendingRequest, Sink
from openai_steps._sending.retry import is_transient, wait_before_retry
from openai_steps._sending.session import is_corrupt, may_pass, open_session, read_body, stream_body, tell
from openai_steps._sending.throttle import Throttle
from openai_steps._settings import Limits, RetryPolicy, Timeouts

_CLOSED: Final = "This client is closed. Make a new AsyncStepsClient."


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
        rate_limiter: AbstractAsyncContextManager[Any] | None,
        headers: Mapping[str, str],
    ) -> None:
        self.endpoint = endpoint
        self._session = session
        self._owns_session = session is None
        self._timeouts = timeouts
        self._retry = retry
        self._limits = limits
        self._limiter = rate_limiter
        self._headers = {**check_headers(request_headers(endpoint)), **headers}
        in_query = (hide(value) for name, value in endpoint.query if name != "api-version")
        self._secrets = (*secrets_in(self._headers), *in_query)
        self._auth = Authorizer(endpoint, now=time.time)
        fixed = self._auth.fixed_header
        self._identity = None if fixed is None else self._identify(fixed)
        self._throttle = Throttle()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def get(self, request: Request, *, timeouts: Timeouts | None = None, sink: Sink | None = None) -> Reply:
        """Send a request, again where that may help, and return the good answer.

        Args:
            request: What to ask.
            timeouts: Instead of the client's.
            sink: Takes the body as it comes, so that it need not be held.

        Raises:
            APIStatusError: If the last answer was an error.
            APIConnectionError: If no answer came, or not in time.
            ResponseTooLargeError: If the body is bigger than the limit.
            RuntimeError: If the client is closed, or was first used in another event loop.
        """
        self._check_usable()
        pending = PendingRequest(request, timeouts or self._timeouts, sink)
        try:
            return await self._attempt(pending)
        except StepsError as error:
            if not is_transient(error) or self._retry.attempts == 1:
                raise
            failure = error
        return await self._try_again(pending, failure)

    async def authorize(self) -> tuple[str, ...]:
        """Get the key or token that the next request would carry, and return all that must not be shown of it.

        What a credential raises comes through.
        """
        self._check_usable()
        return self._auth.secrets(await self._auth.header()) + self._secrets

    async def aclose(self) -> None:
        """Close the session, if it is this client's own, and refuse further requests."""
        self._closed = True
        if self._session is not None and self._owns_session:
            await self._session.close()

    async def _try_again(self, pending: PendingRequest, failure: StepsError) -> Reply:
        import stamina  # here, since most clients never need it

        number = 0

        def wait(error: Exception) -> bool | float:
            seconds = wait_before_retry(
                error,
                policy=self._retry,
                attempt=number,
                jitter=jitter(),
                time_left=pending.deadline.time_left,
            )
            return False if seconds is None else seconds

        @stamina.retry(on=wait, attempts=self._retry.attempts, timeout=None)
        async def get_run_steps(path: str) -> Reply:  # these names are what stamina's instrumentation shows
            nonlocal number
            number += 1
            if number == 1:
                raise failure  # the first attempt has been made, at no cost of stamina's
            return await self._attempt(pending)

        return await get_run_steps(pending.request.path)

    async def _attempt(self, pending: PendingRequest) -> Reply:
        if self._limiter is None:
            return await self._attempt_at_once(pending)
        self._throttle.check_hold(pending)  # for its error, rather than wait for the limiter in vain
        async with AsyncExitStack() as stack:
            entered = stack.enter_async_context(self._limiter)
            await pending.wait_for("the limiter given to this client", entered)
            return await self._attempt_at_once(pending)

    async def _attempt_at_once(self, pending: PendingRequest) -> Reply:
        await self._throttle.enter(pending)
        try:
            identity = self._identity or await self._fresh_identity(pending)
            try:
                return await self._send(pending, identity)
            except AuthenticationError:
                if not self._auth.can_renew:
                    raise
            self._auth.forget(identity.key)
            return await self._send(pending, await self._fresh_identity(pending))
        finally:
            self._throttle.leave(pending)

    async def _fresh_identity(self, pending: PendingRequest) -> _Identity:
        return self._identify(await pending.wait_for("the key", self._auth.header()))

    def _identify(self, key: Mapping[str, str]) -> _Identity:
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in (*key.items(), *self._headers.items()):
            headers[name] = value  # instead of one whose name is the same in another case
        return _Identity(key=key, headers=headers, secrets=self._auth.secrets(key) + self._secrets)

    async def _send(self, pending: PendingRequest, identity: _Identity) -> Reply:
        sent_at = time.monotonic()
        reply = await self._exchange(pending, identity, pending.time_for_attempt(sent_at))
        if reply.status != 429 and reply.status < 500:
            self._throttle.served()
        try:
            check_status(reply, request=pending.request, endpoint=self.endpoint, now=utc_now())
        except RateLimitError as error:
            self._throttle.rejected(sent_at=sent_at, retry_after=error.retry_after)
            raise
        return reply

    async def _exchange(self, pending: PendingRequest, identity: _Identity, seconds: float) -> Reply:
        """Send one request and read the whole answer; aiohttp's exceptions end here."""
        try:
            async with (
                asyncio.timeout(seconds) as patience,
                self._open_session().get(
                    URL(pending.request.url, encoded=True),
                    headers=self._headers_of(pending, identity),
                    timeout=_only_for_connecting(pending.timeouts.connect),
                    allow_redirects=False,  # a redirect would carry the key to another place
                    auto_decompress=True,
                    raise_for_status=False,
                ) as response,
            ):
                if pending.sink is not None and response.status in (200, 206):
                    await stream_body(response, pending.sink, patience, pending.timeouts.attempt)
                    return Reply(response.status, response.headers, b"", identity.secrets)
                body = await read_body(response, self._limits.max_body_bytes)
                return Reply(response.status, response.headers, body, identity.secrets)
        except TimeoutError:
            failure: StepsError = pending.timed_out()
        except (aiohttp.ClientError, OSError) as error:
            failure = self._failure(error, pending, identity.secrets)
        raise failure  # out here, without its context: aiohttp's errors hold the request and a proxy's password

    def _headers_of(self, pending: PendingRequest, identity: _Identity) -> Mapping[str, str] | None:
        """Return the headers to send besides those that a session of this client's own has already."""
        known = self._owns_session and self._identity is not None
        if pending.sink is None:
            return None if known else identity.headers
        headers: CIMultiDict[str] = CIMultiDict() if known else identity.headers.copy()
        headers.update(pending.sink.headers)
        return headers

    def _failure(self, error: Exception, pending: PendingRequest, secrets: Iterable[str]) -> StepsError:
        told = mask(tell(error), secrets)
        if is_corrupt(error):
            return ResponseDecodeError(f"The body can not be decompressed: {told} ({pending.shown}).")
        host, broke_off = self.endpoint.host, isinstance(error, aiohttp.ClientPayloadError)
        what = f"The answer from {host} broke off" if broke_off else f"No answer from {host}"
        return APIConnectionError(f"{what}: {told} ({pending.shown}).", transient=may_pass(error))

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError(_CLOSED)
        if self._session is None:
            headers = self._identity.headers if self._identity else None
            self._session = open_session(self._limits, headers)
        return self._session

    def _check_usable(self) -> None:
        if self._closed:
            raise RuntimeError(_CLOSED)
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


@frozen(kw_only=True)
class _Identity:
    """Who sends: the header with the key, all headers with it, and what in them must not be shown."""

    key: Mapping[str, str] = field(repr=False)
    headers: CIMultiDict[str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@lru_cache(maxsize=32)
def _only_for_connecting(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds)
