"""``openai-steps console``."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from openai_steps.cli._command import Command, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._serving import listening_errors, stop_signals, tls_context, with_host
from openai_steps.cli._terminal import Failure

if TYPE_CHECKING:
    import asyncio

    from openai_steps import Endpoint, RunRef
    from openai_steps.console import Console
    from openai_steps.emulator import Emulator

_DEMO: Final = "demo"
_REPLAY_SPEED: Final = 2.0
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _local_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for local sources, which the command gets as ``local``, and the server's options."""
    connected = connection_options(command)

    @functools.wraps(connected)
    def opened(*, demo: bool, file: Path | None, **options: Any) -> None:
        if demo and file is not None:
            raise click.UsageError("Give --demo or --from, not both.")
        connected(local=_DEMO if demo else file, **options)

    for add in (
        option(
            "--from",
            "file",
            metavar="FILE",
            type=click.Path(exists=True, path_type=Path),
            help="Open a file or archive of steps instead of a server.",
        ),
        option("--demo", is_flag=True, help="Open the bundled run: no account, no network."),
    ):
        opened = add(opened)
    return opened


@click.command("console", cls=Command)
@_local_options
@option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option("--port", type=click.IntRange(0, 65535), default=8766, show_default=True, help="0 takes a free one.")
@option("--allow-host", "hosts", metavar="NAME", multiple=True, help="A name of this console; may be repeated.")
@option("--tls-cert", metavar="FILE", type=_FILE, help="For https: the certificate, in PEM.")
@option("--tls-key", metavar="FILE", type=_FILE, help="And its key.")
@option("--no-browser", is_flag=True, help="Print the link, and open nothing.")
def command(
    connection: Connection,
    local: Path | str | None,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    no_browser: bool,
) -> None:
    """Try a call and see a run in the browser; the key stays here.

    A local page with a form of all parameters, tables, timelines, live runs, and the same call as code in Python, curl
    and TypeScript. The link that it prints opens it once; Enter prints another, Ctrl-C ends it.
    """
    import asyncio

    servers = {} if local is not None else {"the options' server": connection, **_named()}
    serving: dict[str, Any] = {"host": host, "port": port, "ssl_context": tls_context(tls_cert, tls_key)}
    with listening_errors(f"{host}, port {port}"):
        asyncio.run(_serve(local, servers, hosts=hosts, serving=serving, opens=not no_browser))


async def _serve(
    local: Path | str | None,
    servers: dict[str, Connection],
    *,
    hosts: tuple[str, ...],
    serving: dict[str, Any],
    opens: bool,
) -> None:
    from contextlib import AsyncExitStack

    from openai_steps._endpoint.base_url import is_loopback

    async with AsyncExitStack() as stack:
        endpoints: dict[str, Endpoint] = {}
        options: dict[str, dict[str, Any]] = {}
        runs: list[RunRef] = []
        if local is not None:
            name, emulator = _open(local)
            runs = _runs_of(emulator)
            if local == _DEMO:
                runs.append(_go_on(emulator, stack))
            endpoints[name] = await _local(emulator, stack)
        for name, server in servers.items():
            endpoint = _endpoint_of(server, name, first=not endpoints)
            if endpoint is not None and endpoint not in endpoints.values():
                shown = name if endpoints else endpoint.provider
                endpoints[shown], options[shown] = endpoint, server.client_options()
                stack.push_async_callback(server.close)
        console = _console(endpoints, runs, hosts, options)
        try:
            origin = await stack.enter_async_context(console.serve(**serving))
        except ValueError as error:
            raise click.UsageError(str(error).replace("allow_hosts", "--allow-host")) from None
        if not is_loopback(serving["host"]):
            origin = with_host(origin, hosts[0])
            click.echo(f"{serving['host']} can be reached from other machines; only people with a link get in.")
        with stop_signals() as stopped:
            _print_link(console, origin)
            if opens:
                _open_browser(console, origin, stack)
            _new_link_on_enter(console, origin)
            await stopped.wait()


def _named() -> dict[str, Connection]:
    """Return the connections of the configuration, to choose from in the page."""
    from openai_steps.cli._config import connection_names

    return {name: Connection({"connection_name": name}, {}) for name in connection_names()}


def _endpoint_of(server: Connection, name: str, *, first: bool) -> Endpoint | None:
    """Return a server, or None if one of several cannot be asked, which is reported; the others are still served."""
    try:
        return server.endpoint
    except click.ClickException as error:
        if first:
            raise
        click.echo(f"Left out: the connection {name!r}. {error.message}", err=True)
        return None


def _console(
    endpoints: dict[str, Endpoint], runs: list[RunRef], hosts: tuple[str, ...], options: dict[str, dict[str, Any]]
) -> Console:
    try:
        from openai_steps.console import Console

        return Console(endpoints, runs=runs, allow_hosts=hosts, client_options=options)
    except ModuleNotFoundError as error:
        raise Failure(f"The console needs {error.name}.", hint="pip install 'openai-steps[console]'.") from error


def _open(local: Path | str) -> tuple[str, Emulator]:
    from openai_steps.emulator import Emulator
    from openai_steps.export import load_archive

    if local == _DEMO:
        return _DEMO, Emulator.demo()
    file = Path(local)
    try:
        return file.name, Emulator(store=load_archive(file))
    except (ValueError, ModuleNotFoundError) as error:
        raise Failure(str(error)) from error


def _runs_of(emulator: Emulator) -> list[RunRef]:
    from openai_steps import RunRef

    return [RunRef(thread_id, run_id) for thread_id, run_id in emulator.store.runs()[:100]]


def _go_on(emulator: Emulator, stack: Any) -> RunRef:
    """Replay the recorded run, to be followed."""
    import asyncio

    from openai_steps import RunRef
    from openai_steps.emulator import DEMO_THREAD
    from openai_steps.emulator._replay import DEMO_LIVE_RUN, replay_demo

    stack.callback(asyncio.ensure_future(replay_demo(emulator.store, speed=_REPLAY_SPEED)).cancel)
    return RunRef(DEMO_THREAD, DEMO_LIVE_RUN)


async def _local(emulator: Emulator, stack: Any) -> Endpoint:
    """Serve what is in memory on a local port, and return its endpoint."""
    import secrets

    from openai_steps import Endpoint

    key = secrets.token_urlsafe(32)
    emulator = _with_key(emulator, key)
    return Endpoint.compatible(await stack.enter_async_context(emulator.serve()), api_key=key)


def _with_key(emulator: Emulator, key: str) -> Emulator:
    from openai_steps.emulator import Emulator

    return Emulator(store=emulator.store, api_key=key)


def _print_link(console: Console, origin: str) -> None:
    click.echo(f"The console is open at {origin}{console.invite()}")
    click.echo("  The link works once, for five minutes. Enter prints another, Ctrl-C ends it.")


def _open_browser(console: Console, origin: str, stack: Any) -> None:
    """Open the browser with a file that only this user can read, since all users can see a program's arguments."""
    import os
    import tempfile
    import webbrowser
    from threading import Thread

    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys():
        return  # a text browser would take over the terminal
    handle, name = tempfile.mkstemp(suffix=".html", prefix="openai-steps-")  # of mode 0600
    stack.callback(Path(name).unlink, missing_ok=True)
    link = origin + console.invite()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={link}">')
    # Some browsers block the process that starts them.
    Thread(target=webbrowser.open, args=[Path(name).as_uri()], daemon=True).start()


def _new_link_on_enter(console: Console, origin: str) -> None:
    import asyncio

    if sys.stdin is None or not sys.stdin.isatty():
        return

    def entered() -> None:
        if sys.stdin.readline():
            _print_link(console, origin)
        else:
            loop.remove_reader(sys.stdin)

    loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
    try:
        loop.add_reader(sys.stdin, entered)
    except (NotImplementedError, OSError, ValueError):  # Windows, or no terminal after all
        return
