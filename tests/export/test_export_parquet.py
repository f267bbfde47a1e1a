from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import builders
import orjson
import pyarrow.parquet as pq
import pytest
from builders import Body
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import RunStep, dumps, structure_step
from openai_steps.export import _parquet
from openai_steps.export._parquet import ParquetTable, read_note, read_raw
from openai_steps.tables import STEP_COLUMNS
from openai_steps.tables._rows import StepRow, step_row


def add(table: ParquetTable[StepRow], *steps: RunStep) -> None:
    for step in steps:
        table.add(step_row(step))


@given(st.lists(builders.steps, max_size=5))
def test_any_step_has_a_row_and_is_whole_in_it(bodies: list[Body]) -> None:
    steps = [structure_step(body) for body in bodies]
    with TemporaryDirectory() as folder:
        path = Path(folder, "steps.parquet")
        with ParquetTable(path, STEP_COLUMNS) as table:
            add(table, *steps)
        assert list(read_raw(path)) == [dumps(step) for step in steps]
        rows = pq.read_table(path).to_pylist()
    assert [(row["step_id"], row["thread_id"], row["status"]) for row in rows] == [
        (step.id, step.thread_id, step.status) for step in steps
    ]


def test_the_values_of_a_row(tmp_path: Path) -> None:
    body = builders.tool_step_body(
        {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}", "output": None}},
        {"id": "c2", "type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": []}},
        status="failed",
        completed_at=None,
        failed_at=1_700_000_009.5,
        last_error={"code": "server_error", "message": "Sorry."},
        usage={
            "prompt_tokens": 7,
            "completion_tokens": 2,
            "total_tokens": 9,
            "prompt_token_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
    )
    with ParquetTable(tmp_path / "steps.parquet", STEP_COLUMNS) as table:
        add(table, structure_step(body))
    (row,) = pq.read_table(tmp_path / "steps.parquet").to_pylist()
    del row["raw"]
    failed_at = datetime.fromtimestamp(1_700_000_009.5, UTC)
    assert row == {
        "thread_id": "thread_1",
        "run_id": "run_1",
        "step_id": "step_1",
        "assistant_id": "asst_1",
        "type": "tool_calls",
        "status": "failed",
        "created_at": datetime.fromtimestamp(1_700_000_000, UTC),
        "finished_at": failed_at,
        "completed_at": None,
        "failed_at": failed_at,
        "cancelled_at": None,
        "expired_at": None,
        "error_code": "server_error",
        "error_message": "Sorry.",
        "message_id": None,
        "tools": ["add", "code_interpreter"],
        "prompt_tokens": 7,
        "completion_tokens": 2,
        "total_tokens": 9,
        "cached_tokens": 4,
        "reasoning_tokens": 1,
    }


def test_dashscope_s_tokens_are_in_the_same_columns(tmp_path: Path) -> None:
    body = builders.step_body(usage={"input_tokens": 7, "output_tokens": 2, "total_tokens": 9})
    with ParquetTable(tmp_path / "steps.parquet", STEP_COLUMNS) as table:
        add(table, structure_step(body))
    (row,) = pq.read_table(tmp_path / "steps.parquet").to_pylist()
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (7, 2, 9)


def test_a_number_that_fits_no_column_is_in_the_json(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 2**63, "completion_tokens": 2**63 - 1, "total_tokens": 2**64 - 1}
    path = tmp_path / "steps.parquet"
    with ParquetTable(path, STEP_COLUMNS) as table:
        add(table, structure_step(builders.step_body(usage=usage)))
    (row,) = pq.read_table(path).to_pylist()
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (None, 2**63 - 1, None)
    assert orjson.loads(row["raw"])["usage"] == usage


def test_row_groups_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parquet, "ROWS_IN_BATCH", 2)
    monkeypatch.setattr(_parquet, "_BATCHES_IN_GROUP", 2)
    steps = [structure_step(builders.step_body(id=f"step_{number}")) for number in range(10)]
    with ParquetTable(tmp_path / "steps.parquet", STEP_COLUMNS) as table:
        add(table, *steps)
        table.note("hello", "wörld")
    metadata = pq.read_metadata(tmp_path / "steps.parquet")
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [4, 4, 2]
    assert read_note(tmp_path / "steps.parquet", "hello") == (10, "wörld")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pq.read_table(_one_step(tmp_path)).select(["run_id"]), path)
    with pytest.raises(ValueError, match=r"other\.parquet is not a table of steps"):
        list(read_raw(path))


def _one_step(folder: Path) -> Path:
    path = folder / "steps.parquet"
    with ParquetTable(path, STEP_COLUMNS) as table:
        add(table, structure_step(builders.step_body()))
    return path
