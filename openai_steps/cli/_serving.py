"""Commands that serve until they are stopped: errors of the port, and an orderly stop."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from openai_steps._endpoint.base_url import is_loopback
from openai_steps.cli._terminal import Failure

if TYPE_CHECKING:
    import asyncio
    import ssl

_STOP: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Yield an event that is set by Ctrl-C, and by the signal that service managers send.

    Enter it before the address is printed, so that an early stop is not lost.
    """
    import asyncio

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: there, Ctrl-C is a KeyboardInterrupt
        for number in _STOP:
            loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        with suppress(NotImplementedError):
            for number in _STOP:
                loop.remove_signal_handler(number)


def with_host(url: str, host: str) -> str:
    """Return the URL of a server under another of its names."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{host}:{parts.port}").geturl()


def called_from_elsewhere(host: str, url: str) -> str | None:
    """Return how other machines call a server that listens on all addresses, whose URL has the loopback interface's."""
    shown = urlsplit(url).hostname or ""
    if is_loopback(host) or not is_loopback(shown):
        return None
    return f"From other machines, write the name or address of this one in place of {shown}."


@contextmanager
def listening_errors(where: str) -> Iterator[None]:
    """Report in one line that an address is taken or not allowed."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        reason = error.strerror or error
        raise Failure(f"Cannot listen on {where}: {reason}.", hint="--port 0 takes a free one.") from error


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """Return the TLS context, or None if no certificate is given.

    Raises:
        click.UsageError: If one of the two files is missing, or they do not belong together.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise click.UsageError("TLS needs both --tls-cert and --tls-key.")
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise click.UsageError(f"--tls-cert and --tls-key cannot be used: {error}") from None
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one that is not.")


def read_token(file: Path | None, variable: str) -> str | None:
    """Return the token of a file, or else of an environment variable, or None."""
    if file is None:
        return os.environ.get(variable) or None
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--token-file cannot be read: {error}") from None
