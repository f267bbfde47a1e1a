"""The options that commands share: the server, how to ask it, and what to include."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from openai_steps._arguments import check_value, is_header_name
from openai_steps._endpoint.endpoint import PROVIDERS
from openai_steps._endpoint.model_studio import REGIONS
from openai_steps.cli._command import option
from openai_steps.cli._connection import PROVIDER_OPTIONS, Connection

T = TypeVar("T")


def _full_names(_context: click.Context, _option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    from openai_steps import INCLUDE_FILE_SEARCH_CONTENT

    return tuple(INCLUDE_FILE_SEARCH_CONTENT if name == "file_search_content" else name for name in names)


include_option = option(
    "--include",
    metavar="NAME",
    multiple=True,
    callback=_full_names,
    help="More to send: file_search_content, or a name in full; may be repeated.",
)
format_option = option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl"]),
    default="table",
    show_default=True,
    help="jsonl: the wire's JSON, one step per line.",
)


def _read_headers(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    headers = {}
    for number, header in enumerate(given, start=1):
        name, colon, value = header.partition(":")
        # It may be a secret: the message does not repeat it.
        if not colon or not is_header_name(name):
            raise click.BadParameter(f"number {number} does not have the form NAME:VALUE.")
        try:
            headers[name] = check_value(f"the header {name}", value.strip(" \t"))
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return headers


def _complete_connection(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    from openai_steps.cli._config import connection_names

    return [name for name in connection_names() if name.startswith(incomplete)]


_server = functools.partial(option, section="Server")
_requests = functools.partial(option, section="Requests")

_OPTIONS: Final = (
    _server(
        "--connection",
        "connection_name",
        metavar="NAME",
        envvar="OPENAI_STEPS_CONNECTION",
        show_envvar=True,
        shell_complete=_complete_connection,
        help="A connection of the configuration file.",
    ),
    _server(
        "--provider",
        type=click.Choice(list(PROVIDERS)),
        envvar="OPENAI_STEPS_PROVIDER",
        show_envvar=True,
        help="Who serves the run. Default: the one that the environment's variables name, or else openai.",
    ),
    _server(
        "--base-url",
        metavar="URL",
        help="The address: a base URL, an Azure resource or a Foundry project endpoint. "
        "Default: the provider's own, or its usual environment variable.",
    ),
    _server(
        "--api-key",
        metavar="KEY",
        envvar="OPENAI_STEPS_API_KEY",
        show_envvar=True,
        help="Avoid it: every user of this machine can see it in the list of processes. "
        "Set the provider's usual environment variable instead.",
    ),
    _server("--api-version", metavar="VERSION", help="Of the API (azure_openai, azure_foundry, fabric)."),
    _server(
        "--scope",
        metavar="SCOPE",
        help="The scope of tokens, if not the host's; with it, the login of Azure's tools is used.",
    ),
    _server("--region", type=click.Choice(REGIONS), help="The site (dashscope)."),
    _server("--workspace", metavar="ID", help="The workspace, if not the default one (dashscope)."),
    _server("--organization", metavar="ID", help="The organization (openai)."),
    _server("--project", metavar="ID", help="The project (openai)."),
    _server("--key-header", metavar="NAME", help="The header for the key, if not Authorization (compatible)."),
    _server(
        "--header",
        "headers",
        metavar="NAME:VALUE",
        multiple=True,
        callback=_read_headers,
        help="One more header; may be repeated.",
    ),
    _requests(
        "--proxy",
        metavar="URL",
        help="The proxy. Default: that of HTTPS_PROXY and the like, unless NO_PROXY names the server.",
    ),
    _requests(
        "--cacert",
        metavar="FILE",
        type=click.Path(exists=True),
        help="Trust these certificates and no others. Default: REQUESTS_CA_BUNDLE, SSL_CERT_FILE, or the system's.",
    ),
    _requests(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        help="The longest wait for one request. Default: 30, and 60 with its retries.",
    ),
    _requests(
        "--retries",
        metavar="N",
        type=click.IntRange(0, 100),
        help="How often to try a request again. Default: 3.",
    ),
    _requests("-v", "--verbose", is_flag=True, help="Report each request, retry and wait on standard error."),
    _requests("-q", "--quiet", is_flag=True, help="Report only errors on standard error."),
)
_NAMES: Final = ("connection_name", "provider", *PROVIDER_OPTIONS, "proxy", "cacert", "timeout", "retries")


def connection_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the options that name a server to a command, which gets a `Connection` as ``connection``."""

    @functools.wraps(command)
    def connected(*, headers: Mapping[str, str], verbose: bool, quiet: bool, **options: Any) -> T:
        if verbose and quiet:
            raise click.UsageError("Give --verbose or --quiet, not both.")
        given = {name: value for name in _NAMES if (value := options.pop(name)) is not None}
        connection = Connection(given, headers, verbose=verbose, quiet=quiet)  # pyright: ignore[reportCallIssue]
        return command(connection=connection, **options)

    for add_option in reversed(_OPTIONS):
        connected = add_option(connected)
    return connected
