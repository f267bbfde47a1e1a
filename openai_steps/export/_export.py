"""`export_runs`: the steps of many runs into one file, whatever happens on the way."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from contextlib import ExitStack, aclosing
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

from attrs import frozen

from openai_steps._arguments import check_list
from openai_steps._client.client import AsyncStepsClient
from openai_steps._files import replacing, sync
from openai_steps._models.raw import RunTexts
from openai_steps._models.runs import RunRef
from openai_steps.archive._batch import Batch
from openai_steps.export._archive import read_steps
from openai_steps.export._extras import parquet
from openai_steps.export._failures import ExportError, Streak, failure_line, joined_lines, unreadable_lines
from openai_steps.export._files import local_path, move_new, new_file, open_own
from openai_steps.export._journal import WorkFile, is_begun
from openai_steps.export._runs import Unseen
from openai_steps.tables._columns import STEP_COLUMNS
from openai_steps.tables._rows import step_row


@frozen(kw_only=True)
class ExportProgress:
    """The progress or the result of an export.

    Attributes:
        runs: Exported runs, including those of earlier attempts.
        steps: Their steps.
        failures: Runs that could not be read or written; after a crash, all of them are tried again.
        unreadable: Items in the lists of steps that are not steps.
        found: Runs of earlier attempts that were in the file at the start.
    """

    runs: int = 0
    steps: int = 0
    failures: int = 0
    unreadable: int = 0
    found: int = 0


async def export_runs(
    client: AsyncStepsClient,
    runs: Iterable[RunRef] | AsyncIterable[RunRef],
    out: str | PathLike[str],
    *,
    concurrency: int = 16,
    include: Iterable[str] = (),
    on_progress: Callable[[ExportProgress], None] | None = None,
    give_up_after: int | None = 20,
) -> ExportProgress:
    """Write the steps of many runs into a file.

    The file appears when all is done. Until then its content grows in ``OUT.part``; after a crash, the same call goes
    on from there. A run that cannot be read or written goes to ``OUT.failures.jsonl`` with the reason, and does not
    stop the others; none of its steps are in the file. An item without an id or a readable time goes to
    ``OUT.unreadable.jsonl``, with its run's ids and what is wrong with it; the rest of its run is exported.

    Args:
        client: Reads the runs; its ``rate_limiter`` bounds the requests.
        runs: Which runs. Duplicates are exported once.
        out: ``….jsonl``, ``….jsonl.gz`` (one step per line, as JSON in the wire shape) or ``….parquet``.
        concurrency: The most runs to read at once.
        include: More to ask for, such as `INCLUDE_FILE_SEARCH_CONTENT`.
        on_progress: Called after each run.
        give_up_after: How many runs in a row may fail in the same way, as with a wrong key, before the export stops.
            Missing runs (404) count only as long as no run could be read. None: any number.

    Returns:
        The counts. The runs' steps are in the file, those of a run together, oldest first; the runs in the order
        in which they were finished.

    Raises:
        ExportError: If ``out`` exists, or another process writes it, or an earlier attempt had another ``include``; or
            if many runs in a row failed in the same way. The same call goes on.
        ModuleNotFoundError: If Parquet is asked for, and pyarrow is missing.
        OSError: If a file cannot be written.
        RuntimeError: If the client was closed meanwhile.
        ValueError: If an argument makes no sense.
        Exception: Whatever ``runs`` itself raises. What was exported before is kept, as after a crash.
    """
    target = local_path(out)
    file_format = _format_of(target)
    check_list("include", include, "names")
    names = sorted(include)
    with ExitStack() as stack:
        work = _open_work(target, {"format": file_format.name, "include": names})
        stack.callback(work.close)
        found = len(work.found)
        progress = ExportProgress(
            runs=found, steps=work.steps, failures=work.failures, unreadable=len(work.unreadable), found=found
        )
        if not work.is_complete:
            with _Output(work, file_format.encode, failures=_failures_part(target)) as output:
                counts = _Counts(progress)
                fresh = _only(Unseen(work.found), runs)
                streak = Streak(give_up_after)
                async with aclosing(client._read_texts(fresh, concurrency=concurrency, include=names)) as results:
                    async for run in results:
                        output.add(run)
                        counts.add(run)
                        streak.note(run)
                        if on_progress is not None:
                            on_progress(counts.progress)
                progress = counts.progress
            work.complete(failures=progress.failures)
        _finish(work, target, file_format)
    return progress


def _only(wanted: Unseen, runs: Iterable[RunRef] | AsyncIterable[RunRef]) -> Iterable[RunRef] | AsyncIterable[RunRef]:
    if isinstance(runs, AsyncIterable):
        return (run async for run in runs if wanted(run))
    return (run for run in runs if wanted(run))


class _Counts:
    """Mutable counts, since a new value for each run would cost more than reading the run from the socket."""

    def __init__(self, begun: ExportProgress) -> None:
        self._found = begun.found
        self._runs, self._steps = begun.runs, begun.steps
        self._failures, self._unreadable = begun.failures, begun.unreadable

    def add(self, run: RunTexts) -> None:
        if run.error is not None:
            self._failures += 1
            return
        self._runs += 1
        self._steps += len(run.texts)
        self._unreadable += len(run.unreadable)

    @property
    def progress(self) -> ExportProgress:
        return ExportProgress(
            runs=self._runs,
            steps=self._steps,
            failures=self._failures,
            unreadable=self._unreadable,
            found=self._found,
        )


# --- Files --------------------------------------------------------------------------------------------------------


def _open_work(target: Path, settings: Mapping[str, Any]) -> WorkFile:
    part = target.with_name(f"{target.name}.part")
    if not is_begun(part):
        _refuse([target, part, _failures_part(target), _failures_of(target), unreadable_of(target)])
    work = WorkFile(part, settings=settings)
    try:
        if not work.is_complete:
            _refuse([target, _failures_of(target)])
    except ExportError:
        work.close()
        raise
    return work


def _refuse(foreign: Iterable[Path]) -> None:
    """Refuse to overwrite files that are not this export's."""
    for path in foreign:
        if path.exists() or path.is_symlink():
            raise ExportError(f"{path.name} exists. Move it away, or choose another name for the export.")


def _failures_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.failures.jsonl")


def unreadable_of(target: Path) -> Path:
    """Return the path of the file for items that are not steps."""
    return target.with_name(f"{target.name}.unreadable.jsonl")


def _failures_part(target: Path) -> Path:
    """Return the path of an unfinished export's failures; each start begins it anew, since it tries them again."""
    return target.with_name(f"{target.name}.failures.jsonl.part")


def _finish(work: WorkFile, target: Path, file_format: _Format) -> None:
    """Move a complete export to its place; may be repeated after a crash at any point."""
    if work.path.exists():  # it has not been moved yet
        file_format.bring(work.path, target)
    if work.unreadable:
        with replacing(unreadable_of(target), over=True) as temporary:
            temporary.write_bytes(b"".join(work.unreadable))
    failures = _failures_part(target)
    if failures.exists():
        if failures.stat().st_size:
            move_new(failures, _failures_of(target))
        else:
            failures.unlink()
    work.remove()


def _bring_parquet(source: Path, target: Path) -> None:
    with new_file(target) as temporary, parquet().ParquetTable(temporary, STEP_COLUMNS) as table:
        for step, line in read_steps(source):
            table.add(step_row(step, line))


@frozen
class _Format:
    """A file format: how to encode a batch of JSON lines in the work file, and how that becomes the result."""

    name: str
    encode: Callable[[bytes], bytes]
    bring: Callable[[Path, Path], None]


_FORMATS: Final = (
    _Format(".jsonl", bytes, move_new),
    # Compressed files may be appended to each other: https://www.rfc-editor.org/rfc/rfc1952#section-2.2
    _Format(".jsonl.gz", partial(gzip.compress, compresslevel=6, mtime=0), move_new),
    # A Parquet file cannot be appended to, so it is made from JSON Lines at the end.
    _Format(".parquet", bytes, _bring_parquet),
)


def _format_of(target: Path) -> _Format:
    for file_format in _FORMATS:
        if target.name.endswith(file_format.name):
            if file_format.name == ".parquet":
                parquet()  # raises its error now, not after hours, if pyarrow is missing
            return file_format
    raise ValueError(f"{target.name} must end in {', '.join(known.name for known in _FORMATS)}.")


class _Output:
    """Takes the results of runs: steps go to the work file, in batches, and failures to a file of their own.

    What was added is on the disk at the end of the block, however it ends; but a batch whose writing was broken off
    (by a full disk, or a second Ctrl-C) is not written again: the journal tells the next start whether it is there.

    Args:
        work: The work file.
        encode: Turns JSON lines into the content of the work file.
        failures: The failures file, begun anew.
    """

    def __init__(self, work: WorkFile, encode: Callable[[bytes], bytes], *, failures: Path) -> None:
        self._work = work
        self._encode = encode
        self._failures = open_own(failures, buffering=-1)
        self._failures.truncate(0)
        self._waiting: list[tuple[RunTexts, bytes]] = []
        self._batch = Batch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._failures:
            self._commit()
            sync(self._failures)

    def add(self, run: RunTexts) -> None:
        """Take a run."""
        if run.error is not None:
            self._failures.write(failure_line(run))
            return
        lines = joined_lines(run.texts)
        # At once: Ctrl-C may come between any two lines.
        self._waiting.append((run, lines))
        self._batch.add(len(lines))
        if self._batch.is_due:
            self._commit()

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._batch.begin()
        if waiting:
            lines = b"".join([lines for _, lines in waiting])
            runs = [run for run, _ in waiting]
            self._work.commit(
                self._encode(lines) if lines else b"",
                [RunRef(run.thread_id, run.run_id) for run in runs],
                steps=sum(len(run.texts) for run in runs),
                unreadable=[line for run in runs for line in unreadable_lines(run)],
            )
