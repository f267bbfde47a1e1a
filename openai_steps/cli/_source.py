"""Where whole runs come from: a server, a file of steps, or an archive."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click

from openai_steps._errors import NotFoundError, ResponseDecodeError
from openai_steps._models.messages import Message
from openai_steps._models.runs import Run, RunRef
from openai_steps._models.steps import RunStep
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.cli._terminal import Failure, safe, safe_line

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient
    from openai_steps.archive import Archive

T = TypeVar("T")

_MOST_SHOWN: Final = 5
_STANDARD_INPUT: Final = Path("-")


@attrs.define
class WholeRun:
    """A run with all its steps; ``run`` is None if only the steps are known."""

    ref: RunRef
    steps: list[RunStep] = attrs.field(factory=list)
    run: Run | None = None


@attrs.frozen
class WholeThread:
    """A thread: all its runs, oldest first, and its messages, which are empty if the server has no list of them."""

    runs: list[WholeRun]
    messages: list[Message]


@attrs.frozen
class Source:
    """The run or thread on a server, or the runs of a file, or one of them, that the command line names.

    Attributes:
        connection: The server.
        thread: The thread, if all of its runs are named; None for a run or a file.
    """

    connection: Connection
    _file: Path | None
    _wanted: RunRef | None
    thread: str | None = None

    def read_runs(self, *, include: Iterable[str] = ()) -> list[WholeRun]:
        """Read all named runs.

        Raises:
            Failure: If there are none, or one cannot be read.
        """
        if self.thread is not None:
            return self.read_thread(include=include).runs
        if self._file is None:
            assert self._wanted is not None
            return [self.connection.run(functools.partial(_ask, ref=self._wanted, include=tuple(include)))]
        found = _read_file(self._file)
        if self._wanted is not None:
            found = [run for run in found if run.ref == self._wanted]
        if not found:
            name = _name(self._file)
            raise Failure(f"{name} holds no such run." if self._wanted else f"{name} is empty.")
        return found

    def read_thread(self, *, include: Iterable[str] = ()) -> WholeThread:
        """Read the named thread with its messages.

        Raises:
            Failure: If it has no runs, or one of them cannot be read.
        """
        assert self.thread is not None
        return self.connection.run(functools.partial(_ask_thread, thread=self.thread, include=tuple(include)))

    def read_run(self, *, include: Iterable[str] = ()) -> WholeRun:
        """Read the one named run.

        Raises:
            Failure: If there is none, or more than one, or it cannot be read.
        """
        runs = self.read_runs(include=include)
        if len(runs) > 1:
            shown = ", ".join(f"{run.ref.thread_id} {run.ref.run_id}" for run in runs[:_MOST_SHOWN])
            more = " and so on" if len(runs) > _MOST_SHOWN else ""
            raise Failure(f"The file holds {len(runs)} runs: {shown}{more}.", hint="Name one of them: THREAD RUN.")
        return runs[0]

    def read_files(self, file_ids: Iterable[str]) -> dict[str, bytes]:
        """Read the content of files, from the archive if there is one; unreadable files are reported, and left out.

        Args:
            file_ids: Which files.
        """
        if self._file is None:
            return self.connection.run(functools.partial(_ask_files, file_ids=tuple(file_ids)))
        from openai_steps.archive import Archive

        if not _is_archive(self._file):
            raise Failure(f"{_name(self._file)} has no files: they come from a server, or from an archive.")
        with Archive(self._file) as archive:
            paths = {file_id: archive.content(file_id) for file_id in file_ids}
        for file_id in (file_id for file_id, path in paths.items() if path is None):
            _report_missing(file_id, "the archive does not have it")
        return {file_id: path.read_bytes() for file_id, path in paths.items() if path is not None}


def source_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the arguments and options that name runs to a command, which gets a `Source` as ``source``."""

    @functools.wraps(command)
    def with_source(
        *, thread: str | None, run: str | None, file: Path | None, connection: Connection, **options: Any
    ) -> T:
        wanted = None if thread is None or run is None else RunRef(thread, run)
        return command(source=Source(connection, file, wanted, thread if wanted is None else None), **options)

    connected = connection_options(with_source)

    @functools.wraps(connected)
    def named(*, thread: str | None, run: str | None, file: Path | None, **options: Any) -> T:
        if (file is None and thread is None) or (file is not None and (thread is None) != (run is None)):
            raise click.UsageError("Name a run: THREAD RUN, all of a thread: THREAD, or a file of steps: --from FILE.")
        return connected(thread=thread, run=run, file=file, **options)

    for add in (_from_option, click.argument("run", required=False), click.argument("thread", required=False)):
        named = add(named)
    return named


_from_option = click.option(
    "--from",
    "file",
    metavar="FILE",
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
    help="Read a file of steps, such as `list --format jsonl`, `follow --format jsonl` or `export` write, or an "
    "archive instead; - is standard input.",
)


async def _ask(client: AsyncStepsClient, *, ref: RunRef, include: tuple[str, ...]) -> WholeRun:
    import asyncio

    steps, run = await asyncio.gather(
        client.collect_steps(ref.thread_id, ref.run_id, order="asc", include=include),
        client.get_run(ref.thread_id, ref.run_id),
        return_exceptions=True,
    )
    if isinstance(steps, BaseException):
        raise steps
    if isinstance(run, BaseException):
        if not (isinstance(run, NotFoundError) and steps):  # some servers know the steps of a run, but not the run
            raise run
        return WholeRun(ref, steps)
    return WholeRun(ref, steps, run)


async def _ask_thread(client: AsyncStepsClient, *, thread: str, include: tuple[str, ...]) -> WholeThread:
    runs = await client.collect_runs(thread, order="asc")
    if not runs:
        raise Failure("The thread has no runs.")
    found = {run.id: WholeRun(RunRef(thread, run.id), run=run) for run in runs}
    async for read in client.read_runs([whole.ref for whole in found.values()], order="asc", include=include):
        if read.error is not None:
            raise read.error
        found[read.run_id].steps = list(read.steps)
    try:
        messages = await client.collect_messages(thread, order="asc")
    except NotFoundError:
        messages = []
    return WholeThread(list(found.values()), messages)


async def _ask_files(client: AsyncStepsClient, *, file_ids: tuple[str, ...]) -> dict[str, bytes]:
    from tempfile import TemporaryDirectory

    from openai_steps import StepsError
    from openai_steps.timeline._pictures import LARGEST

    found = {}
    with TemporaryDirectory() as folder:
        for number, file_id in enumerate(file_ids):
            try:
                path = await client.download_file(file_id, Path(folder, str(number)), max_bytes=LARGEST)
            except (StepsError, ValueError) as error:
                _report_missing(file_id, str(error))
            else:
                found[file_id] = path.read_bytes()
    return found


def _report_missing(file_id: str, reason: str) -> None:
    click.echo(safe(f"Without the picture {safe(file_id)}: {safe_line(reason)}"), err=True)


def _is_archive(path: Path) -> bool:
    from openai_steps.archive._layout import MANIFEST

    return (path / MANIFEST).exists()


def _read_file(path: Path) -> list[WholeRun]:
    from openai_steps.archive import Archive, ArchiveError
    from openai_steps.export._archive import read_lines

    if _is_archive(path):
        try:
            with Archive(path) as archive:
                return _read_archive(archive)
        except (ArchiveError, ResponseDecodeError) as error:
            raise Failure(f"{path.name}: {safe_line(str(error))}") from error
    lines = sys.stdin.buffer if path == _STANDARD_INPUT else read_lines(path)
    runs: dict[RunRef, WholeRun] = {}
    number = 0
    try:
        for number, line in enumerate(lines, start=1):  # noqa: B007 - for the error
            if line.strip():
                _take_line(line, runs)
    except (ResponseDecodeError, ValueError, ModuleNotFoundError) as error:
        place = f"{_name(path)}, line {number}: " if number else ""
        raise Failure(f"{place}{safe_line(str(error))}") from error
    return list(runs.values())


def _read_archive(archive: Archive) -> list[WholeRun]:
    found = []
    for thread_id in archive.thread_ids():
        history = archive.history(thread_id)
        runs = {run.id: run for run in history.runs}
        found += [
            WholeRun(RunRef(thread_id, run_id), list(steps), runs.get(run_id))
            for run_id, steps in history.steps.items()
        ]
    return found


def _name(path: Path) -> str:
    return "Standard input" if path == _STANDARD_INPUT else path.name


def _take_line(line: bytes, runs: dict[RunRef, WholeRun]) -> None:
    from openai_steps._json.converter import structure
    from openai_steps._json.text import loads

    body = loads(line)
    if isinstance(body, dict) and body.get("object") == "thread.run":
        run = structure(body, Run)
        ref = RunRef(run.thread_id or "", run.id)
        runs.setdefault(ref, WholeRun(ref)).run = run
    else:
        step = structure(body, RunStep)
        ref = RunRef(step.thread_id or "", step.run_id or "")
        runs.setdefault(ref, WholeRun(ref)).steps.append(step)
