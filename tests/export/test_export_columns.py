"""The columns of an exported table."""

from datetime import datetime
from pathlib import Path

import builders

from openai_steps import dumps, structure_step
from openai_steps.export import COLUMNS
from openai_steps.export._columns import table
from openai_steps.export._parquet import SCHEMA


def test_the_schema_is_the_table_of_the_docs() -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "export.md"
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows == [f"| `{column.name}` | {column.type} | {column.meaning} |" for column in COLUMNS]
    assert SCHEMA.names == [column.name for column in COLUMNS]


def test_a_number_too_big_for_its_column_is_in_raw_alone() -> None:
    step = structure_step(builders.step_body(usage={"prompt_tokens": 2**63, "completion_tokens": 2**63 - 1}))
    row = {name: values[0] for name, values in table([(step, dumps(step))]).items()}
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (None, 2**63 - 1, None)
    assert f'"prompt_tokens":{2**63}' in row["raw"]


def test_each_value_is_of_its_column_s_type() -> None:
    kinds = {"string": str, "int64": int, "timestamp[us, UTC]": datetime, "list<string>": list}
    step = structure_step(builders.step_body(usage={"total_tokens": 3}, completed_at=1_700_000_001))
    for column in COLUMNS:
        value = column.value(step)
        assert value is None or isinstance(value, kinds[column.type]), column.name
