"""A client and the emulator that it talks to, over HTTP on the loopback interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sample_steps import RUN, THREAD, make_steps
from walk_servers import full_trust

from openai_steps import AsyncStepsClient, Endpoint, RetryPolicy, StepPage
from openai_steps.emulator import DIALECTS, HABITS, Emulator, Profile

MakeEndpoint = Callable[[str], Endpoint]

ONE_ATTEMPT = RetryPolicy(attempts=1)


@asynccontextmanager
async def serving(
    steps: int | Iterable[Mapping[str, Any]] = 0,
    *,
    profile: str | Profile = "compatible",
    dialect: str | None = None,
    api_key: str | None = None,
    endpoint: MakeEndpoint = Endpoint.compatible,
    known: bool = False,
    **of_client: Any,
) -> AsyncIterator[tuple[AsyncStepsClient, Emulator]]:
    """Serve a run of so many steps, or of these steps, and connect a client to it.

    A client to which the server is ``known`` has no doubts, as after a long life.
    """
    emulator = Emulator(profile=profile, dialect={**DIALECTS, **HABITS}[dialect] if dialect else None, api_key=api_key)
    emulator.store.add_run(THREAD, RUN, steps=make_steps(steps) if isinstance(steps, int) else steps)
    async with (
        emulator.serve() as base_url,
        AsyncStepsClient(endpoint(base_url), **{"retry": ONE_ATTEMPT, **of_client}) as client,
    ):
        if known:
            client._trust["steps"] = full_trust()
        yield client, emulator


def queries(emulator: Emulator) -> list[dict[str, str]]:
    """The parameters of each request."""
    return [dict(request.query) for request in emulator.requests]


def ids(steps: Iterable[Any] | StepPage) -> list[str]:
    return [step.id for step in (steps.data if isinstance(steps, StepPage) else steps)]
