"""The files of objects: appending, truncating to the valid part, reading one object, and scanning."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from openai_steps.archive._layout import (
    HEADER,
    KINDS,
    ArchiveError,
    Entry,
    Group,
    Place,
    objects_file,
)

Scanned: TypeAlias = tuple[Group, dict[str, Any], list[Entry], tuple[int, int]]
"""A group, what else its header says, its objects, and the number of the file and the place in it where it ends."""

LARGEST: Final = 64 * 1024 * 1024
"""Bytes after which the next group begins a new file, so that a reader need not hold more at once."""


class ObjectsWriter:
    """Appends groups of objects to the last file, or to a new one.

    What is written is valid once `sync` has returned and the index knows the `end`; `cut_off` drops the rest.

    Args:
        folder: The archive.
        ends: The end of the valid part of each file, by its number.

    Raises:
        ArchiveError: If a file is shorter than the index says, or is not a plain file.
    """

    def __init__(self, folder: Path, ends: dict[int, int]) -> None:
        self._folder = folder
        self.number = max(ends, default=1)
        for number in sorted(ends):
            _cut_off(objects_file(folder, number), ends[number])
        self.end = ends.get(self.number, 0)
        self._file = os.open(objects_file(folder, self.number), _FOR_APPENDING, 0o666)
        os.ftruncate(self._file, self.end)
        self._pending: list[bytes] = []

    def add(self, group: Group, objects: Sequence[tuple[str, bytes]], **more: Any) -> list[Entry]:
        """Add a group, to be written with the next `sync`, and return where its objects will be.

        Args:
            group: Where they belong.
            objects: The id and the bytes of each, oldest first.
            **more: More values of the group's header.
        """
        if self.end >= LARGEST:
            self._begin_next_file()
        self._append(_header(group, objects, more))
        entries = []
        for number, (object_id, data) in enumerate(objects):
            entries.append(Entry(group, number, object_id, _place(self.number, self.end, data)))
            self._append(data)
        return entries

    def sync(self) -> None:
        """Write what was added, and wait for the disk."""
        rest = memoryview(b"".join(self._pending))
        self._pending.clear()
        while rest:
            rest = rest[os.write(self._file, rest) :]  # a write may take less than all
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file; what was added since the last `sync` is lost."""
        os.close(self._file)

    def _append(self, data: bytes) -> None:
        self._pending += (data, b"\n")
        self.end += len(data) + 1

    def _begin_next_file(self) -> None:
        self.sync()
        os.close(self._file)
        self.number += 1
        self.end = 0
        self._file = os.open(objects_file(self._folder, self.number), _FOR_APPENDING, 0o666)
        os.ftruncate(self._file, 0)


# No symlink is followed, so that nothing is written outside the archive's folder. Windows has no such flag.
_FOR_APPENDING: Final = (
    os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


def _cut_off(path: Path, end: int) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = -1
    if size < end:
        raise ArchiveError(
            f"{path.name} is missing or shorter than the index says. Put it back; "
            "`openai-steps verify ARCHIVE` tells what is whole."
        )


class ObjectsReader:
    """Reads objects at their places.

    Args:
        folder: The archive.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, IO[bytes]] = {}

    def read(self, place: Place) -> bytes:
        """Return the bytes of an object.

        Raises:
            ArchiveError: If they are not what the index says.
        """
        try:
            file = self._files.get(place.file) or self._open(place.file)
            file.seek(place.offset)
            data = file.read(place.length)
        except OSError as error:
            raise ArchiveError(f"{self._name(place)} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(data).digest() != place.sha256:
            raise ArchiveError(
                f"{self._name(place)} is damaged at byte {place.offset}: `openai-steps verify` tells more."
            )
        return data

    def _open(self, number: int) -> IO[bytes]:
        self._files[number] = open(objects_file(self._folder, number), "rb")  # noqa: SIM115 - until close
        return self._files[number]

    def _name(self, place: Place) -> str:
        return objects_file(self._folder, place.file).name

    def close(self) -> None:
        """Close the files."""
        while self._files:
            self._files.popitem()[1].close()


def scan(folder: Path) -> Iterator[Scanned]:
    """Read all files of objects from end to end, without the index.

    Args:
        folder: The archive.

    Yields:
        Each complete group, the other values of its header, its objects, and where it ends. An incomplete group at the
        end of the last file, left by a killed process, is not yielded.

    Raises:
        ArchiveError: If a file is damaged, or missing before another.
    """
    numbers = sorted(int(path.stem.rpartition("-")[2]) for path in folder.glob("objects-[0-9]*.json"))
    for number in range(1, max(numbers, default=0) + 1):
        path = objects_file(folder, number)
        try:
            with open(path, "rb") as file:
                yield from _scan_file(file, number)
        except FileNotFoundError:
            raise ArchiveError(f"{path.name} is missing.") from None
        except _DamagedError as damage:
            if number < numbers[-1]:  # only the last file may end in the middle
                raise ArchiveError(f"{path.name} is damaged: {damage}.") from damage


class _DamagedError(Exception):
    """What is wrong with a file of objects, and where."""


def _scan_file(file: IO[bytes], number: int) -> Iterator[Scanned]:
    at = 0
    while line := file.readline():
        group, objects, more = _read_header(line, at)
        at += len(line)
        entries = []
        for place, (object_id, length) in enumerate(objects):
            data = file.read(length + 1)
            if len(data) != length + 1 or data[-1:] != b"\n":
                raise _DamagedError(f"the object at byte {at} does not end where it should")
            entries.append(Entry(group, place, object_id, _place(number, at, data[:-1])))
            at += length + 1
        yield group, more, entries, (number, at)


def _place(number: int, offset: int, data: bytes) -> Place:
    return Place(number, offset, len(data), hashlib.sha256(data).digest())


def _header(group: Group, objects: Sequence[tuple[str, bytes]], more: Mapping[str, Any]) -> bytes:
    ids = {"thread_id": group.thread_id, "run_id": group.run_id}
    said = {
        "kind": group.kind,
        **{name: value for name, value in ids.items() if value},
        **more,
        "objects": [[object_id, len(data)] for object_id, data in objects],
    }
    return json.dumps({HEADER: said}).encode()


def _read_header(line: bytes, at: int) -> tuple[Group, list[tuple[str, int]], dict[str, Any]]:
    try:
        more = dict(json.loads(line)[HEADER])
        group = Group(more.pop("kind"), more.pop("thread_id", ""), more.pop("run_id", ""))
        objects = [(str(object_id), int(length)) for object_id, length in more.pop("objects")]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _DamagedError(f"the line at byte {at} is not the header of a group") from error
    if group.kind not in KINDS or not line.endswith(b"\n"):
        raise _DamagedError(f"the line at byte {at} is not a whole header of a group")
    return group, objects, more
