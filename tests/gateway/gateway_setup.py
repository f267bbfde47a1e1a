"""A gateway in front of the emulator, and callers that say any bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import attrs
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.emulator import Emulator
from openai_steps.gateway import Bounds, Gateway, GatewayEvent

KEY = "sk-real-KEY/of+the=server"
TOKEN = "a-token-of-the-gateway"
STEPS = f"/v1/threads/{THREAD}/runs/{RUN}/steps"


@attrs.frozen
class Served:
    """Where the gateway is, what is behind it, and what it told of itself."""

    base_url: str
    emulator: Emulator
    client: AsyncStepsClient
    events: list[GatewayEvent]

    @property
    def port(self) -> int:
        port = urlsplit(self.base_url).port
        assert port is not None
        return port

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def get(self, target: str = STEPS, **headers: str) -> Response:
        """Ask as curl would, with more headers: their underscores are hyphens."""
        return await self.ask("GET", target, **headers)

    async def ask(self, method: str, target: str = STEPS, **headers: str) -> Response:
        named = {"Host": self.host, "Accept": "*/*", "Connection": "close"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return await self.say(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode())

    async def say(self, data: bytes) -> Response:
        """Say these bytes, and hear all until the gateway hangs up."""
        return await say(self.port, data)


async def say(port: int, data: bytes) -> Response:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        heard = await asyncio.wait_for(reader.read(), 30)
    finally:
        writer.close()
    return Response(heard)


@attrs.frozen
class Response:
    """What came, byte for byte."""

    raw: bytes

    @property
    def head(self) -> str:
        return self.raw.partition(b"\r\n\r\n")[0].decode()

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = [line.partition(": ") for line in self.head.split("\r\n")[1:]]
        return {name.lower(): value for name, _, value in lines}

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error

    @property
    def ids(self) -> list[str]:
        return [item["id"] for item in self.json["data"]]


@asynccontextmanager
async def gateway(
    steps: int | Iterable[Mapping[str, Any]] = 5,
    *,
    dialect: str | None = None,
    profile: str = "compatible",
    bounds: Bounds | None = None,
    of_client: Mapping[str, Any] | None = None,
    host: str = "127.0.0.1",
    without_token: bool = False,
    **options: Any,
) -> AsyncIterator[Served]:
    """Serve a gateway; options are the class's."""
    events: list[GatewayEvent] = []

    def endpoint(url: str) -> Endpoint:
        return Endpoint.compatible(url, api_key=KEY)

    async with serving(
        steps, dialect=dialect, profile=profile, api_key=KEY, endpoint=endpoint, **(of_client or {})
    ) as (client, emulator):
        made = Gateway(client, **{"observer": events.append, **options})
        async with made.serve(host=host, bounds=bounds, without_token=without_token) as base_url:
            yield Served(base_url, emulator, client, events)
