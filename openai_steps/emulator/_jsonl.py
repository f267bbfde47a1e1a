"""Steps, runs, messages and threads from JSON Lines: one wire-shape object on each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from openai_steps.emulator._store import Store
from openai_steps.emulator._threads import ident
from openai_steps.emulator._wire import TIMES, JSONObject


class JSONLinesError(ValueError):
    """A line that is not an object a server sends; the message names the source and the line."""


def load_jsonl(path: str | PathLike[str]) -> Store:
    """Read a file of steps, runs, messages, threads and files into a new store.

    Args:
        path: A JSON Lines file. Each line is a wire-shape object that says in ``object`` what it is:
            ``thread.run``, ``thread.message``, ``thread`` or ``file``; any other is a step with ``id``,
            ``thread_id`` and ``run_id``. Empty lines are skipped. Missing runs and threads are derived
            from their steps and messages.

    Returns:
        The store.

    Raises:
        OSError: If the file cannot be read.
        JSONLinesError: If a line is wrong.
    """
    where = Path(path)
    return read_jsonl(where.read_bytes().split(b"\n"), name=where.name)


def read_jsonl(lines: Iterable[bytes | str], *, name: str = "input") -> Store:
    """Read lines into a new store, as `load_jsonl` reads a file.

    Args:
        lines: The lines, with or without their line ends.
        name: What to call the source in errors.

    Returns:
        The store.

    Raises:
        JSONLinesError: If a line is wrong.
    """
    store = Store()
    runs: dict[tuple[str, str], int] = {}
    for number, record in _records(lines, name):
        try:
            _check_times(record)
            match record.get("object"):
                case "thread.run":
                    _add_run(store, record, runs, number)
                case "thread.message":
                    store.add_message(ident(record.get("thread_id"), "thread_id"), record)
                case "thread":
                    store.add_thread(ident(record.get("id"), "id"), **record)
                case "file":
                    store.add_file(record)
                case _:
                    store.add_steps([record])
        except ValueError as error:
            raise JSONLinesError(f"{name}, line {number}: {error}") from error
    return store


def _add_run(store: Store, record: JSONObject, seen: dict[tuple[str, str], int], number: int) -> None:
    store.set_run(record)
    key = (record["thread_id"], record["id"])
    if key in seen:
        raise ValueError(f"the run {key[1]!r} was given on line {seen[key]} already.")
    seen[key] = number


def _records(lines: Iterable[bytes | str], name: str) -> Iterator[tuple[int, JSONObject]]:
    for number, line in enumerate(lines, start=1):
        text = (line.encode() if isinstance(line, str) else line).strip()
        if number == 1:
            text = text.removeprefix(b"\xef\xbb\xbf")
        if not text:
            continue
        try:
            record = msgspec.json.decode(text)
        except (ValueError, RecursionError) as error:
            raise JSONLinesError(f"{name}, line {number}: not JSON ({error}).") from error
        if not isinstance(record, dict):
            raise JSONLinesError(f"{name}, line {number}: not a JSON object.")
        yield number, record


def _check_times(record: JSONObject) -> None:
    for field in TIMES:
        value = record.get(field)
        if value is not None and not _is_time(value):
            raise ValueError(f"{field!r} must be a number or an ISO 8601 text, not {value!r}.")


def _is_time(value: Any) -> bool:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, int | float) and not isinstance(value, bool)
