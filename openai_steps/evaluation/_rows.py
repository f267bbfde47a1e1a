"""From threads to rows, and from rows to a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any, Literal, TypeAlias

from openai_steps.conversation import ThreadHistory, runs_of
from openai_steps.evaluation._formats import FORMATS, Format

EvaluationFormat: TypeAlias = Literal["azure", "deepeval", "ragas", "promptfoo", "messages"]
"""Rows of azure-ai-evaluation, test cases of DeepEval, samples of Ragas, tests of promptfoo, or chat messages."""


def evaluation_rows(
    history: ThreadHistory, kind: EvaluationFormat | str, *, failed: bool | None = None
) -> list[dict[str, Any]]:
    """Return one row for each run of a thread.

    Args:
        history: The thread.
        kind: The format of the rows.
        failed: Whether runs that did not complete have a row. Default: yes if the format marks them (``azure``,
            ``deepeval``, ``ragas``), no if a row is an example to follow.

    Returns:
        The rows as plain dicts and lists that `json` can write, oldest run first.

    Raises:
        ValueError: If there is no such format.
    """
    wanted = _format(kind)
    with_failed = wanted.failed if failed is None else failed
    return [wanted.row(run) for run in runs_of(history) if with_failed or run.run.status == "completed"]


def write_rows(rows: Iterable[dict[str, Any]], file: IO[str], kind: EvaluationFormat | str) -> int:
    """Write rows as the format's readers want them: a JSON array, or one row per line.

    Args:
        rows: The rows.
        file: The file to write to.
        kind: The format of the rows.

    Returns:
        How many there were.

    Raises:
        ValueError: If there is no such format.
    """
    count = 0
    for text in _texts(rows, is_array=_format(kind).is_array):
        file.write(text)
        count += text not in ("[\n", "\n]\n", ",\n")
    return count


def _texts(rows: Iterable[dict[str, Any]], *, is_array: bool) -> Iterator[str]:
    if is_array:
        yield "[\n"
    for number, row in enumerate(rows):
        if is_array and number:
            yield ",\n"
        yield json.dumps(row) if is_array else f"{json.dumps(row)}\n"
    if is_array:
        yield "\n]\n"


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ValueError(f"kind must be one of {', '.join(FORMATS)}, not {name!r}.")
    return FORMATS[name]
