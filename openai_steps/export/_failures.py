"""The failures file: a JSON line for each run that was not exported, which is also a RUNS file for the next try."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import evolve

from openai_steps._errors import APIStatusError
from openai_steps._json.converter import dumps
from openai_steps._models.runs import RunSteps


class ExportError(Exception):
    """An export that cannot begin, or go on; the message says what to do."""


class RunsFileError(ExportError):
    """A line that names no run; the message says which line, and what it should be."""


def json_lines(run: RunSteps) -> tuple[RunSteps, list[bytes]]:
    """Return a run with the JSON of each step; one that cannot be written comes with that error, and no JSON."""
    if run.error is not None:
        return run, []
    try:
        return run, [dumps(step) for step in run.steps]
    except (ValueError, RecursionError) as error:
        return evolve(run, error=error), []


def failure_line(run: RunSteps) -> bytes:
    """Return the line for a run with an error: its ids, and what is known of the reason."""
    error = run.error
    record: dict[str, Any] = {
        "thread_id": run.thread_id,
        "run_id": run.run_id,
        "error": type(error).__name__,
        "message": str(error),
        "steps_read": len(run.steps),
    }
    if isinstance(error, APIStatusError):
        record |= {"status": error.status, "code": error.code, "request_id": error.request_id}
    return orjson.dumps(record) + b"\n"
