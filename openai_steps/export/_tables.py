"""Whole threads into Parquet files: steps, tool calls, runs and messages, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from attrs import frozen

from openai_steps._errors import ResponseDecodeError
from openai_steps._json.decoder import decode
from openai_steps._models.messages import Message
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps.archive import Archive
from openai_steps.conversation import ThreadHistory
from openai_steps.export._extras import parquet
from openai_steps.export._failures import ExportError
from openai_steps.export._files import local_path, new_file
from openai_steps.tables._columns import CALL_COLUMNS, MESSAGE_COLUMNS, RUN_COLUMNS, STEP_COLUMNS, Column
from openai_steps.tables._rows import StepRow, call_rows, message_row, run_row, step_row

T = TypeVar("T")

_FILES: Final[dict[str, tuple[Column[Any], ...]]] = {
    "steps": STEP_COLUMNS,
    "tool_calls": CALL_COLUMNS,
    "runs": RUN_COLUMNS,
    "messages": MESSAGE_COLUMNS,
}


@frozen(kw_only=True)
class TableCounts:
    """How many rows were written.

    Attributes:
        threads: Their threads.
        steps: Rows of ``steps.parquet``.
        tool_calls: Rows of ``tool_calls.parquet``.
        runs: Rows of ``runs.parquet``.
        messages: Rows of ``messages.parquet``.
        unreadable: Objects of an archive that lack an id or a time of creation, and so have no row.
    """

    threads: int = 0
    steps: int = 0
    tool_calls: int = 0
    runs: int = 0
    messages: int = 0
    unreadable: int = 0


def export_tables(threads: Archive | Iterable[ThreadHistory], out: str | PathLike[str]) -> TableCounts:
    """Write whole threads into a folder of four Parquet files.

    They are ``steps.parquet``, ``tool_calls.parquet``, ``runs.parquet`` and ``messages.parquet``. At
    most some thousand rows are in memory at once, and at most one thread of an archive.

    Args:
        threads: The threads, or an archive: then ``raw`` is the text exactly as the server sent it.
        out: The folder, which is made if need be. The files appear in it when all is done.

    Returns:
        The numbers of rows.

    Raises:
        ArchiveError: If the archive is damaged.
        ExportError: If one of the files exists.
        ModuleNotFoundError: If pyarrow is missing.
        OSError: If a file cannot be written.
        ValueError: If ``out`` is an address, such as ``s3://…``.
        Exception: Whatever ``threads`` itself raises; then no file is written.
    """
    with TablesWriter(local_path(out)) as tables:
        if isinstance(threads, Archive):
            for thread_id in threads.thread_ids():
                tables.add_archived(threads, thread_id)
        else:
            for history in threads:
                tables.add(history)
    return tables.counts


class TablesWriter:
    """The four files; they appear at the end of the block, if nothing was raised in it.

    Args:
        folder: Their folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._tables: dict[str, Any] = {}
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> TableCounts:
        """The numbers of rows so far."""
        return TableCounts(**self._counts)

    def __enter__(self) -> Self:
        table = parquet().ParquetTable
        self._folder.mkdir(parents=True, exist_ok=True)
        paths = {name: self._folder / f"{name}.parquet" for name in _FILES}
        for path in paths.values():
            if path.exists() or path.is_symlink():
                raise ExportError(f"{path.name} exists. Move it away, or choose another folder.")
        with self._stack:
            for name, columns in _FILES.items():
                temporary = self._stack.enter_context(new_file(paths[name]))
                self._tables[name] = self._stack.enter_context(table(temporary, columns))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def add(self, history: ThreadHistory) -> None:
        """Add a thread."""
        for message in history.messages:
            self._take("messages", message_row(message))
        for run in history.runs:
            self._take("runs", run_row(run))
        models = {run.id: run.model for run in history.runs}
        self._take_steps((step_row(step) for own in history.steps.values() for step in own), models)
        self._count("threads")

    def add_archived(self, archive: Archive, thread_id: str) -> None:
        """Add a thread of an archive, whose texts are kept."""
        for message, text in self._read(archive.messages(thread_id), Message):
            self._take("messages", message_row(message, text))
        for state in archive.runs(thread_id):
            data = archive.run(thread_id, state.run_id)
            models: dict[str, str | None] = {}
            for run, text in self._read([] if data is None else [data], Run):
                models[run.id] = run.model
                self._take("runs", run_row(run, text))
            steps = self._read(archive.steps(thread_id, state.run_id), RunStep)
            self._take_steps((step_row(step, text) for step, text in steps), models)
        self._count("threads")

    def _read(self, texts: list[bytes], kind: type[T]) -> Iterator[tuple[T, bytes]]:
        for text in texts:
            try:
                yield decode(text, kind), text
            except ResponseDecodeError:
                self._count("unreadable")

    def _take_steps(self, steps: Iterable[StepRow], models: dict[str, str | None]) -> None:
        for row in call_rows(self._passing(steps), models):
            self._take("tool_calls", row)

    def _passing(self, steps: Iterable[StepRow]) -> Iterator[StepRow]:
        for row in steps:
            self._take("steps", row)
            yield row

    def _take(self, name: str, row: Any) -> None:
        self._tables[name].add(row)
        self._count(name)

    def _count(self, name: str) -> None:
        self._counts[name] += 1
