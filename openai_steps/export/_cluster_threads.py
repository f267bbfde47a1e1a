"""`export_threads_on_cluster`: whole threads into one archive, read by the workers of a Dask cluster.

Each share of the threads becomes an archive of its own, which gets its name only when it is complete. At the end they
are put together on the machine that started the export.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from hashlib import blake2b
from itertools import islice
from os import PathLike
from pathlib import Path
from uuid import uuid4

from attrs import frozen
from distributed import Client

from openai_steps._arguments import check_list
from openai_steps._client.client import AsyncStepsClient
from openai_steps._json.text import to_text
from openai_steps.archive import Archive, ArchiveWriter
from openai_steps.archive._merge import add_archive
from openai_steps.archive._redact import Redaction
from openai_steps.export._failures import ExportError
from openai_steps.export._files import local_path
from openai_steps.export._threads import ThreadsProgress, export_threads
from openai_steps.export._workers import Connect, check_work, reach, reports


def export_threads_on_cluster(
    scheduler: str | Client,
    thread_ids: Iterable[str],
    out: str | PathLike[str],
    *,
    connect: Connect = AsyncStepsClient,
    files: bool = False,
    redact: Iterable[str] = (),
    concurrency: int = 8,
    include: Iterable[str] = (),
    max_per_second: float | None = None,
    share_size: int = 20,
    on_progress: Callable[[ThreadsProgress], None] | None = None,
) -> ThreadsProgress:
    """Read whole threads into an archive as `export_threads` does, by the workers of a Dask cluster.

    The archive appears when all is done. Until then its parts are in ``OUT.parts``; after a crash, the same call goes
    on from there. Later on, ``openai-steps export --update`` reads what is new, on one machine.

    Args:
        scheduler: The scheduler's address, or a `distributed.Client`.
        thread_ids: Which threads; all their ids are held in memory. Duplicates are read once.
        out: The archive. The workers and this machine must see it under the same name.
        connect: Makes the client, on the worker, as for `export_on_cluster`.
        files: Whether to fetch the files that messages and code interpreters name, too.
        redact: JSON paths whose values are taken out.
        concurrency: The most threads to read at once on each thread of a worker.
        include: More to ask for, such as `INCLUDE_FILE_SEARCH_CONTENT`.
        max_per_second: The most requests per second by all workers together.
        share_size: How many threads a worker takes at once, and the most that a lost worker costs.
        on_progress: Called after each share.

    Returns:
        The counts.

    Raises:
        ExportError: If ``out`` exists, ``OUT.parts`` is from other threads or settings, there is no scheduler at this
            address, or many threads of a share in a row failed in the same way.
        ValueError: If an argument makes no sense.
        Exception: Whatever a share raised that is not the failure of one thread. What was read before is kept.
    """
    target = local_path(out).absolute()
    if target.exists():
        raise ExportError(f"{target.name} exists. Remove it, or choose another name.")
    check_list("thread_ids", thread_ids, "ids")
    check_list("include", include, "names")
    check_list("redact", redact, "JSON paths")
    check_work(connect, concurrency=concurrency, max_per_second=max_per_second, share_size=share_size)
    settings = _Settings(files, Redaction(tuple(redact)).paths, tuple(sorted(include)))
    folder = target.with_name(f"{target.name}.parts")
    shares = list(_cut(dict.fromkeys(thread_ids), folder, share_size, settings))
    if not shares:
        raise ValueError("There are no threads to read.")
    with ExitStack() as stack:
        cluster = scheduler if isinstance(scheduler, Client) else stack.enter_context(reach(scheduler))
        _prepare(folder, shares)
        progress = ThreadsProgress()
        found = [share for share in shares if share.part.exists()]
        for share in found:
            done = _report(share)
            progress += done + ThreadsProgress(found=done.threads)
        results = reports(
            cluster,
            [share for share in shares if share not in found],
            write=_write_share,
            report=_report,
            connect=connect,
            concurrency=concurrency,
            max_per_second=max_per_second,
        )
        for done in stack.enter_context(closing(results)):
            progress += done
            if on_progress is not None:
                on_progress(progress)
    _finish(folder, target, shares)
    return progress


@frozen
class _Settings:
    files: bool
    redact: tuple[str, ...]
    include: tuple[str, ...]


@frozen
class _Share:
    thread_ids: tuple[str, ...]
    settings: _Settings
    part: Path


def _cut(thread_ids: Iterable[str], folder: Path, size: int, settings: _Settings) -> Iterator[_Share]:
    rest = iter(thread_ids)
    number = 0
    while own := tuple(islice(rest, size)):
        content = to_text([settings.files, settings.redact, settings.include, own])
        name = f"part-{number:06d}-{blake2b(content, digest_size=8).hexdigest()}"
        yield _Share(own, settings, folder / name)
        number += 1


def _prepare(folder: Path, shares: list[_Share]) -> None:
    folder.mkdir(exist_ok=True)
    ours = {share.part for share in shares}
    parts = [part for part in folder.iterdir() if part.suffix != ".tmp"]
    if strange := [part.name for part in parts if part not in ours]:
        raise ExportError(
            f"{folder.name} has parts of other threads or other settings, such as {strange[0]}. "
            "Give the same ones as before, or remove it to begin anew."
        )


async def _write_share(share: _Share, client: AsyncStepsClient, concurrency: int) -> None:
    # A worker that was taken for lost may still work on the same share.
    attempt = share.part.with_name(f"{share.part.name}.{uuid4().hex}.tmp")
    async with client:
        await export_threads(
            client,
            share.thread_ids,
            attempt,
            files=share.settings.files,
            redact=share.settings.redact,
            include=share.settings.include,
            concurrency=concurrency,
        )
    try:
        os.rename(attempt, share.part)
    except OSError:
        if not share.part.exists():
            raise
        shutil.rmtree(attempt, ignore_errors=True)  # another worker was faster


def _report(share: _Share) -> ThreadsProgress:
    with Archive(share.part) as archive:
        counts, failures = archive.manifest.counts, len(archive.missing)
        threads = sum(map(archive.is_whole, share.thread_ids))
    of_kind = {kind: counts.get(kind, 0) for kind in ("runs", "steps", "messages", "files")}
    return ThreadsProgress(threads=threads, failures=failures, **of_kind)


def _finish(folder: Path, target: Path, shares: list[_Share]) -> None:
    """Put the parts together; after a crash this begins anew."""
    whole = folder / "whole.tmp"
    shutil.rmtree(whole, ignore_errors=True)
    with Archive(shares[0].part) as first:
        server, asked = first.manifest.server, first.manifest.asked
        redacted = first.manifest.redacted
    with ArchiveWriter(whole, server=server, asked=asked, redacted=redacted) as writer:
        for share in shares:
            add_archive(writer, share.part)
        writer.complete()
    os.rename(whole, target)
    shutil.rmtree(folder)
