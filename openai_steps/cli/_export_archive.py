"""``openai-steps export`` into an archive."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from openai_steps._words import count
from openai_steps.cli._connection import Connection
from openai_steps.cli._terminal import Failure, safe

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.export import ThreadsProgress


@attrs.frozen
class ReadOptions:
    """How to read: the options for any export."""

    concurrency: int
    max_per_second: float | None
    include: tuple[str, ...]
    scheduler: str | None

    @property
    def at_once(self) -> int:
        """How many things to read at once: no more than the rate allows."""
        from openai_steps.export._pace import useful_concurrency

        return useful_concurrency(self.concurrency, self.max_per_second)

    def of_client(self) -> dict[str, Any]:
        """Return the arguments of a client on this machine."""
        from openai_steps import Limits
        from openai_steps.export._pace import make_limiter

        limiter = None if self.max_per_second is None else make_limiter(self.max_per_second)
        return {"rate_limiter": limiter, "limits": Limits(max_connections=self.at_once)}

    def of_cluster(self) -> dict[str, Any]:
        """Return the arguments of an export on a cluster."""
        return {"concurrency": self.concurrency, "max_per_second": self.max_per_second, "include": self.include}


@attrs.frozen
class ArchiveOptions:
    """The options for an archive."""

    threads: tuple[str, ...]
    every_thread: bool
    files: bool
    update: bool
    redact: tuple[str, ...]


def export_archive(
    connection: Connection, runs: Path | None, out: Path, options: ArchiveOptions, how: ReadOptions
) -> None:
    """Read threads into an archive, and print the counts.

    Args:
        connection: The server.
        runs: A file of runs or threads, or None.
        out: The archive.
        options: Which threads, and which parts of them.
        how: How to read.

    Raises:
        Failure: If something could not be read; after everything else was.
    """
    named = [*options.threads, *_in_file(runs)]
    export = _export_here if how.scheduler is None else _export_there
    done = export(connection, named, out, options, how)
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
            f"{done.failures:,} could not be read: manifest.json says which, and why. "
            "The same command tries them again."
        )


def _export_here(
    connection: Connection, named: list[str], out: Path, options: ArchiveOptions, how: ReadOptions
) -> ThreadsProgress:
    from openai_steps.export import export_threads

    async def work(client: AsyncStepsClient) -> ThreadsProgress:
        return await export_threads(
            client,
            _ids(client, named, every_thread=options.every_thread),
            out,
            files=options.files,
            update=options.update,
            redact=options.redact,
            concurrency=how.at_once,
            include=how.include,
            on_progress=None if connection.quiet else _show,
        )

    return connection.run(work, shows_progress=True, **how.of_client())


def _export_there(
    connection: Connection, named: list[str], out: Path, options: ArchiveOptions, how: ReadOptions
) -> ThreadsProgress:
    from openai_steps.cli._connection import usage_errors
    from openai_steps.export._extras import cluster

    async def list_threads(client: AsyncStepsClient) -> list[str]:
        return [thread_id async for thread_id in _ids(client, named, every_thread=True)]

    ids = connection.run(list_threads) if options.every_thread else named
    with usage_errors():
        done: ThreadsProgress = cluster().export_threads_on_cluster(
            how.scheduler,
            ids,
            out,
            connect=connection.for_workers(),
            files=options.files,
            redact=options.redact,
            on_progress=None if connection.quiet else _show,
            **how.of_cluster(),
        )
    return done


def _show(now: ThreadsProgress) -> None:
    if sys.stderr.isatty():
        line = f"{count(now.threads, 'thread')}, {count(now.runs, 'run')}, {now.failures:,} failed"
        click.echo(f"\r{line} ", nl=False, err=True)


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
    """Return the threads of a file; all of it is read first, to find any mistake in it."""
    from openai_steps.export import read_thread_ids

    if runs is None:
        return []
    if str(runs) == "-":
        return list(read_thread_ids(sys.stdin, name="standard input"))
    with open(runs, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(read_thread_ids(file, name=runs.name))
