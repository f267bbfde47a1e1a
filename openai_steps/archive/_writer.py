"""Writes an archive: groups of objects, in batches that are on the disk before the index says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from openai_steps.archive._batch import Batch
from openai_steps.archive._index import Index, Missing, RunState
from openai_steps.archive._layout import FILES, MANIFEST, ArchiveError, Group
from openai_steps.archive._manifest import Manifest, read_manifest
from openai_steps.archive._objects import ObjectsWriter

Objects = Sequence[tuple[str, bytes]]
"""The id and the bytes of each object, oldest first."""


class ArchiveWriter:
    """Starts an archive in a new folder, or continues one where it broke off.

    Use it as a context manager: at the end, what was added is on the disk, however the block ends.

    Args:
        folder: The archive, which is made if need be.
        server: The provider and the base URL; an archive has the objects of one server.
        asked: What is asked for, for the manifest. ``include`` must be the same each time.
        redacted: The JSON paths whose values are taken out. They must be the same each time.

    Raises:
        ArchiveError: If the folder holds something else, the settings differ, or another process uses it.
        OSError: If the folder cannot be made or written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        server: Mapping[str, str],
        asked: Mapping[str, Any],
        redacted: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # A process that is killed at its start may leave nothing but a part of its manifest.
        if not (folder / MANIFEST).exists() and {path.name for path in folder.iterdir()} - {f"{MANIFEST}.tmp"}:
            raise ArchiveError(f"{folder.name} is a folder with something else in it. Choose a new name.")
        self.manifest: Manifest = Manifest(server=dict(server), asked=dict(asked), redacted=list(redacted))
        if (folder / MANIFEST).exists():
            self.manifest = _continued(read_manifest(folder), self.manifest)
        else:
            self.manifest.write(folder)  # before the index, so that the folder is known to be an archive
        (folder / FILES).mkdir(exist_ok=True)
        self.index: Index = Index(folder, write=True)
        try:
            for left in (folder / FILES).iterdir():
                if left.suffix in (".part", ".tmp"):  # left by a killed process; this one has the lock
                    left.unlink()
            self._objects = ObjectsWriter(folder, self.index.ends())
        except BaseException:
            self.index.close()
            raise
        self._changes: list[Callable[[], None]] = []
        self._batch = Batch()
        self._complete = False
        self.manifest.begin_session()
        self._write_manifest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.commit()
            self.manifest.end_session(complete=self._complete)
            self._write_manifest()
        finally:
            self._objects.close()
            self.index.close()

    def add_thread(self, thread_id: str, thread: bytes | None, messages: Objects) -> None:
        """Add a thread and its messages, or replace them.

        Args:
            thread_id: The thread.
            thread: Its object; None if the server does not send it.
            messages: Its messages.
        """
        if thread is not None:
            self._add(Group("thread", thread_id), [(thread_id, thread)])
        self._add(Group("message", thread_id), messages)
        self._changes.append(lambda: self.index.set_thread(thread_id))
        self._commit_if_due()

    def add_run(self, state: RunState, run: bytes | None, steps: Objects) -> None:
        """Add a run and its steps, or replace them.

        Args:
            state: The run's state.
            run: Its object; None if the server does not send it.
            steps: Its steps.
        """
        said = {"status": state.status, "finished": state.finished}
        if run is not None:
            self._add(Group("run", state.thread_id, state.run_id), [(state.run_id, run)], **said)
        self._add(Group("step", state.thread_id, state.run_id), steps, **said)
        self._changes.append(lambda: self.index.set_run(state))
        self._commit_if_due()

    def add_file(self, file_id: str, file: bytes, *, sha256: str | None, size: int = 0) -> None:
        """Add a file's object, and note which content it has.

        Args:
            file_id: The file.
            file: Its object.
            sha256: The checksum of its content, which is its name in ``files/``; None if there is no content.
            size: How many bytes the content has.
        """
        said = {} if sha256 is None else {"sha256": sha256, "bytes": size}
        self._add(Group("file", run_id=file_id), [(file_id, file)], **said)
        self._changes.append(lambda: self.index.clear_missing("content", object_id=file_id))
        if sha256 is not None:
            self._changes.append(lambda: self.index.set_content(file_id, sha256, size))
        self._commit_if_due()

    def note_missing(self, missing: Missing) -> None:
        """Note that something could not be read."""
        self._changes.append(lambda: self.index.set_missing(missing))

    def complete(self) -> None:
        """Note that everything asked for has been read, or is missing."""
        self._complete = True

    def commit(self) -> None:
        """Write what was added; when this returns, it is on the disk, and the index knows it."""
        changes, self._changes = self._changes, []
        self._batch.begin()
        if not changes:
            return
        self._objects.sync()
        with self.index.transaction():
            for change in changes:
                change()

    def _add(self, group: Group, objects: Objects, **more: Any) -> None:
        entries = self._objects.add(
            group, objects, **{name: value for name, value in more.items() if value is not None}
        )
        number, end = self._objects.number, self._objects.end
        self._changes.append(lambda: self.index.replace(group, entries))
        self._changes.append(lambda: self.index.set_end(number, end))
        self._batch.add(sum(len(data) for _, data in objects))

    def _commit_if_due(self) -> None:
        if self._batch.is_due:
            self.commit()

    def _write_manifest(self) -> None:
        self.manifest.counts = {_plural(kind): count for kind, count in sorted(self.index.counts().items())}
        self.manifest.unfinished_runs = sum(not run.finished for run in self.index.runs())
        self.manifest.missing = self.index.missing()
        self.manifest.write(self.folder)


def _plural(kind: str) -> str:
    return f"{kind}s"


def _continued(known: Manifest, wanted: Manifest) -> Manifest:
    """Return the manifest to continue: the same server, ``include`` and redaction; any threads."""
    for name, before, now in (
        ("server", known.server, wanted.server),
        ("include", known.asked.get("include"), wanted.asked.get("include")),
        ("redact", list(known.redacted), list(wanted.redacted)),
    ):
        if before != now:
            raise ArchiveError(
                f"This archive was begun with another {name} ({before!r}, now {now!r}). Use that, or another folder."
            )
    known.asked = wanted.asked
    return known
