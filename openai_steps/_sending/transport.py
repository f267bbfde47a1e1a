"""Sends a request from its first attempt to its last: throttle, key, retries, and the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from copy import copy
from typing import Any

import aiohttp
from attrs import evolve

from openai_steps._arguments import check_headers
from openai_steps._endpoint.base_url import VERSION_PARAMETER
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._errors import AuthenticationError, RateLimitError, StepsError
from openai_steps._http.replies import Reply, check_status
from openai_steps._http.requests import Request, request_headers
from openai_steps._secrets import secrets_in
from openai_steps._sending.auth import Authorizer
from openai_steps._sending.clock import utc_now
from openai_steps._sending.events import Observer
from openai_steps._sending.identity import Identity, identify
from openai_steps._sending.jitter import jitter
from openai_steps._sending.network import Network
from openai_steps._sending.observe import Watch, keep_stamina_quiet
from openai_steps._sending.pending import PendingRequest, Sink
from openai_steps._sending.retry import is_transient, wait_before_retry
from openai_steps._sending.session import Connections, check_session, secrets_of
from openai_steps._sending.throttle import Throttle
from openai_steps._settings import Limits, RetryPolicy, Timeouts


class Transport:
    """Sends requests to one endpoint. See `AsyncStepsClient` for the parameters."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        session: aiohttp.ClientSession | None,
        network: Network,
        timeouts: Timeouts,
        retry: RetryPolicy,
        limits: Limits,
        rate_limiter: AbstractAsyncContextManager[Any] | None,
        headers: Mapping[str, str],
        observer: Observer | None,
    ) -> None:
        self.endpoint = endpoint
        self._timeouts = timeouts
        self._retry = retry
        self._limiter = rate_limiter
        self._session = session
        self._auth = Authorizer(endpoint, now=time.time)
        self._secrets: tuple[str, ...] = (*network.secrets, *secrets_of(session))
        self._headers = check_headers(request_headers(endpoint))
        self._take_on(headers)
        self._connections = Connections(
            session,
            host=endpoint.host,
            limits=limits,
            network=network,
            identity=self._identity,
        )
        self._throttle = Throttle()
        self._watch = Watch(observer)

    def with_options(
        self,
        *,
        timeouts: Timeouts,
        retry: RetryPolicy,
        headers: Mapping[str, str],
        query: Mapping[str, str],
    ) -> Transport:
        """Return a transport with these options, over the same connections and under the same rate limit."""
        other = copy(self)
        kept = (pair for pair in self.endpoint.query if pair[0] not in query)
        other.endpoint = evolve(self.endpoint, query=(*kept, *query.items()))
        other._timeouts, other._retry = timeouts, retry
        other._take_on(headers)
        return other

    def _take_on(self, headers: Mapping[str, str]) -> None:
        """Send these headers, too, and keep what is secret in them and in the endpoint's query out of all texts."""
        self._headers = {**self._headers, **headers}
        in_query = (value for name, value in self.endpoint.query if name != VERSION_PARAMETER)
        self._secrets = tuple(dict.fromkeys((*self._secrets, *secrets_in(self._headers), *in_query)))
        fixed = self._auth.fixed_header
        self._identity = None if fixed is None else self._identify(fixed)
        names = {name.lower() for name in (*self._headers, *self._auth.header_names)}
        check_session(self._session, sends_authorization="authorization" in names)

    async def get(self, request: Request, *, timeouts: Timeouts | None = None, sink: Sink | None = None) -> Reply:
        """Send a request, with retries if they may help, and return the good answer.

        Args:
            request: The request.
            timeouts: Instead of the client's.
            sink: Takes the body as it comes, so that it need not fit into memory.

        Raises:
            APIStatusError: If the last answer was an error.
            APIConnectionError: If no answer came, or not in time.
            ResponseTooLargeError: If the body is larger than the limit.
            RuntimeError: If the client is closed, or was first used in another event loop.
        """
        self.check_usable()
        pending = PendingRequest(request, timeouts or self._timeouts, sink)
        try:
            return await self._attempt(pending)
        except StepsError as error:
            if not is_transient(error) or self._retry.attempts == 1:
                raise
            failure = error
        return await self._try_again(pending, failure)

    def check_usable(self) -> None:
        """Raise a RuntimeError if no request can be sent from here."""
        self._connections.check_usable()

    async def authorize(self) -> tuple[str, ...]:
        """Get the key or token of the next request, and return its secrets.

        A credential's own exceptions come through.
        """
        self.check_usable()
        return self._auth.secrets(await self._auth.header()) + self._secrets

    async def aclose(self) -> None:
        """Close the session, if it is this client's own, and refuse further requests."""
        await self._connections.aclose()

    async def _try_again(self, pending: PendingRequest, failure: StepsError) -> Reply:
        import stamina  # here, since most clients never need it

        keep_stamina_quiet()
        number = 0

        def wait(error: Exception) -> bool | float:
            seconds = wait_before_retry(
                error,
                policy=self._retry,
                attempt=number,
                jitter=jitter(),
                time_left=pending.deadline.time_left,
            )
            if seconds is None:
                return False
            self._watch.retrying(pending, error, attempt=number, seconds=seconds)
            return seconds

        async def send(path: str) -> Reply:  # stamina's hooks get the path as well
            nonlocal number
            number += 1
            if number == 1:
                raise failure  # the first attempt was made without stamina's cost
            return await self._attempt(pending)

        # Stamina's hooks take the name of the call from here.
        send.__module__, send.__qualname__ = "openai_steps", f"GET {pending.request.route}"
        retrying = stamina.retry(on=wait, attempts=self._retry.attempts, timeout=None)
        return await retrying(send)(pending.request.path)

    async def _attempt(self, pending: PendingRequest) -> Reply:
        pending.begin_attempt()
        if self._limiter is None:
            return await self._attempt_at_once(pending)
        self._throttle.check_hold(pending)  # raises its error before a needless wait for the limiter
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
            pending.begin_attempt()
            return await self._send(pending, await self._fresh_identity(pending))
        finally:
            self._throttle.leave(pending)

    async def _fresh_identity(self, pending: PendingRequest) -> Identity:
        return self._identify(await pending.wait_for("the key", self._auth.header()))

    def _identify(self, key: Mapping[str, str]) -> Identity:
        return identify(key, headers=self._headers, secrets=self._auth.secrets(key) + self._secrets)

    async def _send(self, pending: PendingRequest, identity: Identity) -> Reply:
        sent_at = time.monotonic()
        reply: Reply | None = None
        failure: StepsError | None = None
        try:
            reply = await self._connections.exchange(
                pending,
                identity,
                seconds=pending.time_for_attempt(sent_at),
            )
            if reply.status != 429 and reply.status < 500:
                self._throttle.served(sent_at=sent_at)
            check_status(reply, request=pending.request, endpoint=self.endpoint, now=utc_now())
        except StepsError as error:
            failure = error
            if isinstance(error, RateLimitError):
                self._throttle.rejected(sent_at=sent_at, retry_after=error.retry_after)
            raise
        else:
            return reply
        finally:
            if self._watch.is_wanted and (reply or failure):  # neither: cancelled
                self._watch.attempted(pending, reply, failure, sent_at=sent_at, now=time.monotonic())
