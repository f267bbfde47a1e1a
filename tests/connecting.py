"""The connection that options and variables lead to, for tests of the command line."""

from __future__ import annotations

import click
from click.testing import CliRunner, Result

from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options


def connect(*arguments: str, **environment: str) -> tuple[Connection | None, Result]:
    """Return the connection, if the options make sense, and what the command printed."""
    caught: list[Connection] = []

    @click.command()
    @connection_options
    def command(connection: Connection) -> None:
        connection.endpoint  # noqa: B018 - looks for the server
        caught.append(connection)

    result = CliRunner().invoke(command, arguments, env=environment)
    return (caught[0] if caught else None), result
