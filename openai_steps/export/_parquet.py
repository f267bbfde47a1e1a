"""Steps in Parquet files. Needs pyarrow, the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from openai_steps._models.steps import RunStep
from openai_steps.export._columns import COLUMNS, ColumnType, table

_TYPES: Final[Mapping[ColumnType, pa.DataType]] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "timestamp[us, UTC]": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
}

SCHEMA: Final = pa.schema(
    [pa.field(column.name, _TYPES[column.type]) for column in COLUMNS], metadata={"openai_steps_export": "1"}
)

# A group is held in memory while it is written, and by most readers while it is read.
_ROWS_IN_GROUP: Final = 10_000


class ParquetSteps:
    """A Parquet file that steps are added to; no more than a row group of them are held at once.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._group: list[tuple[RunStep, bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def add(self, steps: Iterable[RunStep], lines: Iterable[bytes]) -> None:
        """Add a row for each step, whose JSON is given with it."""
        for row in zip(steps, lines, strict=True):
            self._group.append(row)
            if len(self._group) == _ROWS_IN_GROUP:
                self._flush()

    def note(self, name: str, text: str) -> None:
        """Put a text into the file's metadata."""
        self._writer.add_key_value_metadata({name: text})

    def _flush(self) -> None:
        if self._group:
            self._writer.write_table(pa.Table.from_pydict(dict(table(self._group)), schema=SCHEMA))
            self._group = []


def read_raw(path: Path) -> Iterator[bytes]:
    """Yield the JSON of each step in a file."""
    with pq.ParquetFile(path) as file:
        if "raw" not in file.schema_arrow.names:
            raise ValueError(f"{path.name} has no column 'raw': it is not an export of steps.")
        for batch in file.iter_batches(batch_size=1000, columns=["raw"]):
            values: list[Any] = batch.column(0).to_pylist()
            for raw in values:
                yield raw.encode()


def read_note(path: Path, name: str) -> tuple[int, str]:
    """Return how many steps a file has, and a text from its metadata; only the file's end is read."""
    metadata = pq.read_metadata(path)
    return int(metadata.num_rows), (metadata.metadata or {})[name.encode()].decode()
