"""Both bots for Telegram, against an imitation of its server that limits the rate of edits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from openai_steps import AsyncStepsClient
from openai_steps.testing import StepsServer, code_step, failed_step, function_step, message_step

LIBRARIES = {"bot_aiogram.py": "aiogram", "bot_telegram.py": "telegram"}
BOTS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(library) is None, reason=f"needs {library} (group examples)"))
    for name, library in LIBRARIES.items()
]
pytestmark = pytest.mark.parametrize("bot", BOTS, indirect=True)

TOKEN = "1234567890:" + "A" * 35
CHAT = {"id": 7, "type": "private"}
BOT = {"id": 1234567890, "is_bot": True, "first_name": "Bot", "username": "steps_bot"}


class Telegram:
    """As much of Telegram's server as the bot needs: https://core.telegram.org/bots/api."""

    def __init__(self) -> None:
        self.texts: dict[int, list[str]] = {}
        self.refusals = 0
        self.edits_to_refuse = 0
        self.changed = asyncio.Condition()
        self._updates: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._number = 0

    def user_says(self, text: str) -> None:
        self._number += 1
        entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        user = {"id": 7, "is_bot": False, "first_name": "User"}
        message = {"message_id": self._number, "date": 1_800_000_000, "chat": CHAT, "from": user, "text": text}
        self._updates.put_nowait({"update_id": self._number, "message": {**message, "entities": entities}})

    async def wait_for(self, text: str) -> int:
        """Wait until a message contains the text; return the message's id."""

        def found() -> int | None:
            return next((number for number, texts in self.texts.items() if text in texts[-1]), None)

        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(found)
        return found() or 0

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post(f"/bot{TOKEN}/{{method}}", self._answer)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")

    async def _answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        method = request.match_info["method"]
        async with self.changed:
            self.changed.notify_all()
            match method:
                case "getMe":
                    result: Any = BOT
                case "sendMessage":
                    self._number += 1
                    self.texts[self._number] = [str(form["text"])]
                    result = self._message(self._number)
                case "editMessageText" if self.edits_to_refuse:
                    self.edits_to_refuse -= 1
                    self.refusals += 1
                    told = {"description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
                    return web.json_response({"ok": False, "error_code": 429, **told}, status=429)
                case "editMessageText":
                    number = int(str(form["message_id"]))
                    if self.texts[number][-1] == form["text"]:
                        told = {"description": "Bad Request: message is not modified"}
                        return web.json_response({"ok": False, "error_code": 400, **told}, status=400)
                    self.texts[number].append(str(form["text"]))
                    result = self._message(number)
                case _:
                    result = True
        if method == "getUpdates":
            result = await self._next_updates()
        return web.json_response({"ok": True, "result": result})

    def _message(self, number: int) -> dict[str, Any]:
        text = self.texts[number][-1]
        return {"message_id": number, "date": 1_800_000_000, "chat": CHAT, "from": BOT, "text": text}

    async def _next_updates(self) -> list[dict[str, Any]]:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                return [await self._updates.get()]
        return []


@pytest.fixture
async def telegram(bot: ModuleType) -> AsyncIterator[Telegram]:
    telegram = Telegram()
    async with telegram.serve() as url:
        running = asyncio.create_task(bot.main(TOKEN, url, AsyncStepsClient()))
        yield telegram
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_one_message_follows_the_run(telegram: Telegram, steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    telegram.user_says("/follow thread_1 run_1")
    await telegram.wait_for("✅ message creation\n…")
    steps_server.append_step("thread_1", "run_1", function_step(2, status="in_progress"))
    await telegram.wait_for("⏳ get_weather\n…")
    steps_server.update_step("thread_1", "run_1", "step_2", status="completed", completed_at=1_800_000_020)
    steps_server.set_run_status("thread_1", "run_1", "completed")
    number = await telegram.wait_for("The run is completed.")
    assert list(telegram.texts) == [number]
    assert telegram.texts[number][0] == "…"
    assert telegram.texts[number][-1] == "✅ message creation\n✅ get_weather\nThe run is completed."


async def test_a_rate_limit_costs_edits_but_not_the_end(telegram: Telegram, steps_server: StepsServer) -> None:
    telegram.edits_to_refuse = 1
    steps_server.add_run(steps=[message_step(1)], status="in_progress")
    telegram.user_says("/follow thread_1 run_1")
    async with asyncio.timeout(60), telegram.changed:
        await telegram.changed.wait_for(lambda: telegram.refusals)
    for number in range(2, 6):
        steps_server.append_step("thread_1", "run_1", code_step(number))
    steps_server.append_step("thread_1", "run_1", failed_step(6))
    steps_server.set_run_status("thread_1", "run_1", "failed")
    number = await telegram.wait_for("❌ tool calls\nThe run is failed.")
    assert telegram.texts[number][-1].count("✅ code_interpreter") == 4
    assert len(telegram.texts[number]) <= 3  # the run went on meanwhile, and was not told change by change


async def test_two_runs_are_followed_side_by_side(telegram: Telegram, steps_server: StepsServer) -> None:
    for run_id in ("run_1", "run_2"):
        steps_server.add_run("thread_1", run_id, steps=[message_step(1)], status="in_progress")
        telegram.user_says(f"/follow thread_1 {run_id}")
    async with asyncio.timeout(60), telegram.changed:
        await telegram.changed.wait_for(
            lambda: len([texts for texts in telegram.texts.values() if texts[-1] == "✅ message creation\n…"]) == 2
        )
    steps_server.set_run_status("thread_1", "run_2", "completed")
    await telegram.wait_for("The run is completed.")
    steps_server.set_run_status("thread_1", "run_1", "cancelled")
    await telegram.wait_for("The run is cancelled.")


@pytest.mark.parametrize(
    ("said", "answer"),
    [("/follow", "Usage: /follow THREAD RUN"), ("/follow a b c", "Usage: /follow THREAD RUN")],
)
async def test_what_it_does_not_understand(telegram: Telegram, said: str, answer: str) -> None:
    telegram.user_says(said)
    await telegram.wait_for(answer)


async def test_a_run_that_cannot_be_read_is_told(telegram: Telegram) -> None:
    telegram.user_says("/follow thread_1 run_1")
    number = await telegram.wait_for("I cannot read this run: ")
    assert "run_1" in telegram.texts[number][-1]
    telegram.user_says("/follow thread_1 .")
    await telegram.wait_for("not '.'")
