"""A server of thirty steps, one of which cannot be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from sample_steps import RUN, THREAD, make_steps, step_ids

from openai_steps import AsyncStepsClient, ResponseDecodeError, UnreadableStep
from openai_steps.emulator import Query, list_steps

COUNT, ODD = 30, 17
IDS = step_ids(range(COUNT))


@asynccontextmanager
async def client_of(odd: int = ODD, status: str = "completed") -> AsyncIterator[AsyncStepsClient]:
    """Connect a client to a server of 30 steps, one of which has no time of creation."""
    steps: list[dict[str, Any]] = list(make_steps(COUNT))

    def sent(step: dict[str, Any]) -> dict[str, Any]:
        return {**step, "created_at": None} if step["id"] == IDS[odd] else step

    async def page(request: web.Request) -> web.Response:
        asked = request.query
        order: Any = asked.get("order", "desc")
        query = Query(
            limit=int(asked.get("limit", 20)), order=order, after=asked.get("after"), before=asked.get("before")
        )
        body: dict[str, Any] = list_steps(steps, query)
        return web.json_response({**body, "data": [sent(step) for step in body["data"]]})

    async def one(request: web.Request) -> web.Response:
        return web.json_response(sent(steps[IDS.index(request.match_info["step"])]))

    async def run(_: web.Request) -> web.Response:
        return web.json_response({"id": RUN, "status": status, "created_at": 1})

    app = web.Application()
    prefix = f"/v1/threads/{THREAD}/runs/{RUN}"
    app.add_routes([web.get(f"{prefix}/steps", page), web.get(f"{prefix}/steps/{{step}}", one), web.get(prefix, run)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with AsyncStepsClient(api_key="key", base_url=f"http://{host}:{port}/v1") as client:
            yield client
    finally:
        await runner.cleanup()


def names(items: Any) -> list[str | None]:
    return [None if isinstance(item, UnreadableStep) else item.id for item in items]


async def until_error(walk: AsyncIterator[Any]) -> tuple[list[Any], ResponseDecodeError]:
    met: list[Any] = []
    try:
        async for step in walk:
            met.append(step)  # noqa: PERF401 - what was met before the error counts
    except ResponseDecodeError as error:
        return met, error
    pytest.fail("the walk ended without an error")


WITH_ODD = [None if number == ODD else step_id for number, step_id in enumerate(IDS)]
