"""Rows into batches: bounded, and whatever characters there are."""

from collections.abc import Iterator
from typing import Any

import builders
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import dumps, structure_step
from openai_steps.tables import CALL_COLUMNS, STEP_COLUMNS, Column, calls_table, steps_table
from openai_steps.tables._arrow import ROWS_IN_BATCH, batches, schema_of
from openai_steps.tables._rows import StepRow, step_row


def test_a_batch_holds_so_many_rows_and_the_next_begins_when_it_is_asked_for() -> None:
    taken: list[int] = []

    def rows() -> Iterator[StepRow]:
        for number in range(ROWS_IN_BATCH + 1):
            taken.append(number)
            yield step_row(structure_step(builders.step_body(id=f"step_{number}")))

    found = batches(rows(), STEP_COLUMNS)
    assert (next(found).num_rows, len(taken)) == (ROWS_IN_BATCH, ROWS_IN_BATCH)
    assert [batch.num_rows for batch in found] == [1]


def test_half_a_character_costs_itself_alone() -> None:
    """It has no UTF-8, and so no place in Arrow; ``raw`` spells it."""
    arguments = '{"a": "\\ud83d"}'
    calls = {"id": "c\ud800", "type": "function", "function": {"name": "x\udc00y", "arguments": arguments}}
    step = structure_step(builders.tool_step_body(calls))
    (row,) = steps_table([step]).to_pylist()
    assert row["tools"] == ["x\ufffdy"]
    assert row["raw"].encode() == dumps(step)
    (row,) = calls_table([step]).to_pylist()
    assert (row["call_id"], row["name"], row["arguments"]) == ("c\ufffd", "x\ufffdy", arguments)


@given(st.lists(builders.steps, max_size=4))
def test_any_steps_have_tables(bodies: list[builders.Body]) -> None:
    steps = [structure_step(body) for body in bodies]
    table = steps_table(steps)
    assert table.column("step_id").to_pylist() == [step.id for step in steps]
    assert table.column("raw").to_pylist() == [dumps(step).decode() for step in steps]
    calls = calls_table(steps)
    assert calls.column("name").to_pylist() == [call.name for step in steps for call in step.tool_calls]


def test_types_are_what_the_columns_say() -> None:
    tables: list[tuple[Column[Any], ...]] = [STEP_COLUMNS, CALL_COLUMNS]
    for columns in tables:
        for column, kind in zip(columns, schema_of(columns).types, strict=True):
            assert column.type == str(kind).replace("tz=", "").replace("item: ", ""), column.name
