"""The columns: what the docs say of them, and what they hold."""

from datetime import datetime
from pathlib import Path
from typing import Any

import builders
import pytest
from thread_samples import HISTORIES

from openai_steps import structure_message, structure_run, structure_step
from openai_steps.tables import CALL_COLUMNS, MESSAGE_COLUMNS, RUN_COLUMNS, STEP_COLUMNS, Column
from openai_steps.tables._rows import call_rows, message_row, run_row, step_row

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "tables.md"
TABLES: dict[str, tuple[Column[Any], ...]] = {
    "steps": STEP_COLUMNS,
    "tool_calls": CALL_COLUMNS,
    "runs": RUN_COLUMNS,
    "messages": MESSAGE_COLUMNS,
}


def sample_rows(name: str) -> list[Any]:
    histories = HISTORIES.values()
    steps = [step_row(step) for history in histories for own in history.steps.values() for step in own]
    rows: dict[str, list[Any]] = {
        "steps": steps,
        "tool_calls": list(call_rows(steps, {})),
        "runs": [run_row(run) for history in histories for run in history.runs],
        "messages": [message_row(message) for history in histories for message in history.messages],
    }
    return rows[name]


def values(row: Any, columns: tuple[Column[Any], ...]) -> dict[str, Any]:
    return {column.name: column.value(row) for column in columns}


@pytest.mark.parametrize("name", TABLES)
def test_the_docs_have_the_same_table(name: str) -> None:
    section = PAGE.read_text("utf-8").partition(f"### {name}.parquet\n")[2].partition("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{column.name}` | {column.type} | {column.meaning} |" for column in TABLES[name]]


@pytest.mark.parametrize("name", TABLES)
def test_each_value_is_of_its_column_s_type(name: str) -> None:
    kinds: dict[str, Any] = {
        "string": (str, bytes),
        "bool": bool,
        "int32": int,
        "int64": int,
        "double": float,
        "timestamp[us, UTC]": datetime,
        "list<string>": (list, tuple),
    }
    rows = sample_rows(name)
    assert rows
    for column in TABLES[name]:
        for row in rows:
            value = column.value(row)
            assert value is None or isinstance(value, kinds[column.type]), column.name


def test_a_number_too_big_for_its_column_is_in_raw_alone() -> None:
    step = structure_step(builders.step_body(usage={"prompt_tokens": 2**63, "completion_tokens": 2**63 - 1}))
    row = values(step_row(step), STEP_COLUMNS)
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (None, 2**63 - 1, None)
    assert f'"prompt_tokens":{2**63}'.encode() in row["raw"]


def test_a_run_that_goes_on_has_no_end_and_no_tokens() -> None:
    run = structure_run({"id": "run_1", "created_at": 1_700_000_000, "agent_id": "agent_1", "tools": [{"kind": "x"}]})
    row = values(run_row(run), RUN_COLUMNS)
    assert (row["assistant_id"], row["tools"], row["metadata"]) == ("agent_1", ["unknown"], None)
    assert (row["seconds"], row["finished_at"], row["prompt_tokens"]) == (None, None, None)


def test_a_message_without_text_has_an_empty_one() -> None:
    message = structure_message({"id": "msg_1", "created_at": 1_700_000_000, "content": None})
    row = values(message_row(message), MESSAGE_COLUMNS)
    assert (row["text"], row["images"], row["files"], row["role"]) == ("", [], (), None)
