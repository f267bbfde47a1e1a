"""RUNS: which runs to export, from JSON Lines or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from openai_steps._models.runs import RunRef
from openai_steps.export._failures import RunsFileError


class Unseen:
    """Tells which runs are new: it says yes to each run once, and no to those it was told of.

    Args:
        seen: Runs to say no to, as pairs of ids. It is kept and added to, not copied.
    """

    def __init__(self, seen: set[tuple[str, str]]) -> None:
        self._seen = seen

    def __call__(self, run: RunRef) -> bool:
        """Tell whether this run is new, and remember it."""
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
            whose header has the columns ``thread_id`` and ``run_id``. What else an object or a row has is ignored,
            so a failures file, or an export, can be read as well. Empty lines are skipped.
        name: What to call the source in errors.

    Yields:
        The runs, in the order of the lines; one that is there twice comes twice.

    Raises:
        RunsFileError: At the first line that is wrong.
    """
    numbered = _numbered(lines, name)
    for number, line in numbered:
        first = line.removeprefix("\ufeff")
        if first.strip():
            read = _from_json if first.lstrip().startswith("{") else _from_csv
            yield from read(chain([(number, first)], numbered), name)


def _numbered(lines: Iterable[str], name: str) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            yield number, line
    except UnicodeDecodeError as error:
        raise RunsFileError(f"{name}, line {number + 1} or soon after: not UTF-8 ({error.reason}).") from None


def _from_json(lines: Iterable[tuple[int, str]], name: str) -> Iterator[RunRef]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)  # which reads an id with half a character
        except (ValueError, RecursionError) as error:
            raise RunsFileError(f"{name}, line {number}: not JSON: {error}") from None
        if not isinstance(record, dict):
            raise RunsFileError(f"{name}, line {number}: not a JSON object.")
        yield _run_ref(record, _RUN_KEYS.get(record.get("object"), "run_id"), f"{name}, line {number}")


def _from_csv(lines: Iterable[tuple[int, str]], name: str) -> Iterator[RunRef]:
    rows = csv.DictReader((line for _, line in lines), skipinitialspace=True)
    try:
        if not {"thread_id", "run_id"} <= set(rows.fieldnames or ()):
            raise RunsFileError(
                f"{name}: neither JSON Lines nor CSV with the columns thread_id and run_id in its header."
            )
        for row in rows:
            yield _run_ref(row, "run_id", f"{name}, row {rows.line_num}")
    except csv.Error as error:
        raise RunsFileError(f"{name}, row {rows.line_num + 1}: not CSV: {error}.") from None


# A run object calls its own id just that.
_RUN_KEYS: Final[Mapping[Any, str]] = {"thread.run": "id"}


def _run_ref(record: Mapping[str, Any], run_key: str, where: str) -> RunRef:
    ids = record.get("thread_id"), record.get(run_key)
    for key, value in zip(("thread_id", run_key), ids, strict=True):
        if not isinstance(value, str) or not value.strip():
            raise RunsFileError(f"{where}: {key} must be a text that is not empty, not {value!r}.")
    return RunRef(str(ids[0]).strip(), str(ids[1]).strip())
