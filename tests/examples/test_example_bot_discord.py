"""The Discord bot: its handler alone, and the whole of it against an imitation of Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from discord_imitation import TOKEN, Discord
from yarl import URL

from openai_steps import AsyncStepsClient
from openai_steps.testing import StepsServer, function_step

discord = pytest.importorskip("discord", reason="needs discord.py (dependency group examples)")
pytestmark = pytest.mark.parametrize("bot", ["bot_discord.py"], indirect=True)

ME = SimpleNamespace(id=1)


class Channel:
    def __init__(self, refusals: list[float]) -> None:
        self.texts: list[str] = []
        self.options: list[dict[str, Any]] = []
        self._refusals = refusals

    async def send(self, text: str) -> Channel:
        self.texts.append(text)
        return self

    async def edit(self, *, content: str, **options: Any) -> None:
        if self._refusals:
            raise discord.RateLimited(self._refusals.pop(0))
        self.texts.append(content)
        self.options.append(options)


async def say(bot: ModuleType, text: str, channel: Channel, *, mentions: tuple[Any, ...] = (ME,)) -> None:
    message = SimpleNamespace(author=SimpleNamespace(id=2), mentions=mentions, content=text, channel=channel)
    async with AsyncStepsClient() as client, asyncio.timeout(60):
        robot = bot.StepsBot(client)
        robot._connection.user = ME
        await robot.on_message(message)


async def test_one_message_follows_the_run(bot: ModuleType, steps_server: StepsServer) -> None:
    steps_server.add_run(steps=[function_step(1, "@everyone"), function_step(2, "get_weather")], status="completed")
    channel = Channel([0.0])
    await say(bot, "<@1> thread_1 run_1", channel)
    assert channel.texts[0] == "…"
    assert channel.texts[-1] == "✅ @everyone\n✅ get\\_weather\nThe run is completed."
    assert all(options["allowed_mentions"].everyone is False for options in channel.options)  # it calls nobody


async def test_what_it_does_not_understand(bot: ModuleType) -> None:
    channel = Channel([])
    await say(bot, "<@1> hello", channel)
    assert channel.texts == ["Mention me with THREAD RUN."]


async def test_what_is_not_for_it(bot: ModuleType) -> None:
    channel = Channel([])
    await say(bot, "thread_1 run_1", channel, mentions=())
    assert channel.texts == []


async def test_the_whole_bot_on_a_discord_that_limits_edits(
    bot: ModuleType,
    steps_server: StepsServer,
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    """Log in, hear of a message by the websocket, answer it, and edit the answer; two runs side by side."""
    steps_server.add_run("thread_1", "run_1", steps=[function_step(1, "get_weather")], status="in_progress")
    steps_server.add_run("thread_1", "run_2", steps=[function_step(2, "search")], status="completed")
    chat = Discord()
    async with chat.serve() as url:
        monkeypatch.setattr(discord.http.Route, "BASE", f"{url}/api")
        gateway = URL(url).with_scheme("ws") / "gateway"
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        running = asyncio.create_task(bot.main(TOKEN, AsyncStepsClient()))
        try:
            chat.user_says("<@1> hello")
            await until(lambda: ["Mention me with THREAD RUN."] in chat.texts.values())
            assert chat.identified[0]["token"] == TOKEN
            chat.user_says("<@1> thread_1 run_1")
            await until(lambda: any("get\\_weather" in texts[-1] for texts in chat.texts.values()))
            chat.edits_to_refuse = 1
            chat.user_says("<@1> thread_1 run_2")
            await until(lambda: any("The run is completed" in texts[-1] for texts in chat.texts.values()))
            steps_server.set_run_status("thread_1", "run_1", "completed")
            await until(lambda: sum("The run is completed" in texts[-1] for texts in chat.texts.values()) == 2)
            assert chat.refusals == 1
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
