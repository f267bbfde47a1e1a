"""A console in front of the emulator, and a caller that knows its session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import attrs
from sample_steps import RUN, THREAD, make_steps

from openai_steps import Endpoint, RunRef
from openai_steps.console import Console
from openai_steps.emulator import DIALECTS, HABITS, Emulator
from openai_steps.gateway import GatewayEvent

KEY = "sk-real-KEY/of+the=server"
FORM = {"thread_id": THREAD, "run_id": RUN}


@attrs.frozen
class Response:
    """What came, byte for byte."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw.split()[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = [line.partition(": ") for line in self.raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]]
        return {name.lower(): value for name, _, value in lines}

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@attrs.define
class Opened:
    """Where the console is, and what is behind it."""

    origin: str
    console: Console
    emulator: Emulator
    events: list[GatewayEvent]
    secret: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    @property
    def port(self) -> int:
        port = urlsplit(self.origin).port
        assert port is not None
        return port

    @property
    def token(self) -> str:
        """What programs send to read through the console."""
        return self.console._token

    async def send(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Response:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Host": self.host, "Connection": "close"}
        if body is not None:
            named |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        named |= dict(headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return await self.say(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)

    async def say(self, data: bytes) -> Response:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            return Response(await asyncio.wait_for(reader.read(), 30))
        finally:
            writer.close()

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        """Post as the page does, in its session."""
        named = {"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return await self.send("POST", path, {} if body is None else body, headers=named)

    async def ask(self, name: str, **data: Any) -> dict[str, Any]:
        """Call a function of the page's."""
        response = await self.post(f"/api/{name}", {"form": FORM, **data})
        assert response.status == 200, response.raw
        result: dict[str, Any] = response.json
        return result


@asynccontextmanager
async def console(
    steps: int | Iterable[Mapping[str, Any]] = 5, *, dialect: str | None = None, **options: Any
) -> AsyncIterator[Opened]:
    """Open a console on a run of so many steps, or of these steps, with a session."""
    emulator = Emulator(dialect={**DIALECTS, **HABITS}[dialect] if dialect else None, api_key=KEY)
    emulator.store.add_run(THREAD, RUN, steps=make_steps(steps) if isinstance(steps, int) else steps)
    events: list[GatewayEvent] = []
    async with emulator.serve() as base_url:
        connections = {"server": Endpoint.compatible(base_url, api_key=KEY)}
        made = Console(connections, **{"runs": [RunRef(THREAD, RUN)], "observer": events.append, **options})
        async with made.serve() as origin:
            opened = Opened(origin, made, emulator, events)
            token = made.invite().removeprefix("/#t=")
            opened.secret = (await opened.send("POST", "/session", {"token": token})).json["secret"]
            events.clear()
            yield opened
