"""The work file of an export, and the journal that says how much of it counts.

A batch of finished runs is appended to the work file and synced to the disk; then, and not before, a line of the
journal says which runs they are and where the work file now ends. Whatever kills the process, at the next start the
work file is cut off at the last end that the journal knows, and the runs that it names are not read again: no step is
lost, none is there twice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, Self

import orjson

from openai_steps._models.runs import RunRef
from openai_steps.export._failures import ExportError

VERSION: Final = 1


class WorkFile:
    """A file that grows by batches, each of them all there or not at all.

    Args:
        path: The work file; the journal lies beside it, with ``.journal`` appended to its name.
        settings: What must be the same when an export is continued.

    Attributes:
        path: The work file.
        is_complete: Whether `complete` was called, now or before the process was killed.
        found: The runs that were in the file at the start, as pairs of ids.
        steps: How many steps are in the file.
        failures: How many runs have failed, as told to `complete`.

    Raises:
        ExportError: If the journal does not fit the settings or the file, or another process is at it.
    """

    def __init__(self, path: Path, *, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.is_complete = False
        self.found: set[tuple[str, str]] = set()
        self.steps = 0
        self.failures = 0
        journal_path = _journal_of(path)
        with ExitStack() as stack:
            self._journal = stack.enter_context(_Tail(journal_path))
            _lock(self._journal.file, journal_path)
            end = self._restore(settings)
            self._data = None if self.is_complete else stack.enter_context(_Tail(path))
            if self._data is not None and not self._data.cut_off(end):
                raise ExportError(
                    f"{path.name} is shorter than {journal_path.name} says. "
                    "Put back the one that fits the other, or remove both to begin anew."
                )
            self._files = stack.pop_all()

    def commit(self, data: bytes, runs: Sequence[RunRef], *, steps: int) -> None:
        """Append a batch; it is on the disk when this returns.

        Args:
            data: What to append.
            runs: The runs whose steps it is.
            steps: How many steps it is.
        """
        assert self._data is not None
        end = self._data.write(data)
        self._note({"end": end, "steps": steps, "runs": [[run.thread_id, run.run_id] for run in runs]})
        self._data.end = end
        self.steps += steps

    def complete(self, *, failures: int) -> None:
        """Note that every run is in the file, or is one of the failures. Nothing can be added from now on."""
        self._note({"complete": True, "failures": failures})
        self.is_complete = True
        self.failures = failures
        assert self._data is not None
        self._data.close()  # what is open cannot be moved on Windows

    def remove(self) -> None:
        """Remove the work file, if it has not been moved away, and then the journal."""
        self.close()
        self.path.unlink(missing_ok=True)
        _journal_of(self.path).unlink()

    def close(self) -> None:
        """Close both files, and let go of them for others."""
        self._files.close()

    def _restore(self, settings: Mapping[str, Any]) -> int:
        """Read the journal, or begin it; return where the work file ends."""
        end = 0
        header, *entries = self._journal.lines() or [None]
        wanted = {"openai_steps_export": VERSION, **settings}
        if not entries:
            self._journal.cut_off(0)
            self._note(wanted)
        elif header != wanted:
            raise ExportError(
                f"{self.path.name} was begun with other settings ({_shown(header)}, now {_shown(wanted)}). "
                f"Use those, or remove it and {_journal_of(self.path).name} to begin anew."
            )
        for entry in entries:
            if "complete" in entry:
                self.is_complete = True
                self.failures = entry["failures"]
                continue
            end = entry["end"]
            self.steps += entry["steps"]
            self.found.update((thread_id, run_id) for thread_id, run_id in entry["runs"])
        return end

    def _note(self, entry: Mapping[str, Any]) -> None:
        self._journal.end = self._journal.write(orjson.dumps(entry) + b"\n")


class _Tail:
    """A file that is written at its end.

    Attributes:
        file: The file.
        end: Where what counts ends; what a write that failed has left behind it is written over.
    """

    def __init__(self, path: Path) -> None:
        self.file = open(path, "r+b", buffering=0, opener=_open_or_create)  # noqa: SIM115 - see close
        self.end = self.file.seek(0, os.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def write(self, data: bytes) -> int:
        """Write behind ``end``, wait for the disk, and return what could be the new end."""
        self.cut_off(self.end)
        self.file.seek(self.end)
        rest = memoryview(data)
        while rest:
            rest = rest[self.file.write(rest) :]  # an unbuffered file may take less than all
        sync(self.file)
        return self.end + len(data)

    def cut_off(self, end: int) -> bool:
        """Forget what is behind ``end``, or return False if the file does not reach as far."""
        if self.file.seek(0, os.SEEK_END) < end:
            return False
        self.end = self.file.truncate(end)
        return True

    def lines(self) -> list[Any]:
        """Return the JSON lines; one that is not whole, since the process ended then, is cut off."""
        self.file.seek(0)
        *lines, torn = self.file.read().split(b"\n")
        self.cut_off(self.end - len(torn))
        return [orjson.loads(line) for line in lines]

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def _open_or_create(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT, 0o666)


def _shown(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in settings.items() if name != "openai_steps_export")


def _lock(journal: IO[bytes], path: Path) -> None:
    """Keep other processes out; the lock goes with this one, however it ends."""
    if sys.platform == "win32":  # no flock there: two exports into one file are the user's to avoid
        return
    import fcntl

    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ExportError(f"Another process is exporting to the same file ({path.name} is locked).") from None


@contextmanager
def replacing(path: Path, *, mark: str = "") -> Iterator[Path]:
    """Give the name of a temporary file that takes the place of ``path``, at once and on the disk, at the end.

    Args:
        path: The file to write, or to write anew.
        mark: Something of one's own, where several may write the same file at once.

    Yields:
        A path in the same folder. If the block fails, what is there is removed and ``path`` is left as it was.
    """
    temporary = path.with_name(f"{path.name}{mark}.tmp")
    try:
        yield temporary
        move(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def is_begun(path: Path) -> bool:
    """Tell whether there is a journal for this work file."""
    return _journal_of(path).exists()


def sync(file: IO[bytes]) -> None:
    """Wait until what was written to a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")


def move(source: Path, target: Path) -> None:
    """Move a file so that, whatever happens, either name has the whole of it."""
    with open(source, "r+b") as file:  # Windows syncs only what is open for writing
        sync(file)
    os.replace(source, target)
    if sys.platform != "win32":  # a folder can be synced, and needs to be: the name is an entry of it
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
