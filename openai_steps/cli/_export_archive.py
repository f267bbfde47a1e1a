"""``openai-steps export`` into an archive."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from openai_steps.cli._connection import Connection
from openai_steps.cli._terminal import Failure, safe

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.export import ThreadsProgress


@attrs.frozen
class ArchiveOptions:
    """What the options for an archive say."""

    threads: tuple[str, ...]
    every_thread: bool
    files: bool
    update: bool
    redact: tuple[str, ...]
    concurrency: int
    max_per_second: float | None
    include: tuple[str, ...]


def export_archive(connection: Connection, runs: Path | None, out: Path, options: ArchiveOptions) -> None:
    """Read threads into an archive, and say what came of it.

    Args:
        connection: The server.
        runs: A file of runs or threads, or None.
        out: The archive.
        options: Which threads, and how.

    Raises:
        Failure: If something could not be read; after all that could.
    """
    from openai_steps import Limits
    from openai_steps._words import count
    from openai_steps.export import export_threads
    from openai_steps.export._pace import make_limiter, useful_concurrency

    named = [*options.threads, *_in_file(runs)]
    at_once = useful_concurrency(options.concurrency, options.max_per_second)

    async def work(client: AsyncStepsClient) -> ThreadsProgress:
        return await export_threads(
            client,
            _ids(client, named, every_thread=options.every_thread),
            out,
            files=options.files,
            update=options.update,
            redact=options.redact,
            concurrency=at_once,
            include=options.include,
            on_progress=None if connection.quiet else _show,
        )

    done: ThreadsProgress = connection.run(
        work,
        shows_progress=True,
        rate_limiter=None if options.max_per_second is None else make_limiter(options.max_per_second),
        limits=Limits(max_connections=at_once),
    )
    if not connection.quiet:
        counts = (
            count(getattr(done, name), noun)
            for name, noun in (("threads", "thread"), ("runs", "run"), ("steps", "step"), ("messages", "message"))
        )
        files = f", {count(done.files, 'file')}" if options.files else ""
        before = f" ({count(done.found, 'thread')} from before)" if done.found else ""
        click.echo(safe(f"In {out.name}: {', '.join(counts)}{files}{before}."), err=True)
    if done.failures:
        raise Failure(
            f"{done.failures:,} could not be read: manifest.json tells which, and why. "
            "The same command tries them again."
        )


def _show(now: ThreadsProgress) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{now.threads:,} threads, {now.runs:,} runs, {now.failures:,} failed ", nl=False, err=True)


async def _ids(client: AsyncStepsClient, named: Iterable[str], *, every_thread: bool) -> AsyncIterator[str]:
    """Yield each thread once: those that were named, then all others that the server lists."""
    seen: dict[str, None] = dict.fromkeys(named)
    for thread_id in seen:
        yield thread_id
    if every_thread:
        async for thread in client.iter_threads(order="asc"):
            if thread.id not in seen:
                yield thread.id


def _in_file(runs: Path | None) -> list[str]:
    """Return the threads of a file; it is read through first, to find what is wrong in it."""
    from openai_steps.export import read_thread_ids

    if runs is None:
        return []
    if str(runs) == "-":
        return list(read_thread_ids(sys.stdin, name="standard input"))
    with open(runs, encoding="utf-8", newline="") as file:
        return list(read_thread_ids(file, name=runs.name))
