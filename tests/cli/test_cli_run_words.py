"""A run in a line: what it waits for, and how it ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openai_steps import structure_run
from openai_steps.cli._run_words import describe_run

WIRE = Path(__file__).parents[1] / "wire-threads"


def described(**fields: Any) -> str:
    return describe_run(structure_run({"id": "run_1", "created_at": 1, **fields}))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "openai.v2.run.requires_action.submit_tool_outputs",
            "The run waits for you: "
            "submit the output of get_favorite_food_for_day_of_week (call_XXXXXXXXXXXXXXXXXXXXXXx7).",
        ),
        (
            "azure_foundry.run.requires_action.submit_tool_approval",
            "The run waits for you: approve or refuse fetch_azure_rest_api_docs (call_XXXXXXXXXXXXXXXXXXXXXXX1).",
        ),
        ("openai.v2.run.completed", "The run has ended: completed."),
    ],
)
def test_recorded_runs(name: str, words: str) -> None:
    assert describe_run(structure_run(json.loads((WIRE / f"{name}.json").read_bytes()))) == words


def test_a_run_that_goes_on() -> None:
    assert described(status="queued") == "The run is queued."
    assert described(status=None) == "The run is in an unknown state."


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (None, "it does not say for what"),
        ({"type": "submit_tool_inputs"}, "submit_tool_inputs"),
        ({"type": None}, "it does not say for what"),
        ({"type": "submit_tool_outputs"}, "submit the output of calls that it does not name"),
        ({"type": "submit_tool_approval", "tool_calls": 7}, "approve or refuse calls that it does not name"),
        (
            {"type": "submit_tool_inputs", "submit_tool_inputs": {"tool_calls": [{"id": "c"}, {"type": "user"}]}},
            "submit_tool_inputs unknown (c), user (no id)",
        ),
    ],
)
def test_actions_that_are_not_known(action: Any, words: str) -> None:
    assert described(status="requires_action", required_action=action) == f"The run waits for you: {words}."


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"last_error": {"code": "rate_limit_exceeded", "message": "Slow."}}, "failed: rate_limit_exceeded: Slow."),
        ({"last_error": {"code": "", "message": ""}}, "failed."),
        ({"incomplete_details": {"reason": "content_filter"}}, "failed: content_filter."),
    ],
)
def test_why_it_ended(fields: dict[str, Any], words: str) -> None:
    assert described(status="failed", **fields) == f"The run has ended: {words}"


def test_what_a_terminal_would_obey_is_escaped() -> None:
    calls = [{"id": "\x1b[2J", "type": "function", "function": {"name": "a\nb\x1b]0;", "arguments": ""}}]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    told = [
        described(status="requires_action", required_action=action),
        described(status="requires_action", required_action={"type": "\x1b[31m"}),
        described(status="failed", last_error={"code": "\x9b2J", "message": "\u202eevil"}),
        described(status="\x1b[2J"),
    ]
    assert all(line.isascii() and line.isprintable() for line in told), told
