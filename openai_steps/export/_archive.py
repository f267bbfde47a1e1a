"""Reads exports back: as steps, and as the store of a server that answers from them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Final

from openai_steps._errors import ResponseDecodeError
from openai_steps._json.decoder import decode
from openai_steps._models.steps import RunStep
from openai_steps.archive import Archive, ArchiveStore
from openai_steps.archive._layout import MANIFEST
from openai_steps.emulator import ReadableStore, read_jsonl
from openai_steps.export._extras import parquet


def read_export(path: str | PathLike[str]) -> Iterator[RunStep]:
    """Read the steps of an export.

    Args:
        path: A file written by `export_runs`, or a folder of Parquet files from `export_on_cluster`. A name that
            ends neither in ``.gz`` nor in ``.parquet`` is read as JSON Lines.

    Yields:
        The steps, in the order of the export: those of a run follow each other, oldest first.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not an export; the message names the line that is not a step.
    """
    for step, _ in read_steps(Path(path)):
        yield step


def load_archive(path: str | PathLike[str]) -> ReadableStore:
    """Read an export into a store, for an `Emulator` to serve.

    Args:
        path: See `read_export`; JSON Lines may contain runs, messages, threads and files, too. Or an archive, the
            folder that `export_threads` writes, which is read from disk on demand; anything else is held in memory,
            where it takes several times the size of uncompressed JSON Lines.

    Returns:
        The store. Runs that the export does not have are derived from their steps.

    Raises:
        ArchiveError: If an archive is damaged.
        OSError: If the file cannot be read.
        ValueError: If it is not an export.
    """
    where = Path(path)
    if (where / MANIFEST).exists():
        return ArchiveStore(Archive(where))
    return read_jsonl(read_lines(where), name=where.name)


def read_steps(path: Path) -> Iterator[tuple[RunStep, bytes]]:
    """Yield each step with its JSON, as it was exported; see `read_export`."""
    for number, line in enumerate(read_lines(path), start=1):
        if text := line.strip():
            try:
                yield decode(text, RunStep), text
            except (ValueError, ResponseDecodeError) as error:
                raise ValueError(f"{path.name}, line {number}: not a step: {error}") from error


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield the JSON of each step, as it was exported; see `read_export`."""
    if path.is_dir():
        parts = sorted(path.glob("*.parquet"))
        if not parts:
            raise ValueError(f"{path.name} is a folder without Parquet files.")
        for part in parts:
            yield from _parquet_lines(part)
    else:
        yield from _READERS.get(path.suffix, _plain_lines)(path)


def _plain_lines(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from file


def _gzip_lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged, or only a part of a file: {error}") from error


def _parquet_lines(path: Path) -> Iterator[bytes]:
    yield from parquet().read_raw(path)


_READERS: Final[Mapping[str, Callable[[Path], Iterator[bytes]]]] = {
    ".gz": _gzip_lines,
    ".parquet": _parquet_lines,
}
