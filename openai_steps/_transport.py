"""The network: one aiohttp session that sends, retries, caps and holds back. Nothing else here touches a socket."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any, Final, TypeVar

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from openai_steps._aiohttp import is_corrupt, may_pass, open_session, read_body, tell
from openai_steps._auth import Authorizer
from openai_steps._endpoint import Endpoint
from openai_steps._errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    RateLimitError,
    ResponseDecodeError,
    StepsError,
)
from openai_steps._gate import FIRST_PLACES, Gate
from openai_steps._headers import check_headers, hide, secrets_in
from openai_steps._protocol import Reply, Request, check_status, mask, request_headers
from openai_steps._retry import is_transient, wait_before_retry
from openai_steps._settings import Limits, RetryPolicy, Timeouts

T = TypeVar("T")

_CLOSED: Final = "This client is closed. Make a new AsyncStepsClient."

_SLOW: Final = 1.0  # seconds without an answer, after which one more request may be under way


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
        self._limiter = nullcontext() if limiter is None else limiter
        self._headers = {**check_headers(request_headers(endpoint)), **headers}
        in_query = (hide(value) for name, value in endpoint.query if name != "api-version")
        self._secrets = (*secrets_in(self._headers), *in_query)
        self._auth = Authorizer(endpoint, now=time.time)
        self._gate = Gate()
        self._places = asyncio.Semaphore(FIRST_PLACES)
        self._turn = asyncio.Lock()  # first come, first served: who has it waits for the gate
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
                jitter=roll(),
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
        self._hold_for(call)
        scope = asyncio.timeout(call.time_left)
        try:
            call.waits_for = "the limiter given to this client"
            async with scope, self._limiter:
                call.waits_for = "other requests to be answered"
                async with self._places:
                    call.waits_for = "its turn after a rate limit"
                    await self._pass_gate(call)
                    with self._another_place_if_slow():
                        return await self._send_authorized(call)
        except TimeoutError:
            if not scope.expired():
                raise  # the limiter's own, or that of the function that gives the key
            raise call.timed_out() from None

    async def _send_authorized(self, call: _Call) -> Reply:
        header = await self._header(call)
        try:
            return await self._send(call, header)
        except AuthenticationError:
            if not self._auth.can_renew:
                raise
        self._auth.forget(header)
        return await self._send(call, await self._header(call))

    async def _header(self, call: _Call) -> dict[str, str]:
        call.waits_for = "the key"
        return await self._auth.header()

    @contextmanager
    def _another_place_if_slow(self) -> Iterator[None]:
        """A request that hangs must not keep the few first places from those that would be answered."""
        timer = asyncio.get_running_loop().call_later(_SLOW, self._places.release)
        try:
            yield
        finally:
            timer.cancel()

    async def _pass_gate(self, call: _Call) -> None:
        self._hold_for(call)  # before the queue, since the first of it may have more time
        async with self._turn:
            while (wait := self._hold_for(call)) > 0:
                await sleep(wait)
                if _is_testing():
                    break
            self._gate.passed(time.monotonic())

    def _hold_for(self, call: _Call) -> float:
        """Return the seconds for which the gate holds all back; RateLimitError if this call has no more than that."""
        wait = self._gate.wait(time.monotonic())
        if 0 < wait >= call.time_left:
            raise call.held_back(wait)
        return wait

    async def _send(self, call: _Call, key: Mapping[str, str]) -> Reply:
        headers = CIMultiDict(key)
        headers.update(self._headers)
        secrets = self._auth.secrets(key) + self._secrets
        call.waits_for, sent_at = None, time.monotonic()
        reply = await self._exchange(call, headers, secrets)
        if reply.status != 429 and reply.status < 500:
            self._note_served()
        try:
            check_status(reply, request=call.request, endpoint=self.endpoint)
        except RateLimitError as error:
            self._gate.rejected(time.monotonic(), sent_at=sent_at, retry_after=error.retry_after)
            raise
        return reply

    def _note_served(self) -> None:
        self._gate.served(time.monotonic())
        if self._gate.may_widen:
            self._places.release()  # besides this request's own

    async def _exchange(self, call: _Call, headers: Mapping[str, str], secrets: tuple[str, ...]) -> Reply:
        """Send one request and read the whole answer; aiohttp's exceptions end here."""
        try:
            async with self._open_session().get(
                URL(call.request.url, encoded=True),
                headers=headers,
                timeout=call.client_timeout(),
                allow_redirects=False,  # a redirect would carry the key to another place
                auto_decompress=True,
                raise_for_status=False,
            ) as response:
                body = await read_body(response, self._limits.max_body_bytes)
                return Reply(response.status, response.headers, body, secrets)
        except TimeoutError:
            failure: StepsError = call.timed_out()
        except (aiohttp.ClientError, OSError) as error:
            failure = self._failure(error, call, secrets)
        raise failure  # out here, without its context: aiohttp's errors hold the request and a proxy's password

    def _failure(self, error: Exception, call: _Call, secrets: Iterable[str]) -> StepsError:
        told = mask(tell(error), secrets)
        if is_corrupt(error):
            return ResponseDecodeError(f"The body can not be decompressed: {told} ({call.shown}).")
        host, broke_off = self.endpoint.host, isinstance(error, aiohttp.ClientPayloadError)
        what = f"The answer from {host} broke off" if broke_off else f"No answer from {host}"
        return APIConnectionError(f"{what}: {told} ({call.shown}).", transient=may_pass(error))

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError(_CLOSED)
        if self._session is None:
            self._session = open_session(self._limits)
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


class _Call:
    """One request with its retries: what is asked, and how much time is left."""

    def __init__(self, request: Request, timeouts: Timeouts) -> None:
        self.request = request
        self.timeouts = timeouts
        self.deadline = time.monotonic() + timeouts.total
        self.waits_for: str | None = None  # in words, while it is not sent

    @property
    def time_left(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def within(self) -> str:
        return f"within {self.timeouts.attempt:g} s, {self.timeouts.total:g} s with all retries"

    @property
    def shown(self) -> str:
        return f"GET {self.request.path}"

    def held_back(self, wait: float) -> RateLimitError:
        return RateLimitError(
            f"Held back: the server's rate limit leaves no place for another {wait:.3g} s, which is more than is left "
            f"of {self.timeouts.total:g} s with all retries ({self.shown}).",
            status=429,
            retry_after=wait,
        )

    def timed_out(self) -> APITimeoutError:
        if self.waits_for is not None:
            return APITimeoutError(
                f"Not sent: {self.timeouts.total:g} s with all retries ended while it waited for {self.waits_for} "
                f"({self.shown})."
            )
        return APITimeoutError(f"No complete answer {self.within} ({self.shown}).")

    def client_timeout(self) -> aiohttp.ClientTimeout:
        left = self.time_left
        if left >= self.timeouts.attempt:
            return _client_timeout(self.timeouts.attempt, self.timeouts.connect)
        left = max(left, 0.001)  # aiohttp takes 0 for no limit
        return aiohttp.ClientTimeout(total=left, sock_connect=min(self.timeouts.connect, left))


@lru_cache(maxsize=32)
def _client_timeout(attempt: float, connect: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=attempt, sock_connect=min(connect, attempt))


class Deadline:
    """A moment after which nothing is waited for.

    Args:
        seconds: From now to that moment; None: never.
        told: What to say when it has come.
    """

    def __init__(self, seconds: float | None, *, told: str) -> None:
        self._at = math.inf if seconds is None else asyncio.get_running_loop().time() + seconds
        self._told = told

    @property
    def time_left(self) -> float:
        """Seconds to that moment; infinite where there is none."""
        return self._at - asyncio.get_running_loop().time()

    async def wait_for(self, awaitable: Awaitable[T]) -> T:
        """Return what the awaitable gives; APITimeoutError if it does not give it in time."""
        scope = asyncio.timeout_at(None if self._at == math.inf else self._at)
        try:
            async with scope:
                return await awaitable
        except TimeoutError:
            if not scope.expired():
                raise
            raise APITimeoutError(self._told) from None


def roll() -> float:
    """Return a random number from 0 up to 1."""
    return random.random()  # noqa: S311 - not for secrets


async def sleep(seconds: float) -> None:
    """Wait; but not in stamina's test mode, which is there to make tests quick."""
    await asyncio.sleep(0 if _is_testing() else seconds)


def _is_testing() -> bool:
    import stamina

    return stamina.is_testing()
