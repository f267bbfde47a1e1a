"""The Slack app, against an imitation of Slack: its web API, and the socket on which commands come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import ModuleType

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from openai_steps import AsyncStepsClient
from openai_steps.testing import StepsServer, code_step, function_step, message_step

slack = pytest.importorskip("slack_sdk.web.async_client", reason="needs slack_sdk (dependency group examples)")
pytestmark = pytest.mark.parametrize("bot", ["bot_slack.py"], indirect=True)


class Slack:
    """As much of Slack as the app needs: https://docs.slack.dev/apis/events-api/using-socket-mode."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.refusals: list[web.Response] = []
        self.refused = 0
        self.changed = asyncio.Condition()
        self.acknowledged: list[str] = []
        self._envelopes: asyncio.Queue[str | None] = asyncio.Queue()

    def user_says(self, text: str) -> None:
        self._envelopes.put_nowait(text)

    def leave(self) -> None:
        self._envelopes.put_nowait(None)

    async def wait_for(self, text: str) -> str:
        def found() -> str | None:
            return next((ts for ts, texts in self.texts.items() if text in texts[-1]), None)

        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(found)
        return found() or ""

    async def answer(self, request: web.Request) -> web.Response:
        data = await (request.json() if request.content_type == "application/json" else request.post())
        async with self.changed:
            self.changed.notify_all()
            match request.match_info["method"]:
                case "apps.connections.open":
                    return web.json_response(
                        {"ok": True, "url": str(request.url.origin()).replace("http", "ws") + "/ws"}
                    )
                case "chat.postMessage":
                    ts = f"1800000000.{len(self.texts):06}"
                    self.texts[ts] = [str(data["text"])]
                    return web.json_response({"ok": True, "channel": "C1", "ts": ts})
                case "chat.update" if self.refusals:
                    self.refused += 1
                    return self.refusals.pop(0)
                case "chat.update":
                    self.texts[str(data["ts"])].append(str(data["text"]))
                    return web.json_response({"ok": True, "channel": "C1", "ts": data["ts"]})
        return web.json_response({"ok": True})

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        number = 0
        while (text := await self._envelopes.get()) is not None:
            payload = {"channel_id": "C1", "command": "/follow", "text": text}
            number += 1
            envelope = {"envelope_id": f"e{number}", "type": "slash_commands", "accepts_response_payload": True}
            await socket.send_json({**envelope, "payload": payload})
            while "envelope_id" not in (told := await socket.receive_str()):
                pass
            self.acknowledged.append(told)
        return socket


def too_many() -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"})


@pytest.fixture
async def chat(bot: ModuleType) -> AsyncIterator[Slack]:
    chat = Slack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", chat.answer)
    app.router.add_get("/ws", chat.listen)
    async with TestServer(app) as server:
        client = slack.AsyncWebClient("xoxb-test", base_url=str(server.make_url("/api/")))
        running = asyncio.create_task(bot.main("xapp-test", client, AsyncStepsClient()))
        yield chat
        chat.leave()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_one_message_follows_the_run(chat: Slack, steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    chat.user_says("thread_1 run_1")
    await chat.wait_for("✅ message creation\n…")
    steps_server.append_step("thread_1", "run_1", function_step(2, "<!channel>", status="in_progress"))
    await chat.wait_for("⏳ &lt;!channel&gt;\n…")  # which calls nobody
    steps_server.set_run_status("thread_1", "run_1", "completed")
    ts = await chat.wait_for("The run is completed.")
    assert list(chat.texts) == [ts]
    assert chat.texts[ts][0] == "…"
    assert len(chat.acknowledged) == 1


async def test_a_rate_limit_costs_edits_but_not_the_end(chat: Slack, steps_server: StepsServer) -> None:
    chat.refusals = [too_many(), too_many()]
    steps_server.add_run(steps=[message_step(1), code_step(2)], status="completed")
    chat.user_says("thread_1 run_1")
    await chat.wait_for("✅ code_interpreter\nThe run is completed.")
    assert chat.refused == 2


async def test_a_message_that_is_gone_ends_no_other_run(
    chat: Slack, steps_server: StepsServer, caplog: pytest.LogCaptureFixture
) -> None:
    chat.refusals = [web.json_response({"ok": False, "error": "message_not_found"})]
    steps_server.add_run(steps=[message_step(1)], status="completed")
    chat.user_says("thread_1 run_1")
    async with asyncio.timeout(60), chat.changed:
        await chat.changed.wait_for(lambda: chat.refused)
    chat.user_says("thread_1 run_1")
    await chat.wait_for("The run is completed.")
    assert "cannot show 'thread_1 run_1' in C1" in caplog.text


async def test_what_it_does_not_understand(chat: Slack) -> None:
    chat.user_says("")
    await chat.wait_for("Usage: /follow THREAD RUN")
