"""Checks whether an archive is whole: checksums, counts by thread, and the index; rebuilds the index."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from openai_steps import _words
from openai_steps._words import count
from openai_steps.archive._index import Index, RunState
from openai_steps.archive._layout import FILES, INDEX, MANIFEST, ArchiveError, Entry, Group, content_file, objects_file
from openai_steps.archive._manifest import read_manifest
from openai_steps.archive._objects import scan


@frozen(kw_only=True)
class VerifyReport:
    """The report of a check of an archive.

    Attributes:
        counts: How many objects there are, by kind.
        threads: How many of them each thread has, by its id and kind.
        contents: How many files have their content.
        problems: What is wrong, one sentence each; empty if the archive is whole.
        notes: What is not wrong, but worth knowing: missing objects, unfinished runs, older versions of objects.
    """

    counts: dict[str, int]
    threads: dict[str, dict[str, int]]
    contents: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify_archive(folder: str | PathLike[str]) -> VerifyReport:
    """Check an archive: read all of its objects, compare each with the index, and check each file's content.

    Args:
        folder: The archive.

    Returns:
        The report.

    Raises:
        ArchiveError: If it is not an archive, or another process is writing it.
        OSError: If a file cannot be read.
    """
    where = Path(folder)
    manifest = read_manifest(where)
    index = Index(where)
    try:
        notes = [f"{len(manifest.missing)} missing: see {MANIFEST}"] * bool(manifest.missing)
        notes += ["the last export into it was broken off: the same command goes on"] * (not manifest.is_complete)
        # A batch that was on the disk when its process was killed, but not in the index, is cut off by the next export.
        return _examine(where, index, notes, ends=None if manifest.is_complete else index.ends())
    finally:
        index.close()


def rebuild_index(folder: str | PathLike[str]) -> None:
    """Rebuild a lost or damaged index from the objects. What could not be read is asked for again.

    Args:
        folder: The archive.

    Raises:
        ArchiveError: If it is not an archive, an object is damaged, or another process is writing it.
        OSError: If a file cannot be read or written.
    """
    where = Path(folder)
    read_manifest(where)
    _scanned(where)  # raises for damage, before the old index is removed
    for name in (INDEX, f"{INDEX}-journal"):
        (where / name).unlink(missing_ok=True)
    index = Index(where, write=True)
    try:
        with index.transaction():
            for group, said, entries, end in scan(where):  # later ones are newer, and replace earlier ones
                index.replace(group, entries)
                if group.kind in ("run", "step"):
                    steps = len(index.entries(Group("step", group.thread_id, group.run_id)))
                    index.set_run(
                        RunState(group.thread_id, group.run_id, said.get("status"), bool(said.get("finished")), steps)
                    )
                if group.kind == "message":  # messages are written when their thread has been read completely
                    index.set_thread(group.thread_id)
                if group.kind == "file" and "sha256" in said:
                    index.set_content(group.run_id, said["sha256"], said.get("bytes", 0))
                index.set_end(*end)
    finally:
        index.close()


@frozen
class _Found:
    """What is in the files of objects.

    Attributes:
        groups: A checksum of the newest version of each group.
        older: How many versions are older.
        ends: Where the last group of each file ends.
    """

    groups: dict[Group, bytes]
    older: int
    ends: dict[int, int]


def _scanned(folder: Path, wanted: dict[int, int] | None = None) -> _Found:
    """Read all objects, or those up to the wanted end of each file."""
    groups: dict[Group, bytes] = {}
    older = 0
    ends: dict[int, int] = {}
    for group, said, entries, (number, end) in scan(folder):
        if wanted is not None and end > wanted.get(number, 0):
            continue
        older += group in groups
        groups[group] = _checksum(said, entries)
        ends[number] = end
    return _Found(groups, older, ends)


def _checksum(said: Mapping[str, Any], entries: Sequence[Entry]) -> bytes:
    """Return a checksum of a version of a group; the entries of all would take as much memory as an index.

    Args:
        said: The other values of its header.
        entries: Its objects.
    """
    found = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for entry in entries:
        place = entry.place
        found.update(json.dumps([entry.number, entry.id, place.file, place.offset, place.length]).encode())
        found.update(place.sha256)
    return found.digest()


def _examine(folder: Path, index: Index, notes: list[str], *, ends: dict[int, int] | None) -> VerifyReport:
    problems: list[str] = []
    try:
        found = _scanned(folder, ends)
    except ArchiveError as error:
        found = _Found({}, 0, {})
        problems.append(str(error))
    headers = _headers(index)
    threads: dict[str, Counter[str]] = {}
    counts: Counter[str] = Counter()
    known = {group for kind in ("thread", "message", "run", "step", "file") for group in index.groups(kind)}
    for group in sorted(known | set(found.groups), key=str):
        entries = index.entries(group)
        counts[group.kind] += len(entries)
        if group.thread_id:
            threads.setdefault(group.thread_id, Counter())[group.kind] += len(entries)
        if not problems and _checksum(headers.get(group, {}), entries) != found.groups.get(group, _NOTHING):
            problems.append(f"{_shown(group)}: index and objects differ; `verify --rebuild` trusts the objects.")
    if not problems and found.ends != index.ends():  # a wrong end would cut off an object at the next export
        problems.append("The objects end elsewhere than the index says; `verify --rebuild` trusts the objects.")
    notes += _torn(folder, index)
    contents = index.contents()
    problems += [
        f"The content of the file {file_id!r} is missing or damaged."
        for file_id, (sha256, size) in contents.items()
        if not _is_content(content_file(folder, sha256), sha256, size)
    ]
    notes += [f"{count(found.older, 'older version')} of objects kept"] * bool(found.older)
    unfinished = sum(not run.finished for run in index.runs())
    notes += [f"{count(unfinished, 'run')} unfinished when read: `export --update` reads them again"] * bool(unfinished)
    strays = {path.name for path in (folder / FILES).glob("*")} - {sha256 for sha256, _ in contents.values()}
    notes += [f"{count(len(strays), 'file')} in {FILES}/ without an owner"] * bool(strays)
    return VerifyReport(
        counts=dict(counts),
        threads={thread_id: dict(of_thread) for thread_id, of_thread in threads.items()},
        contents=len(contents),
        problems=tuple(problems),
        notes=tuple(notes),
    )


_NOTHING: Final = _checksum({}, [])


def _headers(index: Index) -> dict[Group, dict[str, Any]]:
    """Return the other values that the headers of groups should have, as far as the index knows them."""
    headers: dict[Group, dict[str, Any]] = {}
    for run in index.runs():
        status = {} if run.status is None else {"status": run.status}
        for kind in ("run", "step"):
            headers[Group(kind, run.thread_id, run.run_id)] = {**status, "finished": run.finished}
    for file_id, (sha256, size) in index.contents().items():
        headers[Group("file", run_id=file_id)] = {"sha256": sha256, "bytes": size}
    return headers


def _torn(folder: Path, index: Index) -> Iterator[str]:
    for number, end in index.ends().items():
        path = objects_file(folder, number)
        if path.exists() and path.stat().st_size > end:
            yield f"{path.name} has {_words.size(path.stat().st_size - end)} of a batch that was broken off"


def _is_content(path: Path, sha256: str, size: int) -> bool:
    if not path.is_file() or path.stat().st_size != size:
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _shown(group: Group) -> str:
    ids = " ".join(filter(None, (group.thread_id, group.run_id)))
    return f"{group.kind}s of {ids}" if group.kind in ("step", "message") else f"{group.kind} {ids}"
