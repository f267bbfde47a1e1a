"""As much of Discord as a bot needs: its REST API and its gateway, a websocket that tells of messages."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

TOKEN = "a-bots-token"
BOT = {"id": "1", "username": "steps", "discriminator": "0", "avatar": None, "global_name": None, "bot": True}
USER = {"id": "2", "username": "user", "discriminator": "0", "avatar": None, "global_name": None}
CHANNEL = "7"


class Discord:
    """One direct channel: https://docs.discord.com/developers/events/gateway."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.identified: list[dict[str, Any]] = []
        self.refusals = 0
        self.edits_to_refuse = 0
        self._events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._number = 10

    def user_says(self, text: str) -> None:
        self._events.put_nowait(("MESSAGE_CREATE", self._message(text, USER, mentions=[BOT])))

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/api/users/@me", self._me)
        app.router.add_get("/api/oauth2/applications/@me", self._application)
        app.router.add_post(f"/api/channels/{CHANNEL}/messages", self._send)
        app.router.add_patch(f"/api/channels/{CHANNEL}/messages/{{message}}", self._edit)
        async with TestServer(app) as server:
            yield str(server.make_url("")).removesuffix("/")

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}})
        telling: asyncio.Task[None] | None = None
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            said = message.json()
            if said["op"] == 2:
                self.identified.append(said["d"])
                telling = asyncio.create_task(self._tell(socket, f"ws://{request.host}/gateway"))
            elif said["op"] == 1:
                await socket.send_json({"op": 11})
        if telling is not None:
            telling.cancel()
        return socket

    async def _tell(self, socket: web.WebSocketResponse, url: str) -> None:
        ready = {"v": 10, "user": BOT, "guilds": [], "session_id": "s", "resume_gateway_url": url}
        told = ("READY", {**ready, "application": {"id": "1", "flags": 0}})
        for number in itertools.count(1):
            await socket.send_json({"op": 0, "s": number, "t": told[0], "d": told[1]})
            told = await self._events.get()

    async def _me(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bot {TOKEN}":
            return _answer({"message": "401: Unauthorized", "code": 0}, status=401)
        return _answer(BOT)

    async def _application(self, _: web.Request) -> web.Response:
        about = {"id": "1", "name": "steps", "description": "", "icon": None, "owner": USER, "flags": 0}
        return _answer({**about, "bot_public": True, "bot_require_code_grant": False, "verify_key": ""})

    async def _send(self, request: web.Request) -> web.Response:
        message = self._message((await request.json())["content"], BOT)
        self.texts[message["id"]] = [message["content"]]
        return _answer(message)

    async def _edit(self, request: web.Request) -> web.Response:
        if self.edits_to_refuse:
            self.edits_to_refuse -= 1
            self.refusals += 1
            body = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
            return _answer(body, status=429, Via="1.1 discord")
        number, content = request.match_info["message"], (await request.json())["content"]
        self.texts[number].append(content)
        return _answer({**self._message(content, BOT), "id": number})

    def _message(self, text: str, author: dict[str, Any], mentions: list[Any] | None = None) -> dict[str, Any]:
        self._number += 1
        return {
            "id": str(self._number),
            "channel_id": CHANNEL,
            "author": author,
            "content": text,
            "type": 0,
            "timestamp": "2026-11-28T05:00:00+00:00",
            "edited_timestamp": None,
            "tts": False,
            "pinned": False,
            "mention_everyone": False,
            "mentions": mentions or [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
        }


def _answer(body: dict[str, Any], *, status: int = 200, **headers: str) -> web.Response:
    """Return JSON with no charset, which discord.py would not take for JSON."""
    named = {"Content-Type": "application/json", **headers}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=named)
