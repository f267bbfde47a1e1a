"""Each client under one face: read a run's steps from a server on loopback, as its documentation says."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

THREAD, RUN, KEY = "thread_1", "run_1", "key"
PAGE_SIZE = 100


class ReturnedStatus(Exception):
    """A client that raises nothing returned an object with an error's status."""


class Client:
    """A client: its package, and the emulator's profile that it talks to."""

    package: ClassVar[str]
    profile: ClassVar[str] = "compatible"

    def steps(self, base_url: str, before: str | None) -> AsyncIterator[Any]:
        """Read the steps in ascending order, pages of 100, with all that the client does by itself."""
        raise NotImplementedError

    def warier(self) -> Client | None:
        """Return the same client with more distrust of the server, where it can be told so."""
        return None

    def call(self, step: Any) -> Any:
        """Return the step's first tool call."""
        return step.step_details.tool_calls[0]

    def payload(self, call: Any) -> Any:
        """Return what the client kept of the call's JSON."""
        raise NotImplementedError

    def patience(self) -> str:
        """Tell how long it waits for a silent server, from its own settings."""
        raise NotImplementedError


class Ours(Client):
    package = "openai-steps"

    def __init__(self, *, verify_paging: bool = False) -> None:
        self.verify_paging = verify_paging

    def warier(self) -> Client | None:
        return None if self.verify_paging else Ours(verify_paging=True)

    async def steps(self, base_url: str, before: str | None) -> AsyncIterator[Any]:
        from openai_steps import AsyncStepsClient

        async with AsyncStepsClient(base_url=base_url, api_key=KEY) as client:
            async for step in client.iter_steps(
                THREAD, RUN, order="asc", before=before, verify_paging=self.verify_paging
            ):
                yield step

    def payload(self, call: Any) -> Any:
        from openai_steps import unstructure

        return unstructure(call)

    def patience(self) -> str:
        from openai_steps import Timeouts

        return f"{Timeouts().attempt:.0f} s a try, {Timeouts().total:.0f} s in all"


class OpenAI(Client):
    package = "openai"

    async def steps(self, base_url: str, before: str | None) -> AsyncIterator[Any]:
        import openai

        async with openai.AsyncOpenAI(base_url=base_url, api_key=KEY) as client:
            cursor: Any = {} if before is None else {"before": before}
            listing = client.beta.threads.runs.steps.list(RUN, thread_id=THREAD, order="asc", limit=PAGE_SIZE, **cursor)
            async for step in listing:
                yield step

    def payload(self, call: Any) -> Any:
        return call.to_dict()

    def patience(self) -> str:
        import openai

        client = openai.AsyncOpenAI(api_key=KEY)
        timeout: Any = client.timeout
        return f"{timeout.read:.0f} s a try, {client.max_retries + 1} tries"


class AzureAIAgents(Client):
    package = "azure-ai-agents"
    profile = "azure_foundry"

    async def steps(self, base_url: str, before: str | None) -> AsyncIterator[Any]:
        from azure.ai.agents.aio import AgentsClient
        from azure.core.credentials import AzureKeyCredential
        from azure.core.pipeline.policies import AzureKeyCredentialPolicy

        # Tokens are not sent to http://127.0.0.1 by its own policy; this one does the same with a key.
        credential: Any = AzureKeyCredential(KEY)
        policy = AzureKeyCredentialPolicy(credential, "Authorization", prefix="Bearer")
        async with AgentsClient(base_url, credential, authentication_policy=policy) as client:
            listing = client.run_steps.list(THREAD, RUN, order="asc", limit=PAGE_SIZE, before=before)
            async for step in listing:
                yield step

    def payload(self, call: Any) -> Any:
        return call.as_dict()

    def patience(self) -> str:
        from azure.core.configuration import ConnectionConfiguration
        from azure.core.pipeline.policies import AsyncRetryPolicy

        connection: Any = ConnectionConfiguration()
        return f"{connection.read_timeout:.0f} s a try, {AsyncRetryPolicy().total_retries + 1} tries"


class DashScope(Client):
    package = "dashscope"
    profile = "dashscope"

    async def steps(self, base_url: str, before: str | None) -> AsyncIterator[Any]:
        for step in await asyncio.to_thread(self._first_page, base_url, before):
            yield step

    def _first_page(self, base_url: str, before: str | None) -> Any:
        from dashscope.threads import Steps

        page = Steps.list(
            RUN,
            thread_id=THREAD,
            order="asc",
            limit=PAGE_SIZE,
            before=before,  # type: ignore[arg-type]
            api_key=KEY,
            base_address=base_url,
        )
        if page.status_code not in (None, 200):
            raise ReturnedStatus(page.status_code)
        return page.data

    def payload(self, call: Any) -> Any:
        return dict(call) if isinstance(call, dict) else vars(call)

    def patience(self) -> str:
        from dashscope.common.constants import DEFAULT_REQUEST_TIMEOUT_SECONDS

        return f"{DEFAULT_REQUEST_TIMEOUT_SECONDS} s, 1 try"


CLIENTS: tuple[type[Client], ...] = (Ours, OpenAI, AzureAIAgents, DashScope)


def installed(client: type[Client]) -> str | None:
    """Return the client's version, or None where it is not installed."""
    try:
        return version(client.package)
    except PackageNotFoundError:
        return None


def silence() -> None:
    """All three warn at each call that the API is deprecated; retries are logged."""
    logging.disable()
    warnings.simplefilter("ignore", DeprecationWarning)
