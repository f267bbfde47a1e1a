"""Fields of what is listed, picked by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command_line import invoke, serving
from sample_steps import step_id
from steps_with_tools import STEPS, tool_step

from openai_steps import File, Message, Run, RunStep, Thread, structure_step
from openai_steps.cli._fields import field_names, pick
from openai_steps.emulator import Answer


async def test_fields_are_picked_by_name() -> None:
    async with serving(STEPS) as served:
        result = await invoke("list", *served.run, "--json", "id,created_at, duration,tool_calls")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert [list(step) for step in found] == [["id", "created_at", "duration", "tool_calls"]] * 4
    assert found[3] == {"id": step_id(0), "created_at": "2023-11-14T22:13:20Z", "duration": 1.0, "tool_calls": []}
    assert found[1]["tool_calls"] == STEPS[2]["step_details"]["tool_calls"]


def test_every_field_can_be_picked_and_no_text_is_too_odd() -> None:
    body = tool_step(0, "f", status="\ud800\x1b", metadata={"a": [1]}, unknown={"b": None})
    line = pick(structure_step(body), field_names(RunStep))
    found = json.loads(line)
    assert [*found] == field_names(RunStep)
    assert found["status"] == body["status"]
    assert found["metadata"] == {"a": [1]}
    assert found["extra"] == {"unknown": {"b": None}}
    assert "\x1b" not in line


@pytest.mark.parametrize("given", [["--json", "id,nothing"], ["--json", ""], ["--json"]])
async def test_a_field_that_is_unknown_is_told_before_any_request(given: list[str]) -> None:
    async with serving() as served:
        result = await invoke("list", *served.run, *given)
        assert served.emulator.requests == ()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "id, thread_id, run_id" in result.stderr
    assert ("Unknown: 'nothing'." in result.stderr) == ("id,nothing" in given)


async def test_what_breaks_off_is_no_json() -> None:
    def is_second(request: Any) -> bool:
        return "after=" in request.raw_query

    async with serving(300) as served:
        served.emulator.inject(Answer(400, {"error": {"message": "broken"}}), times=100, matching=is_second)
        result = await invoke("list", *served.run, "--json", "id")
    assert result.exit_code == 1
    assert "Go on with --after" in result.stderr
    with pytest.raises(json.JSONDecodeError):
        json.loads(result.stdout)
    assert len(json.loads(result.stdout + "]")) == 100


async def test_a_format_and_fields_exclude_each_other() -> None:
    result = await invoke("list", "t", "r", "--format", "tsv", "--json", "id", "--base-url", "http://h")
    assert result.exit_code == 2
    assert "Give --format or --json, not both." in result.stderr


@pytest.mark.parametrize("kind", [Run, Message, Thread, File])
def test_every_kind_has_fields(kind: type[Any]) -> None:
    assert {"id", "created_at"} <= {*field_names(kind)}
