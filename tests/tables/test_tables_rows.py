"""Rows of calls: where they stand in their step and their run, and the JSON of each."""

import json
from typing import Any

import builders
import pytest

from openai_steps import RunStep, structure_step
from openai_steps.tables import CALL_COLUMNS
from openai_steps.tables._rows import call_rows, step_row


def call(call_id: str, arguments: str = "{}", **more: Any) -> dict[str, Any]:
    function = {"name": "add", "arguments": arguments, "output": None, **more}
    return {"id": call_id, "type": "function", "function": function}


def of(run: str, *calls: dict[str, Any], **changes: Any) -> RunStep:
    return structure_step(builders.tool_step_body(*calls, run_id=run, **changes))


def rows(*steps: RunStep, **models: str) -> list[dict[str, Any]]:
    return [
        {column.name: column.value(row) for column in CALL_COLUMNS} for row in call_rows(map(step_row, steps), models)
    ]


def test_places_are_counted_by_run_and_by_step() -> None:
    written = structure_step(builders.step_body(run_id="run_1"))
    found = rows(
        of("run_1", call("a"), call("b")), written, of("run_1", call("c")), of("run_2", call("d")), run_2="gpt-4o"
    )
    assert [(row["call_id"], row["step_index"], row["call_index"], row["order"]) for row in found] == [
        ("a", 0, 0, 0),
        ("b", 0, 1, 1),
        ("c", 2, 0, 2),
        ("d", 0, 0, 0),
    ]
    assert [row["calls_in_step"] for row in found] == [2, 2, 1, 1]
    assert [row["model"] for row in found] == [None, None, None, "gpt-4o"]


def test_runs_of_one_id_in_two_threads_are_two() -> None:
    found = rows(of("run_1", call("a"), thread_id="thread_1"), of("run_1", call("b"), thread_id="thread_2"))
    assert [(row["step_index"], row["order"]) for row in found] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("text", "valid", "shown"),
    [
        ('{"a": 1}', True, '{"a": 1}'),
        ('{"a": 1', False, '{"a": 1'),
        ("[1]", False, "[1]"),
        ("null", False, "null"),
        ("", True, "{}"),
    ],
)
def test_arguments_say_whether_they_can_be_read_as_an_object(text: str, valid: bool, shown: str) -> None:
    (row,) = rows(of("run_1", call("a", text)))
    assert (row["arguments"], row["arguments_valid"]) == (shown, valid)
    assert not valid or isinstance(json.loads(row["arguments"]), dict)


def test_no_answer_is_not_an_empty_one() -> None:
    assert [row["output"] for row in rows(of("run_1", call("a", output=""), call("b")))] == ["", None]


def test_what_a_tool_of_azure_s_was_told_is_json() -> None:
    asked = {
        "id": "x",
        "type": "azure_ai_search",
        "azure_ai_search": {"input": 'a "quoted" word', "output": "{'a': 1}"},
    }
    (row,) = rows(of("run_1", asked))
    assert json.loads(row["arguments"]) == {"input": 'a "quoted" word'}
    assert row["output"] == "{'a': 1}"


def test_the_text_of_a_call_is_that_of_the_step() -> None:
    own = b'{ "id": "a", "type": "function",  "function": {"name":"add","arguments":"{}","output":null} }'
    text = json.dumps(builders.tool_step_body({"CALL": 1})).encode().replace(b'{"CALL": 1}', own)
    (row,) = call_rows([step_row(structure_step(json.loads(text)), text)], {})
    assert row.raw == own


def test_the_text_of_a_call_that_lies_elsewhere_is_written_anew() -> None:
    """Foundry Local's step is itself the call."""
    body = builders.step_body(
        type="mcp_call",
        step_details={"type": "mcp_call", "mcp_call": {"name": "add", "arguments": "{}", "output": "1"}},
    )
    (row,) = rows(structure_step(body))
    assert json.loads(row["raw"])["mcp_call"]["output"] == "1"
    assert (row["name"], row["output"]) == ("add", "1")


def test_the_mcp_server_and_the_images() -> None:
    mcp = {"id": "m", "type": "mcp", "name": "days", "arguments": "{}", "output": "1", "server_label": "hr"}
    outputs = [{"type": "image", "image": {"file_id": "file_1"}}, {"type": "logs", "logs": "x"}]
    code = {"id": "c", "type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": outputs}}
    found = rows(of("run_1", mcp, code))
    assert [(row["server_label"], row["images"]) for row in found] == [("hr", []), (None, ["file_1"])]
    assert found[1]["output"] == "[image file_1]\nx"
