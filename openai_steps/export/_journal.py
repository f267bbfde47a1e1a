"""The work file of an export, and the journal that says how much of it counts.

A batch of finished runs is appended to the work file and synced to the disk; then, and not before, a line of the
journal says which runs they are, where the batch begins and where it ends. Whatever kills the process, at the next
start the work file is cut off at the last end that the journal knows, and the runs that it names are not read again: no
step is lost or doubled.

Each line ends with a checksum of itself, and each batch begins where the one before it ends, so a journal that was
changed or lost a line is detected.
"""

from __future__ import annotations

import json
import os
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, Self

import msgspec

from openai_steps._files import sync
from openai_steps._models.runs import RunRef
from openai_steps.export._failures import ExportError
from openai_steps.export._files import open_own

VERSION: Final = 2


class WorkFile:
    """A file that grows by atomic batches.

    Args:
        path: The work file; the journal is beside it, with ``.journal`` appended to its name.
        settings: The settings that must be the same when an export is continued.

    Attributes:
        path: The work file.
        is_complete: Whether `complete` was called, now or before the process was killed.
        found: The runs that were in the file at the start, as pairs of ids.
        steps: How many steps are in the file.
        unreadable: A line for each item among them that is not a step.
        failures: How many runs have failed, as passed to `complete`.

    Raises:
        ExportError: If the journal does not fit the settings or the file, or another process uses it.
    """

    def __init__(self, path: Path, *, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.is_complete = False
        self.found: set[tuple[str, str]] = set()
        self.steps = 0
        self.unreadable: list[bytes] = []
        self.failures = 0
        journal_path = _journal_of(path)
        with ExitStack() as stack:
            self._journal = stack.enter_context(_Tail(journal_path))
            _lock(self._journal.file, journal_path)
            end = self._restore(settings)
            self._data = None if self.is_complete else stack.enter_context(_Tail(path))
            if self._data is not None and not self._data.cut_off(end):
                raise self._damaged(f"{path.name} is shorter than it says")
            self._files = stack.pop_all()

    def commit(self, data: bytes, runs: Sequence[RunRef], *, steps: int, unreadable: Sequence[bytes] = ()) -> None:
        """Append a batch; it is on the disk when this returns.

        Args:
            data: What to append.
            runs: The runs whose steps it is.
            steps: How many steps it is.
            unreadable: A line for each item among them that is not a step.
        """
        assert self._data is not None
        end = self._data.write(data)
        entry: dict[str, Any] = {"start": self._data.end, "end": end, "steps": steps}
        if unreadable:
            entry["unreadable"] = [line.decode() for line in unreadable]
        self._note({**entry, "runs": [[run.thread_id, run.run_id] for run in runs]})
        self._data.end = end
        self.steps += steps
        self.unreadable += unreadable

    def complete(self, *, failures: int) -> None:
        """Note that every run is in the file or among the failures. Nothing can be added after that."""
        self._note({"complete": True, "failures": failures})
        self.is_complete = True
        self.failures = failures
        assert self._data is not None
        self._data.close()  # an open file cannot be moved on Windows

    def remove(self) -> None:
        """Remove the work file, if it has not been moved away, and then the journal."""
        self.close()
        self.path.unlink(missing_ok=True)
        _journal_of(self.path).unlink()

    def close(self) -> None:
        """Close both files, and release the lock."""
        self._files.close()

    def _restore(self, settings: Mapping[str, Any]) -> int:
        """Read the journal, or begin it; return where the work file ends."""
        wanted = {"openai_steps_export": VERSION, **settings}
        if not self._journal.begins_as(_BEGINNING):
            raise ExportError(
                f"{_journal_of(self.path).name} is not the journal of an export. Move it away, or choose another name "
                "for the export."
            )
        lines = self._journal.lines()
        if not lines and self.path.exists() and self.path.stat().st_size:
            raise self._damaged("it is empty, and the other is not")
        try:
            entries = [_read_entry(line) for line in lines]
            header = entries.pop(0) if entries else None
            if not entries:  # nothing is exported yet, so other settings are fine
                self._journal.cut_off(0)
                self._note(wanted)
            elif header != wanted:
                raise ExportError(
                    f"{self.path.name} was begun with other settings ({_shown(header)}, now {_shown(wanted)}). "
                    f"Use those, or remove it and {_journal_of(self.path).name} to begin anew."
                )
            return self._take(entries)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._damaged(str(error) or type(error).__name__) from error

    def _take(self, entries: Sequence[Mapping[str, Any]]) -> int:
        end = 0
        for entry in entries:
            if "complete" in entry:
                self.is_complete = True
                self.failures = msgspec.convert(entry, _Complete).failures
                continue
            batch = msgspec.convert(entry, _Batch)
            if batch.start != end or batch.end < end:
                raise ValueError(f"a batch begins at byte {batch.start}, where the one before ends at {end}")
            end = batch.end
            self.steps += batch.steps
            self.unreadable += [line.encode() for line in batch.unreadable]
            self.found.update(batch.runs)
        return end

    def _damaged(self, why: str) -> ExportError:
        journal = _journal_of(self.path).name
        return ExportError(
            f"{journal} does not fit {self.path.name}, or is damaged: {why}. "
            "Put back the one that fits the other, or remove both to begin anew."
        )

    def _note(self, entry: Mapping[str, Any]) -> None:
        self._journal.end = self._journal.write(_write_entry(entry))


_BEGINNING: Final = b'{"openai_steps_export"'
"""The first bytes of a journal, whole or torn."""


class _Batch(msgspec.Struct):
    """What a line says of a batch."""

    start: int
    end: int
    steps: int
    runs: list[tuple[str, str]]
    unreadable: list[str] = []


class _Complete(msgspec.Struct):
    """What the last line says."""

    failures: int


def _write_entry(entry: Mapping[str, Any]) -> bytes:
    line = json.dumps(entry).encode()  # in ASCII: an id may hold half a character, which has no UTF-8
    return b'%s,"sum":%d}\n' % (line[:-1], zlib.crc32(line))


def _read_entry(line: bytes) -> dict[str, Any]:
    found = re.fullmatch(rb'(\{.*),"sum":(\d+)\}', line)
    if found is None or zlib.crc32(found[1] + b"}") != int(found[2]):
        raise ValueError("a line is not as it was written")
    entry: dict[str, Any] = json.loads(found[1] + b"}")
    return entry


class _Tail:
    """A file that is appended to.

    Attributes:
        file: The file.
        end: The end of the valid part; what a failed write has left after it is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self.file = open_own(path)
        self.end = self.file.seek(0, os.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def write(self, data: bytes) -> int:
        """Write at ``end``, wait for the disk, and return the possible new end."""
        self.cut_off(self.end)
        self.file.seek(self.end)
        rest = memoryview(data)
        while rest:
            rest = rest[self.file.write(rest) :]  # an unbuffered file may take less than all
        sync(self.file)
        return self.end + len(data)

    def cut_off(self, end: int) -> bool:
        """Truncate the file at ``end``, or return False if it is shorter."""
        if self.file.seek(0, os.SEEK_END) < end:
            return False
        self.end = self.file.truncate(end)
        return True

    def begins_as(self, text: bytes) -> bool:
        """Return whether the file begins with a text, or is the beginning of it, left by a killed process."""
        self.file.seek(0)
        return text.startswith(self.file.read(len(text)))

    def lines(self) -> list[bytes]:
        """Return the lines; an incomplete last line, after a crash, is cut off."""
        self.file.seek(0)
        *lines, torn = self.file.read().split(b"\n")
        self.cut_off(self.end - len(torn))
        return lines

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def _shown(settings: Mapping[str, Any] | None) -> str:
    settings = settings or {}
    return ", ".join(f"{name} {value!r}" for name, value in settings.items() if name != "openai_steps_export")


def _lock(journal: IO[bytes], path: Path) -> None:
    """Keep other processes out; the lock ends with this process, however it ends."""
    if sys.platform == "win32":  # no flock there: users must avoid two exports into one file
        return
    import fcntl

    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ExportError(f"Another process is exporting to the same file ({path.name} is locked).") from None


def is_begun(path: Path) -> bool:
    """Return whether there is a journal for this work file."""
    return _journal_of(path).exists()


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")
