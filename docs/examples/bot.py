"""A Telegram bot that shows a run's progress in one message, which it edits as the run goes on.

    TELEGRAM_TOKEN=… OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python bot.py

Send it ``/follow thread_abc run_abc``. Telegram allows few edits a minute, and says how long to wait when there were
too many. Meanwhile the run goes on; then the bot shows how things are by then, not each change it has missed.
"""

import asyncio
import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from aiogram.filters import Command, CommandObject
from aiogram.types import Message

from openai_steps import AsyncStepsClient, PollInterval, RunStep, StepsError

LINES = 30  # Telegram takes 4096 characters
SIGNS = {"in_progress": "⏳", "completed": "✅", "failed": "❌", "cancelled": "⏹", "expired": "⌛"}
CALM = PollInterval(initial=1.0, maximum=10.0)


class Board:
    """What the message should say: a line for each step."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.final = False
        self._lines: dict[str, str] = {}
        self._last_line = "…"

    @property
    def text(self) -> str:
        return "\n".join([*self._lines.values(), self._last_line][-LINES:])

    def show(self, step: RunStep) -> None:
        doing = ", ".join(call.name for call in step.tool_calls) or (step.type or "step").replace("_", " ")
        self._lines[step.id] = f"{SIGNS.get(step.status or '', '•')} {doing[:100]}"
        self.changed.set()

    def finish(self, last_line: str) -> None:
        self._last_line = last_line
        self.final = True
        self.changed.set()


async def follow_run(client: AsyncStepsClient, thread_id: str, run_id: str, board: Board) -> None:
    try:
        async for step in client.follow_steps(thread_id, run_id, poll_interval=CALM):
            board.show(step)
        run = await client.get_run(thread_id, run_id)
        board.finish(f"The run is {run.status}.")
    except (StepsError, ValueError) as error:
        board.finish(f"I cannot read this run: {error}"[:500])


async def keep_edited(message: Message, board: Board) -> None:
    """Edit the message until it says the last word; after a pause that Telegram asks for, with what is true by then."""
    shown = message.text
    while not (board.final and shown == board.text):
        await board.changed.wait()
        board.changed.clear()
        text = board.text
        if text == shown:
            continue  # Telegram refuses an edit that changes nothing
        try:
            await message.edit_text(text, parse_mode=None)
            shown = text
        except TelegramRetryAfter as limit:
            await asyncio.sleep(limit.retry_after)
            board.changed.set()


async def follow(message: Message, command: CommandObject, client: AsyncStepsClient) -> None:
    """Handle ``/follow``. aiogram runs each handler in a task of its own, so that runs are followed side by side."""
    match (command.args or "").split():
        case [thread_id, run_id]:
            board = Board()
            answer = await message.answer(board.text)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(follow_run(client, thread_id, run_id, board))
                tasks.create_task(keep_edited(answer, board))
        case _:
            await message.answer("Usage: /follow THREAD RUN")


async def main(token: str, server: TelegramAPIServer, client: AsyncStepsClient) -> None:
    dispatcher = Dispatcher()
    dispatcher.message.register(follow, Command("follow"))
    async with client, Bot(token, session=AiohttpSession(api=server)) as bot:
        await dispatcher.start_polling(bot, client=client)


if __name__ == "__main__":
    url = os.environ.get("TELEGRAM_API_URL")  # a server of your own
    telegram = TelegramAPIServer.from_base(url) if url else PRODUCTION
    asyncio.run(main(os.environ["TELEGRAM_TOKEN"], telegram, AsyncStepsClient()))
