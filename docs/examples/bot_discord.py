"""A Discord bot, made with discord.py, that shows a run's progress in one message.

    DISCORD_TOKEN=… OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python bot_discord.py

Mention it: ``@steps thread_abc run_abc``. A bot may read messages that mention it without any privileged intent.
"""

import asyncio
import os

import discord
from board import FIRST_TEXT, TooFastError, show_run

from openai_steps import AsyncStepsClient

QUIET = discord.AllowedMentions.none()  # a tool may be called @everyone


class StepsBot(discord.Client):
    def __init__(self, steps: AsyncStepsClient) -> None:
        # discord.py waits by itself where Discord asks for less than this; 30 seconds are the least it takes.
        super().__init__(intents=discord.Intents(guilds=True, messages=True), max_ratelimit_timeout=30)
        self._steps = steps

    async def on_message(self, message: discord.Message) -> None:
        """Follow a run. discord.py runs each event in a task of its own, so that runs are followed side by side."""
        if message.author == self.user or self.user not in message.mentions:
            return
        match [word for word in message.content.split() if not word.startswith("<@")]:
            case [thread_id, run_id]:
                answer = await message.channel.send(FIRST_TEXT)

                async def edit(text: str) -> None:
                    try:
                        await answer.edit(content=discord.utils.escape_markdown(text), allowed_mentions=QUIET)
                    except discord.RateLimited as limit:
                        raise TooFastError(limit.retry_after) from limit

                # Discord takes 2000 characters; to escape one takes another.
                await show_run(self._steps, thread_id, run_id, edit, characters=1000, pause=1)
            case _:
                await message.channel.send("Mention me with THREAD RUN.")


async def main(token: str, client: AsyncStepsClient) -> None:
    async with client, StepsBot(client) as bot:
        await bot.start(token)


if __name__ == "__main__":
    asyncio.run(main(os.environ["DISCORD_TOKEN"], AsyncStepsClient()))
