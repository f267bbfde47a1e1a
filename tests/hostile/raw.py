"""Servers that say, byte for byte, what a test wants them to say, and count who calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from attrs import Factory, define

from openai_steps import RetryPolicy

AT_ONCE = RetryPolicy(attempts=4, wait_initial=0)
ONE_ATTEMPT = RetryPolicy(attempts=1)

Speech = Callable[["Caller"], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@define
class Caller:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hear(self) -> bytes:
        """Read the head of a request; empty when the caller has hung up."""
        try:
            return await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def say(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))
        await self.writer.drain()


@define
class RawServer:
    """Where it is, and what it heard."""

    base_url: str = ""
    heads: list[bytes] = Factory(list)
    open_connections: int = 0

    @property
    def requests(self) -> int:
        return len(self.heads)


@asynccontextmanager
async def raw_server(speech: Speech) -> AsyncIterator[RawServer]:
    """Serve each request by a speech, until the block is left."""
    server = RawServer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.open_connections += 1
        caller = Caller(reader, writer)
        try:
            while head := await caller.hear():
                server.heads.append(head)
                await speech(caller)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            server.open_connections -= 1
            tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await listener.wait_closed()


def says(*parts: bytes, hang_up: bool = False) -> Speech:
    """Return the speech that is the same for each request."""

    async def speech(caller: Caller) -> None:
        await caller.say(*parts)
        if hang_up:
            caller.writer.close()

    return speech


def answers(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Speech:
    """Return the speech that is a whole answer of this body."""
    head = b"HTTP/1.1 " + status + b"\r\n" + b"".join(header + b"\r\n" for header in headers)
    return says(head, b"Content-Length: %d\r\n\r\n" % len(body), body)
