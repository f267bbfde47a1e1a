"""`AsyncStepsClient`: one class made of the verbs for each kind of thing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

import aiohttp

from openai_steps._arguments import check_headers
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
from openai_steps._secrets import hide, hide_values
from openai_steps._sending.transport import Transport
from openai_steps._settings import Limits, RetryPolicy, Timeouts


class AsyncStepsClient(FleetVerbs, FollowVerbs, StepVerbs, RunVerbs, MessageVerbs, ThreadVerbs, FileVerbs):
    """Reads the steps of Assistants-style runs, over one aiohttp session.

    Use it as an async context manager, or call `aclose` when done. One client serves any number of tasks of one event
    loop.

    Args:
        endpoint: The server. Default: `Endpoint.openai` with ``api_key`` and ``base_url``.
        api_key: Default: the environment variable ``OPENAI_API_KEY``. A function, plain or async, is asked for the
            key before each request.
        base_url: Default: the environment variable ``OPENAI_BASE_URL``, or else OpenAI's.
        session: A session of your own, with your proxies, certificates and tracing. It is never closed here.
        timeout: How long to wait: a `Timeouts`, or seconds for one request.
        retry: When to try again.
        limits: The biggest answer, and the most connections.
        rate_limiter: Any async context manager that is entered around each request, such as a semaphore or an
            ``aiolimiter.AsyncLimiter``.
        headers: More headers for each request.

    Raises:
        ValueError: If an argument makes no sense, or a key that is needed is missing.
    """

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
    ) -> None:
        api_key, headers = hide(api_key), hide_values(headers)  # for tracebacks that show locals
        if endpoint is None:
            endpoint = Endpoint.openai(api_key=api_key, base_url=base_url)
        elif api_key is not None or base_url is not None:
            raise ValueError("Give api_key and base_url to the endpoint, not to the client, too.")
        self._timeouts = timeouts_for(timeout, Timeouts())
        self._retry = retry or RetryPolicy()
        self._transport = Transport(
            endpoint,
            session=session,
            timeouts=self._timeouts,
            retry=self._retry,
            limits=limits or Limits(),
            rate_limiter=rate_limiter,
            headers=check_headers(headers),
        )

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):  # as a traceback shows it when __init__ has failed
            return "<AsyncStepsClient>"
        return f"<AsyncStepsClient {self.endpoint.provider} {self.endpoint.base_url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the session was brought along. A closed client stays closed."""
        await self._transport.aclose()
