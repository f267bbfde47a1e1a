"""``openai-steps messages``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._output import LIST, Output, output_options
from openai_steps.cli._walk import Walk, walk_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openai_steps import AsyncStepsClient, Message


@click.command("messages", cls=Command)
@click.argument("thread")
@walk_options("messages")
@option("--run", metavar="RUN", help="Only messages that this run wrote.")
@option("--role", metavar="ROLE", multiple=True, help="Only messages of this role, user or assistant; may be repeated.")
@output_options(LIST)
@connection_options
def command(
    thread: str, run: str | None, role: tuple[str, ...], walk: Walk, output: Output, connection: Connection
) -> None:
    """List the messages of a thread, with their texts.

    The columns of tsv and csv are id, created_at, role, run_id, the text in full, and the ids of its files.
    """
    from openai_steps.cli._tables import MESSAGES

    def messages(client: AsyncStepsClient, most: int | None, **options: Any) -> AsyncGenerator[Message, None]:
        options["max_messages"] = most
        return client.iter_messages(thread, run_id=run, **options)  # pyright: ignore[reportReturnType]

    def takes(message: Message) -> bool:
        return message.role in role

    walk.show(messages, connection, output, MESSAGES, takes=takes if role else None)
