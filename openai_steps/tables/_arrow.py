"""Turns rows into Arrow's batches. Needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from openai_steps._extras import needing
from openai_steps.tables._columns import Column, ColumnType

with needing("pyarrow", "openai-steps[parquet]", what="A table"):
    import pyarrow as pa

Row = TypeVar("Row")

_TYPES: Final[Mapping[ColumnType, pa.DataType]] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "timestamp[us, UTC]": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
}

ROWS_IN_BATCH: Final = 250
"""Few, since the cyclic collector visits every object of the rows in memory, and finds nothing."""


def schema_of(columns: Iterable[Column[Any]]) -> pa.Schema:
    """Return Arrow's schema of columns."""
    return pa.schema([pa.field(column.name, _TYPES[column.type]) for column in columns])


def batches(rows: Iterable[Row], columns: tuple[Column[Row], ...]) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a table."""
    left, schema = iter(rows), schema_of(columns)
    while own := list(islice(left, ROWS_IN_BATCH)):
        yield batch_of(own, columns, schema)


def batch_of(rows: list[Row], columns: tuple[Column[Row], ...], schema: pa.Schema) -> pa.RecordBatch:
    """Return rows as one batch."""
    arrays = [_array([column.value(row) for row in rows], _TYPES[column.type]) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array[Any]:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # half of a surrogate pair, which has no UTF-8; "raw" escapes it
        return pa.array([_whole(value) for value in values], kind)


def _whole(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def table(rows: Iterable[Row], columns: tuple[Column[Row], ...]) -> pa.Table:
    """Return rows as a table."""
    return pa.Table.from_batches(batches(rows, columns), schema=schema_of(columns))
