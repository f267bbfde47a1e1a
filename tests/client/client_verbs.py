"""Each verb of the client, called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from sample_steps import RUN, THREAD


async def drain(walk: AsyncIterator[Any]) -> None:
    async for _ in walk:
        pass


VERBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "list_steps_page": lambda client, thread=THREAD, run=RUN, **named: client.list_steps_page(thread, run, **named),
    "iter_step_pages": lambda client, thread=THREAD, run=RUN, **named: drain(
        client.iter_step_pages(thread, run, **named)
    ),
    "iter_steps": lambda client, thread=THREAD, run=RUN, **named: drain(client.iter_steps(thread, run, **named)),
    "collect_steps": lambda client, thread=THREAD, run=RUN, **named: client.collect_steps(thread, run, **named),
    "get_step": lambda client, thread=THREAD, run=RUN, step="step_1", **named: client.get_step(
        thread, run, step, **named
    ),
    "get_run": lambda client, thread=THREAD, run=RUN, **named: client.get_run(thread, run, **named),
}
