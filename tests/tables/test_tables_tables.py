"""The tables, and what the libraries make of them that people read tables with."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from thread_samples import HISTORIES, OUTPUTS

from openai_steps import Run, RunStep
from openai_steps.tables import (
    CALL_COLUMNS,
    MESSAGE_COLUMNS,
    RUN_COLUMNS,
    STEP_COLUMNS,
    calls_table,
    messages_table,
    runs_table,
    steps_table,
)

RUNS: list[Run] = [run for history in HISTORIES.values() for run in history.runs]
STEPS: list[RunStep] = [
    step for history in HISTORIES.values() for run in history.runs for step in history.steps[run.id]
]
CALLS = calls_table(STEPS, runs=RUNS)


def test_calls_are_those_that_were_worked_out() -> None:
    wanted = json.loads((OUTPUTS / "tool_calls.json").read_text("utf-8"))
    found = CALLS.drop_columns(["images"]).to_pylist()
    assert [json.loads(row.pop("raw")) for row in found] == [json.loads(row.pop("raw")) for row in wanted]
    for row in wanted:
        for name in ("step_created_at", "step_finished_at"):
            row[name] = row[name] and datetime.fromisoformat(row[name])
    assert found == wanted


def test_runs_and_messages() -> None:
    runs = runs_table(RUNS).to_pylist()
    assert [(row["run_id"], row["status"], row["total_tokens"]) for row in runs] == [
        ("run_weather", "completed", 372),
        ("run_report1", "completed", 1660),
        ("run_report2", "completed", 2190),
        ("run_refund1", "failed", 170),
        ("run_refund2", "completed", 495),
    ]
    assert runs[3]["error_code"] == "rate_limit_exceeded"
    assert runs[0]["created_at"] == datetime(2026, 9, 21, 14, 13, 21, tzinfo=UTC)
    messages = messages_table(HISTORIES["thread_report"].messages).to_pylist()
    assert [row["role"] for row in messages] == ["user", "assistant", "user", "assistant"]
    assert messages[1]["images"] == ["assistant-plot1"]
    assert set(messages[1]["files"]) >= {"assistant-plot1", "assistant-hb1"}


def test_no_rows_are_a_table_all_the_same() -> None:
    for table, columns in (
        (steps_table([]), STEP_COLUMNS),
        (calls_table([]), CALL_COLUMNS),
        (runs_table([]), RUN_COLUMNS),
        (messages_table([]), MESSAGE_COLUMNS),
    ):
        assert (table.num_rows, table.column_names) == (0, [column.name for column in columns])


def test_without_pyarrow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "openai_steps.tables._arrow")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'openai-steps\[parquet\]'"):
        steps_table([])


# --- Libraries ----------------------------------------------------------------------------------------------------


def test_each_table_is_a_stream_of_arrow_s() -> None:
    assert pa.table(CALLS).equals(CALLS)
    assert hasattr(CALLS, "__arrow_c_stream__")


def test_pyarrow_writes_one_to_parquet(tmp_path: Any) -> None:
    pq.write_table(CALLS, tmp_path / "calls.parquet")
    assert pq.read_table(tmp_path / "calls.parquet").equals(CALLS)


def test_polars_takes_one() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(CALLS)
    assert frame.columns == [column.name for column in CALL_COLUMNS]
    assert frame["step_created_at"].dtype == polars.Datetime("us", "UTC")
    cities = frame.filter(name="get_weather")["arguments"].str.json_path_match("$.city").to_list()
    assert cities == ["Paris", "Zürich"]
    assert polars.DataFrame(steps_table(STEPS)).explode("tools")["tools"].drop_nulls().len() == CALLS.num_rows


def test_pandas_takes_one() -> None:
    pandas = pytest.importorskip("pandas", minversion="3")
    frame = pandas.DataFrame.from_arrow(CALLS)
    assert list(frame.columns) == [column.name for column in CALL_COLUMNS]
    assert frame.groupby("name")["step_seconds"].max()["code_interpreter"] == 13.0
    assert str(CALLS.to_pandas()["step_created_at"].dtype) == "datetime64[us, UTC]"


def test_duckdb_takes_one() -> None:
    duckdb = pytest.importorskip("duckdb")
    calls, runs = CALLS, runs_table(RUNS)  # noqa: F841 - DuckDB finds a table by the variable's name
    found = duckdb.sql("""
        select runs.status, count(*) from calls join runs using (run_id) where not arguments_valid group by all
    """).fetchall()
    assert found == [("failed", 1)]
    cities = duckdb.sql("""
        select try_cast(arguments as json) ->> '$.city' from calls where name = 'get_weather' order by "order"
    """).fetchall()
    assert cities == [("Paris",), ("Zürich",)]
