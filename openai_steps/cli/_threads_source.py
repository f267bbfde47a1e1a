"""Whole threads, from a server or from an archive, for the commands that convert them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

from openai_steps.cli._command import option
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._terminal import Failure, safe_line

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps._endpoint.endpoint import Endpoint
    from openai_steps.archive import Archive
    from openai_steps.conversation import ThreadHistory

T = TypeVar("T")


@attrs.frozen
class ThreadsSource:
    """The threads that the arguments and options name.

    Attributes:
        run: The one run to read, of the one thread; None for all.
    """

    _threads: tuple[str, ...]
    _archive: Path | None
    _connection: Connection
    _max_per_second: float | None
    run: str | None = None

    @property
    def endpoint(self) -> Endpoint:
        """The server that is asked, or from which the archive was made.

        Raises:
            Failure: If the archive cannot be read.
        """
        if self._archive is None:
            return self._connection.endpoint
        from openai_steps import Endpoint
        from openai_steps.archive import Archive, ArchiveError

        try:
            with Archive(self._archive) as archive:
                server = archive.manifest.server
        except ArchiveError as error:
            raise Failure(str(error)) from error
        return Endpoint(provider=server["provider"], base_url=server["base_url"])

    def each(
        self,
        take: Callable[[ThreadHistory], None],
        *,
        include: tuple[str, ...] = (),
        whole: bool = True,
        with_object: bool = False,
        take_archived: Callable[[Archive, str], None] | None = None,
    ) -> None:
        """Read the threads, and give each to a function.

        Args:
            take: Takes a thread, in the order of the arguments.
            include: More to ask for with steps.
            whole: Whether to read the whole thread for one run; otherwise only the run and its steps.
            with_object: Whether to read the threads' own objects, too.
            take_archived: Takes a thread of an archive instead, by its id.

        Raises:
            Failure: If a thread could not be read; after the others.
        """
        if self._archive is None:
            failures = self._from_server(take, include, whole=whole, with_object=with_object)
        else:
            failures = self._from_archive(take_archived or (lambda archive, thread: take(archive.history(thread))))
        if failures:
            more = f" ({len(failures) - 1} more failed)" if len(failures) > 1 else ""
            raise Failure(f"{failures[0]}{more}")

    def _from_archive(self, take: Callable[[Archive, str], None]) -> list[str]:
        from openai_steps.archive import Archive, ArchiveError

        assert self._archive is not None
        failures = []
        try:
            with Archive(self._archive) as archive:
                known = archive.thread_ids()
                for thread_id in self._threads or known:
                    if thread_id not in known:
                        failures.append(f"{self._archive.name} has no thread {thread_id}.")
                    else:
                        take(archive, thread_id)
        except ArchiveError as error:
            raise Failure(str(error)) from error
        return failures

    def _from_server(
        self, take: Callable[[ThreadHistory], None], include: tuple[str, ...], *, whole: bool, with_object: bool
    ) -> list[str]:
        from openai_steps.export._pace import make_limiter
        from openai_steps.history import FailedThread, read_threads

        failures: list[str] = []

        async def work(client: AsyncStepsClient) -> None:
            if self.run is not None and not whole:
                take(await _read_run(client, self._threads[0], self.run, include))
                return
            async for thread in read_threads(client, self._threads, include=include, with_object=with_object):
                if isinstance(thread, FailedThread):
                    failures.append(f"{safe_line(thread.thread_id, length=100)}: {thread.error}")
                else:
                    take(thread)

        limiter = None if self._max_per_second is None else make_limiter(self._max_per_second)
        self._connection.run(work, rate_limiter=limiter)
        return failures


async def _read_run(client: AsyncStepsClient, thread_id: str, run_id: str, include: tuple[str, ...]) -> ThreadHistory:
    from openai_steps.conversation import ThreadHistory

    run = await client.get_run(thread_id, run_id)
    steps = await client.collect_steps(thread_id, run_id, order="asc", include=include)
    return ThreadHistory(thread_id=thread_id, messages=(), runs=(run,), steps={run_id: steps})


max_per_second_option = option(
    "--max-per-second",
    metavar="RATE",
    type=click.FloatRange(min=0, min_open=True),
    help="The most requests per second, retries included; may be below 1.",
)
_from_option = option(
    "--from",
    "archive",
    metavar="ARCHIVE",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read an archive, all of its threads unless some are named, instead of a server.",
)


def threads_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the arguments and options that name threads to a command, which gets a `ThreadsSource` as ``source``."""
    return click.argument("threads", metavar="[THREAD]...", nargs=-1)(_source_options(command))


def threads_or_run_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the arguments and options that name threads, or one run of a thread, as `threads_options` does."""
    named = _source_options(command)

    @functools.wraps(named)
    def with_run(*, thread: str | None, run: str | None, more: tuple[str, ...], **options: Any) -> T:
        if run is not None and more:
            raise click.UsageError("Name one run, THREAD RUN, or threads: THREAD, --thread ID.")
        return named(threads=(*([thread] if thread is not None else []), *more), run=run, **options)

    for add in (
        option("--thread", "more", metavar="ID", multiple=True, help="One more thread; may be repeated."),
        click.argument("run", required=False),
        click.argument("thread", required=False),
    ):
        with_run = add(with_run)
    return with_run


def _source_options(command: Callable[..., T]) -> Callable[..., T]:
    @functools.wraps(command)
    def with_source(
        *,
        threads: tuple[str, ...],
        archive: Path | None,
        max_per_second: float | None,
        connection: Connection,
        run: str | None = None,
        **options: Any,
    ) -> T:
        return command(source=ThreadsSource(threads, archive, connection, max_per_second, run), **options)

    connected = connection_options(with_source)

    @functools.wraps(connected)
    def named(*, threads: tuple[str, ...], archive: Path | None, **options: Any) -> T:
        if not threads and archive is None:
            raise click.UsageError("Name threads, or an archive: THREAD…, or --from ARCHIVE.")
        return connected(threads=threads, archive=archive, **options)

    for add in (max_per_second_option, _from_option):
        named = add(named)
    return named
