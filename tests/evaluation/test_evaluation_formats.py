"""Rows are what the libraries made or accepted."""

import json
from pathlib import Path
from typing import Any

import pytest
from thread_samples import HISTORIES, OUTPUTS, json_lines

from openai_steps.evaluation import evaluation_rows


def last_rows(kind: str) -> list[dict[str, Any]]:
    """Return the row of each thread's last run, which holds the whole thread."""
    return [evaluation_rows(history, kind)[-1] for history in HISTORIES.values()]


@pytest.mark.parametrize("thread_id", HISTORIES)
def test_deepeval(thread_id: str) -> None:
    wanted = json.loads((OUTPUTS / f"deepeval/{thread_id}.llm.json").read_text("utf-8"))
    assert evaluation_rows(HISTORIES[thread_id], "deepeval") == wanted


def test_ragas() -> None:
    assert last_rows("ragas") == json_lines("ragas/multi_turn.jsonl")


def test_ragas_keeps_its_rules() -> None:
    """A tool message follows a call or another tool message; arguments are objects; the content of all is text."""
    for history in HISTORIES.values():
        for row in evaluation_rows(history, "ragas"):
            before: dict[str, Any] = {}
            for message in row["user_input"]:
                assert isinstance(message["content"], str)
                assert message["type"] != "tool" or before["type"] == "tool" or before.get("tool_calls")
                assert all(isinstance(call["args"], dict) for call in message.get("tool_calls", ()))
                before = message


def test_promptfoo_leaves_out_failed_runs() -> None:
    wanted = json.loads((OUTPUTS / "promptfoo/tests.json").read_text("utf-8"))
    rows = [row for history in HISTORIES.values() for row in evaluation_rows(history, "promptfoo")]
    assert rows == wanted
    assert len(evaluation_rows(HISTORIES["thread_refund"], "promptfoo", failed=True)) == 2


def test_messages() -> None:
    assert last_rows("messages") == json_lines("openai_chat/fine_tuning.jsonl")


def test_each_call_of_chat_messages_is_answered_right_behind_it() -> None:
    for history in HISTORIES.values():
        for row in evaluation_rows(history, "messages", failed=True):
            due: list[str] = []
            for message in row["messages"]:
                if message["role"] == "tool":
                    assert message["tool_call_id"] == due.pop(0)
                else:
                    assert due == []
                    due = [call["id"] for call in message.get("tool_calls", ())]
            assert due == []


def test_ragas_takes_all_rows() -> None:
    samples = pytest.importorskip("ragas.dataset_schema", reason="nox -s ragas installs it")
    rows = [row for history in HISTORIES.values() for row in evaluation_rows(history, "ragas")]
    dataset = samples.EvaluationDataset.from_list(rows)
    assert len(dataset) == len(rows) == 5
    for sample, row in zip(dataset, rows, strict=True):
        assert isinstance(sample, samples.MultiTurnSample)
        calls = [call for message in sample.user_input for call in getattr(message, "tool_calls", None) or ()]
        wanted = [call for message in row["user_input"] for call in message.get("tool_calls", ())]
        assert [(call.name, call.args) for call in calls] == [(call["name"], call["args"]) for call in wanted]
        assert sample.pretty_repr()


def test_deepeval_loads_its_file(tmp_path: Path) -> None:
    dataset = pytest.importorskip("deepeval.dataset", reason="nox -s outputs installs deepeval").EvaluationDataset()
    rows = [row for history in HISTORIES.values() for row in evaluation_rows(history, "deepeval")]
    (tmp_path / "cases.json").write_text(json.dumps(rows))
    dataset.add_test_cases_from_json_file(
        str(tmp_path / "cases.json"),
        input_key_name="input",
        actual_output_key_name="actual_output",
        tools_called_key_name="tools_called",
    )
    assert [[call.name for call in case.tools_called] for case in dataset.test_cases] == [
        [call["name"] for call in row["tools_called"]] for row in rows
    ]
