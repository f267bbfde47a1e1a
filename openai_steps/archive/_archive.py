"""`Archive` reads an archive back, object by object, without holding it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from openai_steps._json.decoder import decode
from openai_steps._models.messages import Message
from openai_steps._models.runs import Run, RunRef
from openai_steps._models.steps import RunStep
from openai_steps._models.threads import Thread
from openai_steps.archive._index import Index, Missing, RunState
from openai_steps.archive._layout import Group, content_file
from openai_steps.archive._manifest import Manifest, read_manifest
from openai_steps.archive._objects import ObjectsReader
from openai_steps.conversation import ThreadHistory


class Archive:
    """Reads an archive from ``export_threads`` of `openai_steps.export` or from ``openai-steps export -o DIR``.

    Objects are the bytes that the server sent. Use it as a context manager, or call `close`.

    Args:
        folder: The archive.

    Raises:
        ArchiveError: If it is not an archive, it is damaged, or another process is writing it.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._folder = Path(folder)
        self._manifest = read_manifest(self._folder)
        self._index = Index(self._folder)
        self._objects = ObjectsReader(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._objects.close()
        self._index.close()

    @property
    def manifest(self) -> Manifest:
        """The server, what was asked for and when, and the counts."""
        return self._manifest

    @property
    def missing(self) -> list[Missing]:
        """What could not be read, and why."""
        return self._index.missing()

    def thread_ids(self) -> list[str]:
        """Return the id of each thread, in the order of the ids."""
        return self._index.thread_ids()

    def is_whole(self, thread_id: str) -> bool:
        """Return whether a thread was read completely.

        Args:
            thread_id: The thread.
        """
        return self._index.is_whole(thread_id)

    def thread(self, thread_id: str) -> bytes | None:
        """Return a thread's object, or None if the archive has none.

        Args:
            thread_id: The thread.
        """
        return self._first(Group("thread", thread_id))

    def messages(self, thread_id: str) -> list[bytes]:
        """Return the messages of a thread, oldest first.

        Args:
            thread_id: The thread.
        """
        return list(self._read(Group("message", thread_id)))

    def runs(self, thread_id: str | None = None) -> list[RunState]:
        """Return the state of each run, oldest first within a thread.

        Args:
            thread_id: The thread; None for all.
        """
        return self._index.runs(thread_id)

    def run(self, thread_id: str, run_id: str) -> bytes | None:
        """Return a run's object, or None if the archive has none.

        Args:
            thread_id: The thread.
            run_id: The run.
        """
        return self._first(Group("run", thread_id, run_id))

    def steps(self, thread_id: str, run_id: str) -> list[bytes]:
        """Return the steps of a run, oldest first.

        Args:
            thread_id: The thread.
            run_id: The run.
        """
        return list(self._read(Group("step", thread_id, run_id)))

    def iter_runs(self) -> Iterator[tuple[RunRef, list[bytes]]]:
        """Read all runs with their steps, one run at a time.

        Yields:
            Each run, and its steps, oldest first.
        """
        for state in self._index.runs():
            yield RunRef(state.thread_id, state.run_id), self.steps(state.thread_id, state.run_id)

    def history(self, thread_id: str) -> ThreadHistory:
        """Return a thread as `openai_steps.history.read_thread` reads it from a server.

        Args:
            thread_id: The thread.

        Raises:
            ResponseDecodeError: If an object cannot be read as a model.
        """
        runs, thread = self.runs(thread_id), self.thread(thread_id)
        objects = {run.run_id: self.run(thread_id, run.run_id) for run in runs}
        return ThreadHistory(
            thread_id=thread_id,
            messages=[decode(data, Message) for data in self.messages(thread_id)],
            runs=[decode(data, Run) for data in objects.values() if data is not None],
            steps={
                run.run_id: tuple(decode(data, RunStep) for data in self.steps(thread_id, run.run_id)) for run in runs
            },
            thread=None if thread is None else decode(thread, Thread),
        )

    def file_ids(self) -> list[str]:
        """Return the id of each file."""
        return [group.run_id for group in self._index.groups("file")]

    def file(self, file_id: str) -> bytes | None:
        """Return a file's object, or None if the archive has none.

        Args:
            file_id: The file.
        """
        return self._first(Group("file", run_id=file_id))

    def content(self, file_id: str) -> Path | None:
        """Return the path of a file's content, or None if the archive has none.

        Args:
            file_id: The file.
        """
        found = self._index.contents().get(file_id)
        return None if found is None else content_file(self._folder, found[0])

    def _items(self, group: Group) -> list[tuple[str, bytes]]:
        return [(entry.id, self._objects.read(entry.place)) for entry in self._index.entries(group)]

    def _read(self, group: Group) -> Iterator[bytes]:
        for entry in self._index.entries(group):
            yield self._objects.read(entry.place)

    def _first(self, group: Group) -> bytes | None:
        return next(self._read(group), None)
