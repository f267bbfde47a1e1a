"""Rows equal those of azure-ai-evaluation's converter where it is right, and are right where it is not."""

import copy
import importlib
import json
from typing import Any

import pytest
from thread_samples import BODIES, HISTORIES, OUTPUTS, history_of, json_lines

from openai_steps.evaluation import evaluation_rows


def rows(thread_id: str) -> list[dict[str, Any]]:
    return evaluation_rows(HISTORIES[thread_id], "azure")


def test_a_plain_thread_is_what_the_converter_writes() -> None:
    lines = (OUTPUTS / "azure_ai_evaluation/azure_ai_evaluation.thread_weather.jsonl").read_text("utf-8").splitlines()
    assert [json.dumps(row) for row in rows("thread_weather")] == lines  # the keys in its order, too


@pytest.mark.parametrize("thread_id", HISTORIES)
def test_rows_are_those_that_were_worked_out(thread_id: str) -> None:
    assert rows(thread_id) == json_lines(f"azure_ai_evaluation/PROPOSED.{thread_id}.jsonl")


def test_one_run_is_what_the_converter_makes_of_it() -> None:
    """Where the thread has no MCP call, which it drops."""
    told = json.loads((OUTPUTS / "azure_ai_evaluation/azure_ai_evaluation.convert.run_report1.json").read_text("utf-8"))
    row, _ = rows("thread_report")
    assert row["query"] == told["query"]
    assert row["response"] == told["response"]
    assert row["tool_definitions"] == told["tool_definitions"]


def changed(thread_id: str, **calls: Any) -> list[dict[str, Any]]:
    """Return the rows of a thread in which payloads of calls are others, by the ids of the calls."""
    body = copy.deepcopy(BODIES[thread_id])
    for own in body["steps"].values():
        for step in own:
            for call in step["step_details"].get("tool_calls", ()):
                call.update(calls.get(call["id"], {}))
    return evaluation_rows(history_of(body), "azure")


def parts(row: dict[str, Any], kind: str) -> dict[str, Any]:
    found = {}
    for message in row["response"]:
        for part in message["content"]:
            if part["type"] == kind:
                found[part.get("tool_call_id") or message["tool_call_id"]] = part
    return found


def test_a_call_without_an_answer_stops_nothing() -> None:
    (row,) = changed("thread_weather", call_w1={"function": {"name": "get_weather", "arguments": "{}", "output": None}})
    assert parts(row, "tool_call")["call_w1"]["status"] == "incomplete"
    assert set(parts(row, "tool_result")) == {"call_w2"}


DEEP = "[" * 9999


@pytest.mark.parametrize(
    ("output", "result"),
    [("", ""), ("null", None), ("12", 12), ("NaN", "NaN"), ("{", "{"), ('{"a": [1]}', {"a": [1]}), (DEEP, DEEP)],
)
def test_results_are_json_where_they_are_json(output: str, result: Any) -> None:
    call = {"function": {"name": "get_weather", "arguments": "{}", "output": output}}
    (row,) = changed("thread_weather", call_w1=call)
    assert parts(row, "tool_result")["call_w1"]["tool_result"] == result


@pytest.mark.parametrize("arguments", ["", "  ", "[]", "7", "{", '{"a": NaN}'])
def test_arguments_are_an_object(arguments: str) -> None:
    call = {"function": {"name": "get_weather", "arguments": arguments, "output": "x"}}
    (row,) = changed("thread_weather", call_w1=call)
    told = parts(row, "tool_call")["call_w1"]["arguments"]
    assert told == ({"_raw": arguments} if arguments.strip() else {})


@pytest.mark.parametrize(
    "call",
    [
        {"type": "sharepoint_grounding", "sharepoint_grounding": {"input": "q", "output": "a"}},
        {"type": "connected_agent", "connected_agent": {"name": "other", "arguments": '{"q": 1}', "output": "a"}},
        {"type": "deep_research", "deep_research": {"input": "q", "output": "a"}},
        {"type": "mcp", "name": "m", "arguments": '{"q": 1}', "server_label": "s", "output": "a"},
    ],
)
def test_calls_of_every_tool_are_there(call: dict[str, Any]) -> None:
    (row,) = changed("thread_weather", call_w1=call)
    assert parts(row, "tool_call")["call_w1"]["arguments"] in ({"input": "q"}, {"q": 1})
    assert parts(row, "tool_result")["call_w1"]["tool_result"] == "a"


def test_a_message_of_images_only_is_not_empty() -> None:
    body = copy.deepcopy(BODIES["thread_report"])
    body["messages"][0]["content"] = body["messages"][0]["content"][1:]
    row, _ = evaluation_rows(history_of(body), "azure")
    assert row["query"][1]["content"] == [{"type": "text", "text": "[image assistant-photo1]"}]


def test_definitions_of_tools() -> None:
    body = copy.deepcopy(BODIES["thread_weather"])
    body["runs"][0]["tools"] = [
        {
            "type": "openapi",
            "openapi": {
                "name": "maps",
                "spec": {"openapi": "3.1"},
                "auth": {"type": "anonymous"},
                "functions": [{"name": "find", "parameters": {"type": "object", "required": ["a"]}}],
            },
        },
        {"type": "function", "function": {"name": "bare"}},
        {"type": "fabric_dataagent"},
        {"type": "mcp", "server_label": "hr"},
        {"type": 7},
        {},
    ]
    (row,) = evaluation_rows(history_of(body), "azure")
    assert [tool["name"] for tool in row["tool_definitions"]] == ["maps", "bare", "fabric_dataagent"]
    assert row["tool_definitions"][0]["functions"] == [
        {"name": "find", "type": "function", "parameters": {"type": "object"}}
    ]


@pytest.mark.parametrize("thread_id", HISTORIES)
def test_the_validators_of_that_library_take_all_rows(thread_id: str) -> None:
    pytest.importorskip("azure.ai.evaluation", reason="nox -s outputs installs azure-ai-evaluation")
    validators = importlib.import_module("azure.ai.evaluation._evaluators._common._validators")
    target = importlib.import_module("azure.ai.evaluation._exceptions").ErrorTarget.UNKNOWN
    for row in rows(thread_id):
        for validator in (
            validators.ConversationValidator(error_target=target),
            validators.ToolDefinitionsValidator(error_target=target),
            validators.ToolCallsValidator(error_target=target),
        ):
            assert validator.validate_eval_input({**row, "tool_calls": row["response"]})
