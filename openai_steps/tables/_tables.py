"""Turns models into Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from openai_steps import Message, Run, RunStep
from openai_steps.tables._columns import CALL_COLUMNS, MESSAGE_COLUMNS, RUN_COLUMNS, STEP_COLUMNS, Column
from openai_steps.tables._rows import call_rows, message_row, run_row, step_row

if TYPE_CHECKING:
    import pyarrow as pa

Row = TypeVar("Row")


def steps_table(steps: Iterable[RunStep]) -> pa.Table:
    """Return a table of steps, a row each, with the columns `STEP_COLUMNS`.

    Args:
        steps: The steps, of any number of runs. The table has their order.

    Raises:
        ModuleNotFoundError: If pyarrow is missing.
        ValueError: If a step is nested too deeply to be written as JSON.
    """
    return _table(map(step_row, steps), STEP_COLUMNS)


def calls_table(steps: Iterable[RunStep], *, runs: Iterable[Run] = ()) -> pa.Table:
    """Return a table of the tool calls of steps, a row each, with the columns `CALL_COLUMNS`.

    Args:
        steps: The steps: those of a run together, oldest first.
        runs: The runs, which name the model; without them that column is null.

    Raises:
        ModuleNotFoundError: If pyarrow is missing.
        ValueError: If a step is nested too deeply to be written as JSON.
    """
    return _table(call_rows(map(step_row, steps), {run.id: run.model for run in runs}), CALL_COLUMNS)


def runs_table(runs: Iterable[Run]) -> pa.Table:
    """Return a table of runs, a row each, with the columns `RUN_COLUMNS`.

    Args:
        runs: The runs. The table has their order.

    Raises:
        ModuleNotFoundError: If pyarrow is missing.
        ValueError: If a run is nested too deeply to be written as JSON.
    """
    return _table(map(run_row, runs), RUN_COLUMNS)


def messages_table(messages: Iterable[Message]) -> pa.Table:
    """Return a table of messages, a row each, with the columns `MESSAGE_COLUMNS`.

    Args:
        messages: The messages. The table has their order.

    Raises:
        ModuleNotFoundError: If pyarrow is missing.
        ValueError: If a message is nested too deeply to be written as JSON.
    """
    return _table(map(message_row, messages), MESSAGE_COLUMNS)


def _table(rows: Iterable[Row], columns: tuple[Column[Row], ...]) -> pa.Table:
    # Imported here, since the columns alone need no pyarrow.
    arrow: Any = import_module("openai_steps.tables._arrow")
    return arrow.table(rows, columns)  # type: ignore[no-any-return]
