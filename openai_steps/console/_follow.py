"""A live run as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Final, TypeAlias

from openai_steps._json.text import to_text
from openai_steps._models.runs import Run
from openai_steps._secrets import mask
from openai_steps.console import _rows
from openai_steps.console._api import Api, Connection, error_result
from openai_steps.console._form import Call

HEARTBEAT_SECONDS: Final = 15.0
_MOST_WAITING: Final = 256

Event: TypeAlias = tuple[str, Any]
"""Its name and its data."""


async def follow(
    api: Api, connection: Connection, call: Call, *, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a run until it has ended: ``run``, ``step``, then ``end`` or ``error``, and comments between.

    Args:
        api: Keeps the steps, whose details may be asked for.
        connection: The run's server.
        call: Which run.
        heartbeat: Seconds of silence after which a comment is sent.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue(_MOST_WAITING)
    secrets = await api.secrets({"connection": connection.name})
    task = asyncio.create_task(_pump(queue, api, connection, call))
    try:
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), heartbeat)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            yield mask(_encoded(*event), secrets).encode()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _pump(queue: asyncio.Queue[Event | None], api: Api, connection: Connection, call: Call) -> None:
    def show_run(run: Run) -> None:
        with suppress(asyncio.QueueFull):  # the steps that fill it say more
            queue.put_nowait(("run", _rows.run_row(run)))

    try:
        steps = connection.client.follow_steps(
            call.thread_id, call.run_id, after=call.after, include=call.include, on_run=show_run
        )
        async with aclosing(steps) as read:
            async for step in read:
                api.remember(connection, [step])
                await queue.put(("step", _rows.row(step)))
        await queue.put(("end", {}))
    except Exception as error:  # every error is reported
        await queue.put(("error", error_result(error)))
    await queue.put(None)


def _encoded(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {to_text(data).decode()}\n\n"
