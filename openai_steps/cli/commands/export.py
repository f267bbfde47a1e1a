"""``openai-steps export``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from openai_steps.cli._command import Command, LocalPath, option
from openai_steps.cli._connection import Connection
from openai_steps.cli._export_archive import ArchiveOptions, ReadOptions, export_archive
from openai_steps.cli._options import connection_options, include_option
from openai_steps.cli._terminal import Failure, Interrupted, safe
from openai_steps.cli._threads_source import max_per_second_option

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient, RunRef
    from openai_steps.export import ExportProgress

_MOST_CONNECTIONS: Final = 1000


@click.command("export", cls=Command)
@click.argument("runs", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@option(
    "-o",
    "--out",
    metavar="OUT",
    required=True,
    type=LocalPath(),
    help="A new file whose name ends in .jsonl, .jsonl.gz or .parquet; a folder with --scheduler, or for an archive.",
)
@option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, _MOST_CONNECTIONS),
    default=16,
    show_default=True,
    help="The most runs to read at once.",
)
@max_per_second_option
@option("--thread", "threads", metavar="ID", multiple=True, section="Archive", help="A whole thread; may be repeated.")
@option("--all", "every_thread", is_flag=True, section="Archive", help="All threads, if the server lists them.")
@option("--files", is_flag=True, section="Archive", help="The files that messages and steps name, too.")
@option("--update", is_flag=True, section="Archive", help="Also what is new since, and runs that had not ended.")
@option(
    "--redact",
    metavar="JSONPATH",
    multiple=True,
    section="Archive",
    help="Take out these values, such as $.metadata.email; may be repeated.",
)
@option("--scheduler", metavar="ADDRESS", help="Run on the workers of this Dask cluster.")
@include_option
@connection_options
def command(
    runs: Path | None,
    out: Path,
    concurrency: int,
    max_per_second: float | None,
    threads: tuple[str, ...],
    every_thread: bool,
    files: bool,
    update: bool,
    redact: tuple[str, ...],
    scheduler: str | None,
    include: tuple[str, ...],
    connection: Connection,
) -> None:
    """Write the steps of many runs into a file, or whole threads into an archive.

    RUNS is a file of thread and run ids, or - for standard input: JSON Lines with thread_id and run_id, or CSV with
    these columns in its header. If OUT is a folder, it becomes an archive of the threads of RUNS, of --thread, or
    of --all: threads, messages, runs and steps, each byte for byte as the server sent it.

    Runs that cannot be read go to OUT.failures.jsonl with the reason; it is a RUNS file for another try. Items that
    are not steps go to OUT.unreadable.jsonl. After an interruption, the same command goes on.
    """
    from openai_steps._words import count
    from openai_steps.cli._export_view import progress_bar

    is_file = out.name.endswith((".jsonl", ".jsonl.gz", ".parquet"))
    if runs is None and not threads and not every_thread:
        raise click.UsageError("Name runs, a file or -: RUNS; or threads: --thread ID, or --all.")
    how = ReadOptions(concurrency, max_per_second, include, scheduler)
    is_of_threads = bool(threads) or every_thread or files or update or bool(redact)
    if not is_file and (is_of_threads or (scheduler is None and (out.is_dir() or not out.suffix))):
        if scheduler is not None and update:
            raise click.UsageError("--update is done on this machine: leave out --scheduler.")
        with _errors():
            export_archive(connection, runs, out, ArchiveOptions(threads, every_thread, files, update, redact), how)
        return
    if runs is None or is_of_threads:
        raise click.UsageError(f"Threads go into an archive, a folder: {out.name} is for the steps of RUNS.")
    with _errors(), _read(runs) as (refs, total), progress_bar(total, quiet=connection.quiet) as show:
        export = _export_here if scheduler is None else _export_there
        done = export(connection, refs, out, how, show)
    if not connection.quiet:
        click.echo(safe(f"In {out.name}: {count(done.runs, 'run')}, {count(done.steps, 'step')}."), err=True)
    if done.unreadable:
        where = f"{out.name}.unreadable.jsonl has {'it' if done.unreadable == 1 else 'them'} as the server sent"
        click.echo(safe(f"{count(done.unreadable, 'item')} could not be read as a step: {where}."), err=True)
    if done.failures:
        where = f"{out.name}.failures.jsonl says which, and why"
        raise Failure(f"{count(done.failures, 'run')} could not be read: {where}.")


def _export_here(
    connection: Connection,
    runs: Iterator[RunRef],
    out: Path,
    how: ReadOptions,
    show: Callable[[ExportProgress], None],
) -> ExportProgress:
    from openai_steps.export import export_runs

    async def work(client: AsyncStepsClient) -> ExportProgress:
        return await export_runs(client, runs, out, concurrency=how.at_once, include=how.include, on_progress=show)

    return connection.run(work, shows_progress=True, **how.of_client())


def _export_there(
    connection: Connection,
    runs: Iterator[RunRef],
    out: Path,
    how: ReadOptions,
    show: Callable[[ExportProgress], None],
) -> ExportProgress:
    from openai_steps.cli._connection import usage_errors
    from openai_steps.export._extras import cluster

    with usage_errors():
        done: ExportProgress = cluster().export_on_cluster(
            how.scheduler, runs, out, connect=connection.for_workers(), on_progress=show, **how.of_cluster()
        )
    return done


@contextmanager
def _errors() -> Iterator[None]:
    from openai_steps.archive import ArchiveError
    from openai_steps.export import ExportError

    try:
        yield
    except (ArchiveError, ExportError, ModuleNotFoundError) as error:
        raise Failure(str(error)) from error
    except KeyboardInterrupt:
        raise Interrupted("Start the same command again to go on.") from None


@contextmanager
def _read(path: Path) -> Iterator[tuple[Iterator[RunRef], int | None]]:
    """Give the runs and how many they are; all of a file is read first, to count them and find mistakes."""
    from openai_steps.export import read_run_refs

    if str(path) == "-":
        yield read_run_refs(sys.stdin, name="standard input"), None
        return
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        total = sum(1 for _ in read_run_refs(file, name=path.name))
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        yield read_run_refs(file, name=path.name), total
