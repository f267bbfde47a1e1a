"""``openai-steps doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from openai_steps.cli._command import Command
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.doctor._checks import Finding


@click.command("doctor", cls=Command)
@click.argument("thread", required=False)
@click.argument("run", required=False)
@connection_options
def command(thread: str | None, run: str | None, connection: Connection) -> None:
    """Say which server is asked, and how; with a run, also whether the server's paging is sound.

    Nothing is sent unless a thread and a run are given, and at most 11 requests then. The run should have some steps: 6
    or more, best less than 100 and all of them finished.
    """
    if thread is not None and run is None:
        raise click.UsageError("A run goes with the thread: doctor THREAD RUN.")

    from rich.text import Text

    from openai_steps.cli._console import make_console
    from openai_steps.cli._doctor_view import print_endpoint, print_findings
    from openai_steps.doctor._checks import advice
    from openai_steps.doctor._evidence import MOST_REQUESTS
    from openai_steps.doctor._examine import examine_run

    console = make_console()
    print_endpoint(console, connection.sketch)
    if thread is None or run is None:
        console.print(Text("\nGive a THREAD and a RUN, and its paging is looked at.", style="dim"))
        return

    async def look(client: AsyncStepsClient) -> tuple[list[Finding], int]:
        return await examine_run(client, thread, run)

    findings, requests = connection.run(look)
    console.print()
    print_findings(console, findings)
    console.print(Text(f"\n{advice(findings)}", style="bold"))
    console.print(Text(f"{requests} requests of at most {MOST_REQUESTS} were sent.", style="dim"))
