"""Prints the doctor's findings about a server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table
from rich.text import Text

from openai_steps._endpoint.base_url import VERSION_PARAMETER
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._http.requests import request_headers
from openai_steps._secrets import MASK
from openai_steps._words import count
from openai_steps.cli._terminal import safe_line, safe_lines
from openai_steps.doctor import Grade, Report
from openai_steps.doctor._evidence import MOST_REQUESTS

# The values of all others are hidden: some gateways take their keys in headers or parameters of their own.
_SHOWN_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "user-agent",
        "openai-beta",
        "openai-organization",
        "openai-project",
        "x-dashscope-workspace",
    }
)


def print_endpoint(console: Console, endpoint: Endpoint) -> None:
    """Print which server is asked, and how."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row("provider", Text(endpoint.provider, style="bold"))
    facts.add_row("base URL", Text(safe_line(endpoint.base_url)))
    if endpoint.query:
        shown = {name: value if name == VERSION_PARAMETER else MASK for name, value in endpoint.query}
        facts.add_row("query", Text(safe_line(urlencode(shown, safe="*"))))
    facts.add_row("key from", Text(endpoint.key_source))
    facts.add_row("headers", Text("\n").join(Text(safe_line(line)) for line in _header_lines(endpoint)))
    facts.add_row("include", Text(_INCLUDE[endpoint.include_style]))
    if endpoint.ended_on:
        note = f"Run steps were announced to end at this host on {endpoint.ended_on}."
        facts.add_row("note", Text(note, style="yellow"))
    console.print(facts)


_INCLUDE: Final = {
    "repeated": "include[], once for each name",
    "comma": "include[], once, with commas",
    "unsupported": "not known to this provider",
}


def _header_lines(endpoint: Endpoint) -> Iterable[str]:
    for name, value in request_headers(endpoint).items():
        yield f"{name}: {value if name.lower() in _SHOWN_HEADERS else MASK}"
    has_key = endpoint.api_key is not None or endpoint.credential is not None
    if has_key and endpoint.key_header not in endpoint.headers:
        yield f"{endpoint.key_header}: {endpoint.key_prefix}{MASK}"


_STYLES: Final[dict[Grade, str]] = {
    "sound": "green",
    "harmless": "cyan",
    "unknown": "dim",
    "refused": "yellow",
    "broken": "bold red",
}


_ROOMY: Final = 140


def print_report(console: Console, report: Report) -> None:
    """Print a table of findings, one row each, and the advice."""
    leading = int(console.width < _ROOMY)  # separates rows whose texts need several lines
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", leading=leading)
    for title in ("Check", "Verdict"):
        table.add_column(title, no_wrap=True)
    for title in ("What the server does", "What it means"):
        table.add_column(title)
    for finding in report.findings:
        table.add_row(
            Text(finding.check),
            Text(finding.grade, style=_STYLES[finding.grade]),
            Text(safe_lines(finding.found)),
            Text(safe_lines(finding.means), style="dim"),
        )
    console.print(table)
    console.print(Text(f"\n{report.advice}", style="bold"))
    console.print(Text(f"{count(report.requests, 'request')} of at most {MOST_REQUESTS} were sent.", style="dim"))
