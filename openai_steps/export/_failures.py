"""What an export leaves out: a line for each failed run, and for each item that is not a step.

The failures file is also a RUNS file for the next try.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from openai_steps._arguments import check_count
from openai_steps._errors import APIStatusError, NotFoundError
from openai_steps._json.text import to_text
from openai_steps._models.raw import RunTexts
from openai_steps._models.runs import RunSteps
from openai_steps._models.steps import UnreadableStep


class ExportError(Exception):
    """An export that cannot start or continue; the message says what to do."""


class RunsFileError(ExportError):
    """A line that does not name a run; the message says which line, and what it should be."""


def json_lines(texts: Iterable[bytes]) -> list[bytes]:
    """Return the server's JSON of steps, in one line each."""
    return [_in_one_line(text) for text in texts]


def joined_lines(texts: Sequence[bytes]) -> bytes:
    """Return the same as one text, with the ends of lines."""
    together = b"".join(texts)
    if b"\n" in together or b"\r" in together:  # searched in C, all at once
        texts = json_lines(texts)
    return b"\n".join([*texts, b""])


def unreadable_lines(run: RunSteps | RunTexts) -> list[bytes]:
    """Return a line for each item of a run that is not a step: its run, what is wrong with it, and the item."""
    return [_unreadable_line(run, item) for item in run.unreadable]


def _in_one_line(text: bytes) -> bytes:
    """Return JSON without the line ends that some servers write; in a string they are escaped."""
    return msgspec.json.format(text, indent=0) if b"\n" in text or b"\r" in text else text


def failure_line(run: RunSteps | RunTexts) -> bytes:
    """Return the line for a run with an error: its ids, and what is known of the reason."""
    error = run.error
    record: dict[str, Any] = {
        "thread_id": _id(run.thread_id),
        "run_id": _id(run.run_id),
        "error": type(error).__name__,
        "message": str(error),
        "steps_read": run.steps_read if isinstance(run, RunTexts) else len(run.steps),
    }
    if isinstance(error, APIStatusError):
        record |= {"status": error.status, "code": error.code, "request_id": error.request_id}
    return (
        json.dumps(record, separators=(",", ":")).encode() + b"\n"
    )  # in ASCII: an id may hold half a character, which has no UTF-8


def _unreadable_line(run: RunSteps | RunTexts, item: UnreadableStep) -> bytes:
    wrong = {"path": item.problem.path, "expected": item.problem.expected}
    record = to_text({"thread_id": run.thread_id, "run_id": run.run_id, **wrong})
    return b'%s,"item":%s}\n' % (record[:-1], to_text(item.data) if item.raw is None else _in_one_line(item.raw))


def _id(given: object) -> str:
    return given if isinstance(given, str) else repr(given)


class Streak:
    """Stops an export in which many runs in a row fail in the same way.

    Args:
        longest: How many may; None for any number.
    """

    def __init__(self, longest: int | None) -> None:
        self._longest = check_count("give_up_after", longest)
        self._kind: tuple[Any, ...] | None = None
        self._length = 0
        self._any_was_read = False

    def note(self, run: RunSteps | RunTexts) -> None:
        """Note the result of a run.

        Raises:
            ExportError: If it was one too many.
            RuntimeError: If the client is closed, which is no run's failure.
        """
        error = run.error
        if isinstance(error, RuntimeError):
            raise error
        if error is None:
            self._any_was_read = True
        is_its_own = isinstance(error, ValueError) or (isinstance(error, NotFoundError) and self._any_was_read)
        if error is None or is_its_own:
            self._kind, self._length = None, 0
            return
        kind = (type(error), getattr(error, "status", None), getattr(error, "code", None))
        self._length = self._length + 1 if kind == self._kind else 1
        self._kind = kind
        if self._length == self._longest:
            raise ExportError(
                f"{self._length} runs in a row failed in the same way. The last of them, {_id(run.run_id)!r}: {error} "
                "What was read is kept: once that is mended, start the same export again to go on."
            ) from error
