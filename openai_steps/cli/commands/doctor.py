"""``openai-steps doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from openai_steps.cli._command import Command
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.doctor import Report


@click.command("doctor", cls=Command)
@click.argument("thread", required=False)
@click.argument("run", required=False)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the report on the server's paging as JSON, and nothing else."
)
@connection_options
def command(thread: str | None, run: str | None, as_json: bool, connection: Connection) -> None:
    """Say which server is asked, and how; with a run, also whether the server's paging is sound.

    Nothing is sent unless a thread and a run are given, and at most 200 requests then. The run should have finished;
    the more steps it has, up to some hundreds, and the more of them share a second, the more it shows.
    """
    if (thread is not None or as_json) and run is None:
        raise click.UsageError("A run goes with the thread: doctor THREAD RUN.")

    from rich.text import Text

    from openai_steps._json.text import to_text
    from openai_steps.cli._console import make_console
    from openai_steps.cli._doctor_view import print_endpoint, print_report
    from openai_steps.cli._terminal import write_line

    console = make_console()
    if not as_json:
        print_endpoint(console, connection.sketch)
    if thread is None or run is None:
        console.print(Text("\nGive a THREAD and a RUN, and its paging is looked at.", style="dim"))
        return

    async def look(client: AsyncStepsClient) -> Report:
        from openai_steps.doctor import examine

        return await examine(client, thread, run)

    report = connection.run(look)
    if as_json:
        write_line(to_text(report.to_json()))
        return
    console.print()
    print_report(console, report)
