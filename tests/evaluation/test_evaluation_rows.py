"""Rows are written as each format's readers want them."""

import io
import json

import pytest
from thread_samples import HISTORIES

from openai_steps.evaluation import evaluation_rows, write_rows


@pytest.mark.parametrize("kind", ["azure", "ragas", "messages"])
def test_a_row_a_line(kind: str) -> None:
    rows = [row for history in HISTORIES.values() for row in evaluation_rows(history, kind)]
    file = io.StringIO()
    assert write_rows(iter(rows), file, kind) == len(rows)
    assert [json.loads(line) for line in file.getvalue().splitlines()] == rows
    assert file.getvalue().isascii()


@pytest.mark.parametrize("kind", ["deepeval", "promptfoo"])
def test_one_array(kind: str) -> None:
    rows = [row for history in HISTORIES.values() for row in evaluation_rows(history, kind)]
    for wanted in (rows, rows[:1], []):
        file = io.StringIO()
        assert write_rows(wanted, file, kind) == len(wanted)
        assert json.loads(file.getvalue()) == wanted


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kind must be one of azure, deepeval, .*'evals'"):
        evaluation_rows(HISTORIES["thread_weather"], "evals")
    with pytest.raises(ValueError, match=r"kind must be one of azure, deepeval, .*'evals'"):
        write_rows([], io.StringIO(), "evals")
