"""An HTTP proxy in a few lines, which passes plain requests on to hosts it knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from attrs import Factory, define
from yarl import URL


@define
class Proxy:
    """Where it is, whom it knows, and what it heard."""

    url: str = ""
    hosts: dict[str, str] = Factory(dict)
    heads: list[bytes] = Factory(list)


@asynccontextmanager
async def proxy_server(*, status: bytes = b"") -> AsyncIterator[Proxy]:
    """Run a proxy; one that answers each request with a status of its own, if told."""
    proxy = Proxy()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            proxy.heads.append(head)
            target = URL(head.split()[1].decode()) if head.startswith(b"GET ") else URL()
            address = proxy.hosts.get(target.host or "")
            if status or address is None:
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % (status or b"502 Unknown host"))
            else:
                there, to_there = await asyncio.open_connection(address, target.port)
                rest = head.split(b"\r\n", 1)[1].replace(b"keep-alive", b"close")
                to_there.write(b"GET %s HTTP/1.1\r\nConnection: close\r\n%s" % (target.raw_path_qs.encode(), rest))
                writer.write(await there.read())
                to_there.close()
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy
