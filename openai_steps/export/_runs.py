"""Reads RUNS, the runs to export, from JSON Lines or CSV."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import chain
from typing import Any, Final

from openai_steps._models.runs import RunRef
from openai_steps.export._failures import RunsFileError


class Unseen:
    """A predicate that is true for each run once, and false for those seen before.

    Args:
        seen: The runs seen before, as pairs of ids. The set is kept and added to, not copied.
    """

    def __init__(self, seen: set[tuple[str, str]]) -> None:
        self._seen = seen

    def __call__(self, run: RunRef) -> bool:
        """Return whether this run is new, and remember it."""
        before = len(self._seen)
        try:
            self._seen.add((run.thread_id, run.run_id))
        except TypeError:  # ids of a type without a hash: the client says what is wrong with them
            return True
        return len(self._seen) > before


def read_run_refs(lines: Iterable[str], *, name: str = "RUNS") -> Iterator[RunRef]:
    r"""Read thread and run ids from the lines of a file.

    Args:
        lines: JSON Lines (objects with ``thread_id`` and ``run_id``, or run objects as the API sends them), or CSV
            whose header has the columns ``thread_id`` and ``run_id``. Anything else in an object or a row is
            ignored, so a failures file, or an export, can be read as well. Empty lines are skipped.
        name: The name of the source in errors.

    Yields:
        The runs, in the order of the lines, with duplicates.

    Raises:
        RunsFileError: At the first line that is wrong.
    """
    numbered = _numbered(lines, name)
    for number, line in numbered:
        first = line.removeprefix("\ufeff")
        if first.strip():
            read = _from_json if first.lstrip().startswith("{") else _from_csv
            yield from read(chain([(number, first)], numbered), name)


def read_thread_ids(lines: Iterable[str], *, name: str = "THREADS") -> Iterator[str]:
    """Read thread ids from the lines of a file.

    Args:
        lines: JSON Lines (objects with ``thread_id``, or threads as the API sends them), or CSV whose header has the
            column ``thread_id``; a file of runs is one of threads, too. Empty lines are skipped.
        name: The name of the source in errors.

    Yields:
        Each thread once, in the order of the lines.

    Raises:
        RunsFileError: At the first line that is wrong.
    """
    seen: dict[str, None] = {}
    numbered = _numbered(lines, name)
    for number, line in numbered:
        first = line.removeprefix("\ufeff")
        if not first.strip():
            continue
        whole = chain([(number, first)], numbered)
        records = (
            _json_records(whole, name) if first.lstrip().startswith("{") else _csv_records(whole, name, {"thread_id"})
        )
        for record, where in records:
            key = "id" if record.get("object") == "thread" else "thread_id"
            thread_id = _text(record, key, where)
            if thread_id not in seen:
                seen[thread_id] = None
                yield thread_id


_ESCAPED_BYTE: Final = re.compile("[\udc80-\udcff]")
"""A byte that is no UTF-8, in lines of a file opened with ``errors="surrogateescape"``."""


def _numbered(lines: Iterable[str], name: str) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if not line.isascii() and _ESCAPED_BYTE.search(line):
                raise RunsFileError(f"{name}, line {number}: not UTF-8.")
            yield number, line
    except UnicodeDecodeError as error:
        raise RunsFileError(f"{name}, line {number + 1} or soon after: not UTF-8 ({error.reason}).") from None


def _from_json(lines: Iterable[tuple[int, str]], name: str) -> Iterator[RunRef]:
    for record, where in _json_records(lines, name):
        yield _run_ref(record, _RUN_KEYS.get(record.get("object"), "run_id"), where)


def _json_records(lines: Iterable[tuple[int, str]], name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    for number, line in lines:
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            record = json.loads(line)  # which reads half a character in an id, too
        except (ValueError, RecursionError) as error:
            raise RunsFileError(f"{where}: not JSON: {error}") from None
        if not isinstance(record, dict):
            raise RunsFileError(f"{where}: not a JSON object.")
        yield record, where


def _from_csv(lines: Iterable[tuple[int, str]], name: str) -> Iterator[RunRef]:
    for record, where in _csv_records(lines, name, {"thread_id", "run_id"}):
        yield _run_ref(record, "run_id", where)


def _csv_records(
    lines: Iterable[tuple[int, str]], name: str, columns: Set[str]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    rows = csv.DictReader((line for _, line in lines), skipinitialspace=True)
    try:
        if not columns <= set(rows.fieldnames or ()):
            wanted = " and ".join(sorted(columns, reverse=True))
            raise RunsFileError(
                f"{name}: neither JSON Lines nor CSV with the column{'s' * (len(columns) > 1)} {wanted} in its header."
            )
        for row in rows:
            yield row, f"{name}, row {rows.line_num}"
    except csv.Error as error:
        raise RunsFileError(f"{name}, row {rows.line_num + 1}: not CSV: {error}.") from None


# In a run object the run's id is just "id".
_RUN_KEYS: Final[Mapping[Any, str]] = {"thread.run": "id"}


def _run_ref(record: Mapping[str, Any], run_key: str, where: str) -> RunRef:
    return RunRef(_text(record, "thread_id", where), _text(record, run_key, where))


def _text(record: Mapping[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RunsFileError(f"{where}: {key} must be a text that is not empty, not {value!r}.")
    return value.strip()
