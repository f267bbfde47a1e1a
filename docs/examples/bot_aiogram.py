"""A Telegram bot, made with aiogram, that shows a run's progress in one message.

    TELEGRAM_TOKEN=… OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python bot_aiogram.py

Send it ``/follow thread_abc run_abc``.
"""

import asyncio
import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from aiogram.filters import Command, CommandObject
from aiogram.types import Message
from board import FIRST_TEXT, TooFastError, show_run

from openai_steps import AsyncStepsClient


async def follow(message: Message, command: CommandObject, client: AsyncStepsClient) -> None:
    """Handle ``/follow``. aiogram runs each handler in a task of its own, so that runs are followed side by side."""
    match (command.args or "").split():
        case [thread_id, run_id]:
            answer = await message.answer(FIRST_TEXT)

            async def edit(text: str) -> None:
                try:
                    await answer.edit_text(text, parse_mode=None)
                except TelegramRetryAfter as limit:
                    raise TooFastError(limit.retry_after) from limit

            await show_run(client, thread_id, run_id, edit, characters=4096, pause=1)
        case _:
            await message.answer("Usage: /follow THREAD RUN")


async def main(token: str, url: str | None, client: AsyncStepsClient) -> None:
    server = TelegramAPIServer.from_base(url) if url else PRODUCTION
    dispatcher = Dispatcher()
    dispatcher.message.register(follow, Command("follow"))
    async with client, Bot(token, session=AiohttpSession(api=server)) as bot:
        await dispatcher.start_polling(bot, client=client)


if __name__ == "__main__":
    # TELEGRAM_API_URL: a server of your own
    asyncio.run(main(os.environ["TELEGRAM_TOKEN"], os.environ.get("TELEGRAM_API_URL"), AsyncStepsClient()))
