"""A Telegram bot, made with python-telegram-bot, that shows a run's progress in one message.

    TELEGRAM_TOKEN=… OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python bot_telegram.py

Send it ``/follow thread_abc run_abc``.
"""

import asyncio
import os

from board import FIRST_TEXT, TooFastError, show_run
from telegram import Update
from telegram.error import RetryAfter
from telegram.ext import ApplicationBuilder, CommandHandler, ContextTypes

from openai_steps import AsyncStepsClient

os.environ.setdefault("PTB_TIMEDELTA", "true")  # times to wait are timedeltas, as they will be in later versions


async def follow(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Handle ``/follow``; ``block=False`` below lets runs be followed side by side."""
    match context.args:
        case [thread_id, run_id]:
            answer = await update.effective_message.reply_text(FIRST_TEXT)

            async def edit(text: str) -> None:
                try:
                    await answer.edit_text(text, parse_mode=None)
                except RetryAfter as limit:
                    raise TooFastError(limit.retry_after.total_seconds()) from limit

            await show_run(context.bot_data["client"], thread_id, run_id, edit, characters=4096, pause=1)
        case _:
            await update.effective_message.reply_text("Usage: /follow THREAD RUN")


async def main(token: str, url: str | None, client: AsyncStepsClient) -> None:
    builder = ApplicationBuilder().token(token)
    if url:
        builder = builder.base_url(f"{url}/bot")
    application = builder.build()
    application.bot_data["client"] = client
    application.add_handler(CommandHandler("follow", follow, block=False))
    async with client, application:
        await application.start()
        await application.updater.start_polling()
        try:
            await asyncio.Event().wait()  # until Ctrl-C
        finally:
            await application.updater.stop()
            await application.stop()


if __name__ == "__main__":
    # TELEGRAM_API_URL: a server of your own
    asyncio.run(main(os.environ["TELEGRAM_TOKEN"], os.environ.get("TELEGRAM_API_URL"), AsyncStepsClient()))
