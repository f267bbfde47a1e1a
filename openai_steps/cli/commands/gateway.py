"""``openai-steps gateway``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click
from attrs import frozen

from openai_steps._settings import RetryPolicy, Timeouts
from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._serving import (
    called_from_elsewhere,
    listening_errors,
    read_token,
    stop_signals,
    tls_context,
    with_host,
)

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient

_TOKEN_VARIABLE: Final = "OPENAI_STEPS_GATEWAY_TOKEN"  # noqa: S105 - a name

# Callers retry themselves, and wait for 30 seconds and more.
_RETRY: Final = RetryPolicy(attempts=2)
_PATIENCE: Final = Timeouts(attempt=25, total=28)

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _names(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (given or "").split(",") if name.strip())


@click.command("gateway", cls=Command)
@connection_options
@option(
    "--repair",
    is_flag=True,
    help="Answer lists of steps as documented, whatever the server's paging does, or refuse.",
)
@option(
    "--routes",
    metavar="NAMES",
    callback=_names,
    help="More to serve besides runs and steps, separated by commas: messages, threads, files.",
)
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@option(
    "--socket",
    "socket_path",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A Unix socket instead, for you alone.",
)
@option(
    "--token-file",
    metavar="FILE",
    type=_FILE,
    help=f"What callers must send as their key. Default: the environment variable {_TOKEN_VARIABLE}.",
)
@option("--no-token", is_flag=True, help="Listen beyond this machine even without a token.")
@option("--tls-cert", metavar="FILE", type=_FILE, help="For https: the certificate, in PEM.")
@option("--tls-key", metavar="FILE", type=_FILE, help="And its key.")
@option("--allow-host", "hosts", metavar="NAME", multiple=True, help="A name of this gateway; may be repeated.")
@option("--allow-origin", "origins", metavar="URL", multiple=True, help="A site whose pages may read; may be repeated.")
@option(
    "--log",
    "log",
    type=click.Choice(["json", "text", "off"]),
    default="text",
    show_default=True,
    help="A line on standard error for each request, without ids and keys.",
)
def command(
    connection: Connection,
    repair: bool,
    routes: tuple[str, ...],
    host: str,
    port: int,
    socket_path: Path | None,
    token_file: Path | None,
    no_token: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    log: Literal["json", "text", "off"],
) -> None:
    """Serve runs and steps to programs of any language, which need no key.

    The key stays here. The gateway only reads: GET and HEAD, the paths of runs and steps, and nothing else; Ctrl-C
    ends it. Point a client at the URL that it prints, as its base URL.
    """
    from openai_steps._endpoint.base_url import is_loopback
    from openai_steps.gateway import log_event

    token = read_token(token_file, _TOKEN_VARIABLE)
    if socket_path is None and not is_loopback(host) and token is None and not no_token:
        raise click.UsageError(
            f"{host} can be reached from other machines, and anyone there could read with your key. "
            f"Give --token-file FILE or set {_TOKEN_VARIABLE}; --no-token needs none."
        )
    options = _Options(
        of_gateway={
            "token": token,
            "repair": repair,
            "routes": routes,
            "allow_hosts": hosts,
            "allow_origins": origins,
            "observer": None if log == "off" else partial(log_event, form=log),
        },
        of_serving={
            "host": host,
            "port": port,
            "socket_path": socket_path,
            "ssl_context": tls_context(tls_cert, tls_key),
            "without_token": no_token,
        },
        has_token=token is not None,
    )
    with listening_errors(str(socket_path or f"{host}, port {port}")), _logging_to_stderr():
        connection.run(partial(_serve, options=options), shows_progress=True, retry=_RETRY, timeout=_PATIENCE)


@frozen
class _Options:
    of_gateway: dict[str, Any]
    of_serving: dict[str, Any]
    has_token: bool


async def _serve(client: AsyncStepsClient, *, options: _Options) -> None:
    from openai_steps.gateway import Gateway

    serving = Gateway(client, **options.of_gateway).serve(**options.of_serving)
    with stop_signals() as stopped:
        async with serving as base_url:
            _print_invitation(client, base_url, options)
            await stopped.wait()


@contextmanager
def _logging_to_stderr() -> Iterator[None]:
    import logging

    logger = logging.getLogger("openai_steps.gateway")
    before = logger.level, logger.propagate
    handler = logging.StreamHandler(sys.stderr)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # --verbose listens to the logger above it
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _print_invitation(client: AsyncStepsClient, base_url: str, options: _Options) -> None:
    from rich.text import Text

    from openai_steps._endpoint.base_url import is_loopback
    from openai_steps.cli._console import make_console

    console = make_console(soft_wrap=True)
    endpoint = client.endpoint
    host, names = options.of_serving["host"], options.of_gateway["allow_hosts"]
    if names and names[0] != "*" and not is_loopback(host):
        base_url = with_host(base_url, names[0])
    console.print(
        Text.assemble("Reading ", endpoint.base_url, f" (key: {endpoint.key_source}) at ", (base_url, "bold"))
    )
    path = options.of_serving["socket_path"]
    key = f"${_TOKEN_VARIABLE}" if options.has_token else "unused"
    bearer = f' -H "Authorization: Bearer {key}"' if options.has_token else ""
    if path is not None:
        console.print(Text(f"  curl --unix-socket {path} {base_url}/threads/THREAD/runs/RUN/steps", style="dim"))
        return
    python_key = f'os.environ["{_TOKEN_VARIABLE}"]' if options.has_token else '"unused"'
    node_key = f"process.env.{_TOKEN_VARIABLE}" if options.has_token else '"unused"'
    for name, line in (
        ("Python", f'AsyncStepsClient(base_url="{base_url}", api_key={python_key})'),
        ("curl", f'curl{bearer} "{base_url}/threads/THREAD/runs/RUN/steps"'),
        ("TypeScript", f'new OpenAI({{ baseURL: "{base_url}", apiKey: {node_key} }})'),
    ):
        console.print(Text.assemble((f"  {name:<11}", "dim"), line))
    if elsewhere := called_from_elsewhere(host, base_url):
        let_in = "" if options.has_token or names else " --allow-host NAME lets them in."
        console.print(Text(f"  {elsewhere}{let_in}", "dim"))
    if not options.has_token and not options.of_serving["without_token"]:
        console.print(
            Text("  Every user of this machine can read through it; --socket PATH or a token keeps others out.", "dim")
        )
