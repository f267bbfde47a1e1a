"""What is lost is told as JSON."""

import json
from typing import Any

import pytest
from thread_samples import HISTORIES

from openai_steps import structure_message, structure_run
from openai_steps.migration import Lost, migrate_thread
from openai_steps.migration._lost import lost_of_message, lost_of_run

IMAGE_URL = {"type": "image_url", "image_url": {"url": "https://i.example/a.png"}}
IMAGE_FILE = {"type": "image_file", "image_file": {"file_id": "f"}}
SEARCHED = [{"file_id": "f", "tools": [{"type": "file_search"}]}]


def test_it_is_json() -> None:
    for history in HISTORIES.values():
        json.dumps([lost.as_json() for lost in migrate_thread(history).lost])


def test_what_it_has_not_is_not_there() -> None:
    assert Lost(what="usage", run_id="r", detail={"total_tokens": 0}).as_json() == {
        "what": "usage",
        "run_id": "r",
        "detail": {"total_tokens": 0},
    }


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"role": "user", "content": [IMAGE_URL, IMAGE_FILE]}, []),
        ({"role": "assistant", "content": [IMAGE_URL, IMAGE_FILE]}, ["image_url", "image_file"]),
        ({"role": "user", "attachments": SEARCHED}, ["tools"]),
        ({"role": "assistant", "attachments": SEARCHED}, ["attachment"]),
        ({"role": "user", "attachments": [{"file_id": "f"}, {"file_id": "g"}, {}]}, ["attachment", "attachment"]),
        ({"role": "user", "file_ids": ["f", "g"]}, ["attachment"]),
        ({"role": "critic"}, ["role"]),
        ({"role": "user", "status": "incomplete", "incomplete_details": {"reason": "max_tokens"}}, ["status"]),
        ({"role": "user", "metadata": {"k": "v"}, "new": 1}, ["metadata", "extra"]),
    ],
)
def test_what_a_message_loses(body: dict[str, Any], wanted: list[str]) -> None:
    message = structure_message({"id": "m", "created_at": 1, **body})
    lost = [one.what for one in lost_of_message(message, {"f": "new"}, is_empty=False) if one.what != "created_at"]
    assert lost == wanted


def test_what_a_run_loses() -> None:
    body = {"assistant_id": "a", "instructions": "i", "tools": [{"type": "mcp"}], "tool_resources": {"x": {}}}
    settings = {"temperature": 0.5, "parallel_tool_calls": False, "tool_choice": "auto"}
    lost = {
        one.what: one.detail for one in lost_of_run(structure_run({"id": "r", "created_at": 1, **body, **settings}))
    }
    assert {name: lost[name] for name in body} == body
    assert lost["settings"] == settings
