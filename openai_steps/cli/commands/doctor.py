"""``openai-steps doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._http.requests import request_headers
from openai_steps.cli._options import Connection, connection_options
from openai_steps.cli._terminal import excerpt, make_console
from openai_steps.doctor._checks import Finding, advice
from openai_steps.doctor._evidence import MOST_REQUESTS
from openai_steps.doctor._examine import examine_run

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient


@click.command("doctor", short_help="Say which server is asked, and how, and judge its paging.")
@click.argument("thread", required=False)
@click.argument("run", required=False)
@connection_options
def doctor(thread: str | None, run: str | None, connection: Connection) -> None:
    """Say which server is asked, and how; with a run, also whether the server's paging is sound.

    Nothing is sent unless a thread and a run are given, and at most 11 requests then. The run should have some steps: 6
    or more, best less than 100 and all of them finished.
    """
    console = make_console()
    _print_endpoint(console, connection.endpoint)
    if thread is None:
        console.print(Text("\nGive a THREAD and a RUN, and its paging is looked at.", style="dim"))
        return
    if run is None:
        raise click.UsageError("A run goes with the thread: doctor THREAD RUN.", click.get_current_context())

    async def look(client: AsyncStepsClient) -> tuple[list[Finding], int]:
        return await examine_run(client, thread, run)

    findings, requests = connection.run(look)
    console.print()
    _print_findings(console, findings)
    console.print(Text(f"\n{advice(findings)}", style="bold"))
    console.print(Text(f"{requests} requests of at most {MOST_REQUESTS} were sent.", style="dim"))


# --- Who is asked -------------------------------------------------------------------------------------------------

# The values of all others are hidden: some gateways take their keys in headers or parameters of their own.
_SHOWN_HEADERS: Final = frozenset(
    {"accept", "user-agent", "openai-beta", "openai-organization", "openai-project", "x-dashscope-workspace"}
)
_SHOWN_PARAMETERS: Final = frozenset({"api-version"})
_HIDDEN: Final = "***"


def _print_endpoint(console: Console, endpoint: Endpoint) -> None:
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("provider", Text(endpoint.provider, style="bold"))
    facts.add_row("base URL", Text(excerpt(endpoint.base_url)))
    if endpoint.query:
        shown = {name: value if name in _SHOWN_PARAMETERS else _HIDDEN for name, value in endpoint.query}
        facts.add_row("query", Text(excerpt(urlencode(shown, safe="*"))))
    facts.add_row("key from", Text(endpoint.key_source))
    facts.add_row("headers", Text("\n").join(Text(excerpt(line)) for line in _header_lines(endpoint)))
    facts.add_row("include", Text(_INCLUDE[endpoint.include_style]))
    if endpoint.ended_on:
        facts.add_row("note", Text(f"This host stopped serving run steps on {endpoint.ended_on}.", style="yellow"))
    console.print(facts)


_INCLUDE: Final = {
    "repeated": "include[], once for each name",
    "comma": "include[], once, with commas",
    "unsupported": "not known to this provider",
}


def _header_lines(endpoint: Endpoint) -> Iterable[str]:
    for name, value in request_headers(endpoint).items():
        yield f"{name}: {value if name.lower() in _SHOWN_HEADERS else _HIDDEN}"
    has_key = endpoint.api_key is not None or endpoint.credential is not None
    if has_key and endpoint.key_header not in endpoint.headers:
        yield f"{endpoint.key_header}: {endpoint.key_prefix}{_HIDDEN}"


_GRADES: Final = {
    "sound": ("sound", "green"),
    "harmless": ("harmless", "cyan"),
    "verify": ("--verify-paging", "yellow"),
    "broken": ("broken", "bold red"),
    "unknown": ("unknown", "dim"),
}


_ROOMY: Final = 140


def _print_findings(console: Console, findings: Iterable[Finding]) -> None:
    leading = int(console.width < _ROOMY)  # where texts need several lines, something must part the rows
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", leading=leading)
    for title in ("Check", "Verdict"):
        table.add_column(title, no_wrap=True)
    for title in ("What the server does", "What it means"):
        table.add_column(title)
    for finding in findings:
        word, style = _GRADES[finding.grade]
        table.add_row(
            Text(finding.check), Text(word, style=style), Text(finding.found), Text(finding.means, style="dim")
        )
    console.print(table)
