"""`export_on_cluster`: the same export on a Dask cluster. Needs distributed and pyarrow, the extra ``dask``.

The runs are cut into shares. A share becomes one Parquet file, whose name depends on its runs and which appears in one
move when it is complete. So a share that is done twice, because a worker was lost or seemed to be, is there once. Its
failures are in the file's metadata: there is one thing to commit, not two.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, aclosing, closing
from hashlib import blake2b
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Final
from uuid import uuid4

from attrs import evolve, frozen

from openai_steps._arguments import check_list
from openai_steps._client.client import AsyncStepsClient
from openai_steps._extras import needing
from openai_steps._files import replacing
from openai_steps._json.text import loads, to_text
from openai_steps._models.runs import RunRef
from openai_steps.export._export import ExportProgress
from openai_steps.export._failures import ExportError, failure_line, json_lines, unreadable_lines
from openai_steps.export._files import local_path
from openai_steps.export._runs import Unseen
from openai_steps.tables._columns import STEP_COLUMNS
from openai_steps.tables._rows import step_row

with needing("distributed", "openai-steps[dask]", what=__name__):
    from distributed import Client

    from openai_steps.export._cluster_threads import export_threads_on_cluster
    from openai_steps.export._workers import Connect, check_work, reach, reports
with needing("pyarrow", "openai-steps[dask]", what=__name__):
    from openai_steps.export._parquet import ParquetTable, read_note

__all__ = ["Connect", "export_on_cluster", "export_threads_on_cluster"]

_NOTE: Final = "openai_steps_share"


def export_on_cluster(
    scheduler: str | Client,
    runs: Iterable[RunRef],
    out: str | PathLike[str],
    *,
    connect: Connect = AsyncStepsClient,
    concurrency: int = 16,
    include: Iterable[str] = (),
    max_per_second: float | None = None,
    share_size: int = 200,
    on_progress: Callable[[ExportProgress], None] | None = None,
) -> ExportProgress:
    """Write the steps of many runs into a folder of Parquet files, by the workers of a Dask cluster.

    The folder appears when all is done. Until then it is called ``OUT.parts``; after a crash, the same call goes on
    from there. Runs that cannot be read or written go to ``OUT.failures.jsonl``, as with `export_runs`.

    Args:
        scheduler: The scheduler's address, or a `distributed.Client`.
        runs: Which runs; all their ids are held in memory. Duplicates are exported once.
        out: The folder. The workers and this machine must see it under the same name.
        connect: Makes the client, on the worker. `AsyncStepsClient` itself takes everything from the worker's
            environment; the arguments of a partial, such as a key, travel over the cluster's network.
        concurrency: The most runs to read at once on each thread of a worker.
        include: More to ask for, such as `INCLUDE_FILE_SEARCH_CONTENT`.
        max_per_second: The most requests per second by all workers together.
        share_size: How many runs a worker takes at once, and the most that a lost worker costs.
        on_progress: Called after each share.

    Returns:
        The counts.

    Raises:
        ExportError: If ``out`` exists, ``OUT.parts`` is from other runs or settings, or there is no scheduler at this
            address.
        ValueError: If an argument makes no sense, such as a ``connect`` that cannot be called, or cannot be pickled.
        Exception: Whatever a share raised that is not the failure of one run, such as a full disk. What was exported
            before is kept.
    """
    target = local_path(out).absolute()
    if target.exists():
        raise ExportError(f"{target.name} exists. Remove it, or choose another name.")
    check_list("include", include, "names")
    check_work(connect, concurrency=concurrency, max_per_second=max_per_second, share_size=share_size)
    folder = target.with_name(f"{target.name}.parts")
    shares = list(_cut(filter(Unseen(set()), runs), folder, share_size, sorted(include)))
    with ExitStack() as stack:
        cluster = scheduler if isinstance(scheduler, Client) else stack.enter_context(reach(scheduler))
        _prepare(folder, shares)
        progress = ExportProgress()
        todo: list[_Share] = []
        for share in shares:
            if share.part.exists():
                progress = _count(progress, _report(share), found=True)
            else:
                todo.append(share)
        results = reports(
            cluster,
            todo,
            write=_write_share,
            report=_report,
            connect=connect,
            concurrency=concurrency,
            max_per_second=max_per_second,
        )
        for report in stack.enter_context(closing(results)):
            progress = _count(progress, report)
            if on_progress is not None:
                on_progress(progress)
    _finish(folder, target, shares)
    return progress


# --- Shares -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Share:
    runs: tuple[RunRef, ...]
    include: tuple[str, ...]
    part: Path


@frozen(kw_only=True)
class _Report:
    runs: int
    steps: int
    failures: tuple[bytes, ...]
    unreadable: tuple[bytes, ...]


def _cut(runs: Iterable[RunRef], folder: Path, size: int, include: list[str]) -> Iterator[_Share]:
    rest = iter(runs)
    number = 0
    while share := tuple(islice(rest, size)):
        content = to_text([include, [[run.thread_id, run.run_id] for run in share]])
        name = f"part-{number:06d}-{blake2b(content, digest_size=8).hexdigest()}.parquet"
        yield _Share(runs=share, include=tuple(include), part=folder / name)
        number += 1


def _prepare(folder: Path, shares: list[_Share]) -> None:
    folder.mkdir(exist_ok=True)
    ours = {share.part for share in shares}
    if strange := [part.name for part in folder.glob("*.parquet") if part not in ours]:
        raise ExportError(
            f"{folder.name} has parts of other runs or other settings, such as {strange[0]}. "
            "Give the same ones as before, or remove it to begin anew."
        )


def _finish(folder: Path, target: Path, shares: list[_Share]) -> None:
    reports = [_report(share) for share in shares]
    failures = [line for report in reports for line in report.failures]
    unreadable = [line for report in reports for line in report.unreadable]
    for name, lines in (("failures", failures), ("unreadable", unreadable)):
        if lines:
            with replacing(target.with_name(f"{target.name}.{name}.jsonl"), over=True) as temporary:
                temporary.write_bytes(b"".join(lines))
    for leftover in folder.glob("*.tmp"):  # left by killed workers
        leftover.unlink(missing_ok=True)
    os.replace(folder, target)


def _count(progress: ExportProgress, report: _Report, *, found: bool = False) -> ExportProgress:
    exported = report.runs - len(report.failures)
    return evolve(
        progress,
        runs=progress.runs + exported,
        steps=progress.steps + report.steps,
        failures=progress.failures + len(report.failures),
        unreadable=progress.unreadable + len(report.unreadable),
        found=progress.found + (exported if found else 0),
    )


# --- On a worker --------------------------------------------------------------------------------------------------


async def _write_share(share: _Share, client: AsyncStepsClient, concurrency: int) -> None:
    failures: list[str] = []
    unreadable: list[str] = []
    # A worker that was taken for lost may still work on the same share.
    with (
        replacing(share.part, mark=f".{uuid4().hex}", over=True) as temporary,
        ParquetTable(temporary, STEP_COLUMNS) as table,
    ):
        async with (
            client,
            aclosing(
                client.read_runs(share.runs, concurrency=concurrency, include=share.include, odd="keep", raw=True)
            ) as results,
        ):
            async for run in results:
                if run.error is None:
                    unreadable += [line.decode() for line in unreadable_lines(run)]
                    for step, line in zip(run.steps, json_lines(run.raw or ()), strict=True):
                        table.add(step_row(step, line))
                else:
                    failures.append(failure_line(run).decode())
        note = {"runs": len(share.runs), "failures": failures, "unreadable": unreadable}
        table.note(_NOTE, to_text(note).decode())


def _report(share: _Share) -> _Report:
    steps, text = read_note(share.part, _NOTE)
    note = loads(text)
    failures, unreadable = (tuple(line.encode() for line in note.get(name, ())) for name in ("failures", "unreadable"))
    return _Report(runs=note["runs"], steps=steps, failures=failures, unreadable=unreadable)
