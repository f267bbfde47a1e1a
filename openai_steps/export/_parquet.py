"""Tables in Parquet files. Needs pyarrow, the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from openai_steps.tables._arrow import ROWS_IN_BATCH, batch_of, schema_of
from openai_steps.tables._columns import Column

Row = TypeVar("Row")

_BATCHES_IN_GROUP: Final = 40
"""A group is held in memory while it is written, and by most readers while it is read: 10,000 rows."""


class ParquetTable(Generic[Row]):
    """A Parquet file to which rows are added; at most a row group is held in memory.

    Args:
        path: The file.
        columns: Its columns.
    """

    def __init__(self, path: Path, columns: tuple[Column[Row], ...]) -> None:
        self._columns = columns
        self._schema = schema_of(columns)
        marked = self._schema.with_metadata({"openai_steps_export": "1"})
        self._writer = pq.ParquetWriter(path, marked, compression="zstd")
        self._rows: list[Row] = []
        self._group: list[pa.RecordBatch] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        if kind is None:
            self._pack()
            self._write_group()
        self._writer.close()

    def add(self, row: Row) -> None:
        """Add a row."""
        self._rows.append(row)
        if len(self._rows) == ROWS_IN_BATCH:
            self._pack()
            if len(self._group) == _BATCHES_IN_GROUP:
                self._write_group()

    def note(self, name: str, text: str) -> None:
        """Put a text into the file's metadata."""
        self._writer.add_key_value_metadata({name: text})

    def _pack(self) -> None:
        if self._rows:
            self._group.append(batch_of(self._rows, self._columns, self._schema))
            self._rows = []

    def _write_group(self) -> None:
        if self._group:
            self._writer.write_table(pa.Table.from_batches(self._group))
            self._group = []


def read_raw(path: Path) -> Iterator[bytes]:
    """Yield the JSON of each step in a file."""
    with pq.ParquetFile(path) as file:
        if not {"message_id", "tools", "raw"} <= set(file.schema_arrow.names):  # our other tables lack one of these
            raise ValueError(f"{path.name} is not a table of steps: its columns are others.")
        for batch in file.iter_batches(batch_size=1000, columns=["raw"]):
            values: list[Any] = batch.column(0).to_pylist()
            for raw in values:
                yield raw.encode()


def read_note(path: Path, name: str) -> tuple[int, str]:
    """Return how many steps a file has, and a text from its metadata; only the file's end is read."""
    metadata = pq.read_metadata(path)
    return int(metadata.num_rows), (metadata.metadata or {})[name.encode()].decode()
