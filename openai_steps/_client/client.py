"""`AsyncStepsClient`: one class made of the verbs for each kind of thing."""

from __future__ import annotations

import ssl as ssl_module
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, NoReturn, Self

import aiohttp

from openai_steps._arguments import ArgumentError, check_headers
from openai_steps._client.files import FileVerbs
from openai_steps._client.fleet import FleetVerbs
from openai_steps._client.follow import FollowVerbs
from openai_steps._client.messages import MessageVerbs
from openai_steps._client.requests import timeouts_for
from openai_steps._client.runs import RunVerbs
from openai_steps._client.steps import StepVerbs
from openai_steps._client.threads import ThreadVerbs
from openai_steps._endpoint.credentials import ApiKey
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._secrets import without_trace
from openai_steps._sending.events import Observer
from openai_steps._sending.network import find_network
from openai_steps._sending.transport import Transport
from openai_steps._settings import Limits, RetryPolicy, Timeouts
from openai_steps._walks.trust import LIST_KINDS, Trust


class AsyncStepsClient(FleetVerbs, FollowVerbs, StepVerbs, RunVerbs, MessageVerbs, ThreadVerbs, FileVerbs):
    """Reads the steps of Assistants-style runs, over one aiohttp session.

    Use it as an async context manager, or call `aclose` when done. One client serves any number of tasks of one event
    loop.

    Args:
        endpoint: The server. Default: `Endpoint.openai` with ``api_key`` and ``base_url``.
        api_key: Default: the environment variable ``OPENAI_API_KEY``. A plain or async function is called for
            the key before each request.
        base_url: Default: the environment variable ``OPENAI_BASE_URL``, or else OpenAI's.
        session: A session of your own, with your proxies, certificates and tracing. The client never closes it.
        timeout: How long to wait: a `Timeouts`, or seconds for one request.
        retry: When to retry.
        limits: The largest answer, and the most connections.
        rate_limiter: Any async context manager that is entered around each request, such as a semaphore or an
            ``aiolimiter.AsyncLimiter``.
        headers: More headers for each request.
        proxy: The URL of a proxy, ``http://user:password@host:port``. Default: the environment's.
        trust_env: Whether to use ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, and for
            certificates ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
        ssl: Which certificates to trust instead: an `ssl.SSLContext`, or False for any, which gives no protection.
        observer: A plain function that is called with a `RequestEvent` after each attempt.

    Raises:
        ValueError: If an argument makes no sense, or a key that is needed is missing.
    """

    @without_trace
    def __init__(
        self,
        endpoint: Endpoint | None = None,
        *,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        timeout: Timeouts | float | None = None,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        rate_limiter: AbstractAsyncContextManager[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = None,
        trust_env: bool | None = None,
        ssl: ssl_module.SSLContext | bool | None = None,
        observer: Observer | None = None,
    ) -> None:
        if endpoint is None:
            endpoint = Endpoint.openai(api_key=api_key, base_url=base_url)
        elif api_key is not None or base_url is not None:
            raise ValueError("Give api_key and base_url to the endpoint, not to the client, too.")
        elif not isinstance(endpoint, Endpoint):
            raise ValueError(
                f"endpoint must be an Endpoint, not {type(endpoint).__name__}: "
                "pass a key as api_key=…, an address as base_url=…."
            )
        if session is not None and (proxy, trust_env, ssl) != (None, None, None):
            raise ValueError("Give proxy, trust_env and ssl to your session, not to the client, too.")
        if observer is not None and not callable(observer):
            raise ArgumentError("observer", f"must be a function, not {type(observer).__name__}.")
        trust_env = session is None if trust_env is None else trust_env
        self._timeouts = timeouts_for(timeout, Timeouts())
        self._retry = retry or RetryPolicy()
        self._trust = {kind: Trust() for kind in LIST_KINDS}
        self._transport = Transport(
            endpoint,
            session=session,
            network=find_network(endpoint.base_url, proxy=proxy, trust_env=trust_env, ssl=ssl),
            timeouts=self._timeouts,
            retry=self._retry,
            limits=limits or Limits(),
            rate_limiter=rate_limiter,
            headers=check_headers(headers),
            observer=observer,
        )

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):  # a traceback shows it after __init__ has failed
            return "<AsyncStepsClient>"
        return f"<AsyncStepsClient {self.endpoint.provider} {self.endpoint.base_url}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "An AsyncStepsClient cannot be pickled or copied: it has connections. "
            "Send its endpoint, and make a client where it arrives."
        )

    async def __aenter__(self) -> Self:
        self._transport.check_usable()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    @without_trace
    def with_options(
        self,
        *,
        timeout: Timeouts | float | None = None,
        retry: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with other options, for one call or for many.

        It shares this client's connections, key, rate limit, and what is known of the server's pages; closing one of
        them closes both. A server that is chosen by a header or parameter deserves a client of its own.

        Args:
            timeout: How long to wait instead: a `Timeouts`, or seconds for one request.
            retry: When to retry instead.
            headers: Headers to send besides the client's. One of the same name replaces the client's.
            query: Parameters to send besides the endpoint's. One of the same name replaces the endpoint's.

        Raises:
            ValueError: If an option makes no sense.
        """
        other = self._copy()
        other._timeouts = timeouts_for(timeout, self._timeouts)
        other._retry = retry or self._retry
        other._transport = self._transport.with_options(
            timeouts=other._timeouts, retry=other._retry, headers=check_headers(headers), query=dict(query or {})
        )
        return other

    async def aclose(self) -> None:
        """Close the connections, unless the session is yours. A closed client stays closed."""
        await self._transport.aclose()
