"""A server with a file of four MiB, whose connections break when some of it has come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from aiohttp import web
from waiting import until

from openai_steps import AsyncStepsClient, Endpoint, RetryPolicy
from openai_steps.emulator import Dialect, Emulator, Exchange

MIB = 1024 * 1024  # as much is written to disk at once
CONTENT = bytes(range(256)) * 4096 * 4 + b"!"
AT_ONCE = RetryPolicy(attempts=4, wait_initial=0)


@asynccontextmanager
async def serving(dialect: Dialect | None = None, **options: Any) -> AsyncIterator[tuple[AsyncStepsClient, Emulator]]:
    emulator = Emulator(dialect=dialect, api_key="key")
    emulator.store.add_file({"id": "file_1", "filename": "../../evil.png", "purpose": "assistants_output"}, CONTENT)
    async with emulator.serve() as base_url:
        endpoint = Endpoint.compatible(base_url, api_key="key")
        async with AsyncStepsClient(endpoint, **{"retry": AT_ONCE, **options}) as client:
            yield client, emulator


async def asked(emulator: Emulator) -> None:
    """Wait until the emulator has got a request."""
    await until(lambda: emulator.requests)


@attrs.frozen
class CutOnDisk:
    """The beginning of the true answer; the connection breaks when the client has written some of it to disk."""

    folder: Path
    size: int = 5 * MIB // 4

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        whole = exchange.normal()
        assert isinstance(whole.body, bytes)
        before = self.on_disk()
        response = web.StreamResponse(status=whole.status, headers=whole.headers)
        response.content_length = len(whole.body)
        await response.prepare(exchange.request)
        await response.write(whole.body[: self.size])
        await until(lambda: self.on_disk() >= before + MIB)
        assert exchange.request.transport is not None
        exchange.request.transport.abort()
        return response

    def on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob(".*.part"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def sent(emulator: Emulator, header: str) -> list[str | None]:
    return [request.headers.get(header) for request in emulator.requests]
