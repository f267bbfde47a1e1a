"""A Slack app, made with slack_sdk in socket mode, that shows a run's progress in one message.

    SLACK_APP_TOKEN=xapp-… SLACK_BOT_TOKEN=xoxb-… OPENAI_BASE_URL=http://127.0.0.1:8000/v1 python bot_slack.py

It needs the scope ``chat:write`` and a slash command: ``/follow thread_abc run_abc``.
"""

import asyncio
import logging
import os
from html import escape

from board import FIRST_TEXT, TooFastError, show_run
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from openai_steps import AsyncStepsClient


async def follow(web: AsyncWebClient, channel: str, arguments: str, client: AsyncStepsClient) -> None:
    match arguments.split():
        case [thread_id, run_id]:
            answer = await web.chat_postMessage(channel=channel, text=FIRST_TEXT)

            async def edit(text: str) -> None:
                # Escaped, so that a tool called <!channel> calls nobody.
                text = escape(text, quote=False)
                try:
                    await web.chat_update(channel=answer["channel"], ts=answer["ts"], text=text)
                except SlackApiError as error:
                    if error.response.status_code != 429:
                        raise
                    raise TooFastError(float(error.response.headers.get("Retry-After", 1))) from error

            await show_run(client, thread_id, run_id, edit, characters=3000, pause=1.2)  # 50 edits a minute
        case _:
            await web.chat_postMessage(channel=channel, text="Usage: /follow THREAD RUN")


async def follow_alone(web: AsyncWebClient, channel: str, arguments: str, client: AsyncStepsClient) -> None:
    """Follow a run; if Slack refuses, because the message was deleted, for example, all others are followed on."""
    try:
        await follow(web, channel, arguments, client)
    except* SlackApiError:
        logging.exception("cannot show %r in %s", arguments, channel)


async def main(app_token: str, web: AsyncWebClient, client: AsyncStepsClient) -> None:
    socket = SocketModeClient(app_token, web_client=web)
    async with client, asyncio.TaskGroup() as runs:

        async def on_request(socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id))
            if request.type == "slash_commands":  # followed side by side
                command = request.payload
                runs.create_task(follow_alone(web, command["channel_id"], command.get("text", ""), client))

        socket.socket_mode_request_listeners.append(on_request)
        try:
            await socket.connect()
            await asyncio.Event().wait()  # until Ctrl-C
        finally:
            await socket.close()


if __name__ == "__main__":
    web = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"])
    asyncio.run(main(os.environ["SLACK_APP_TOKEN"], web, AsyncStepsClient()))
