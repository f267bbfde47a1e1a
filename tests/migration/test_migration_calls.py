"""Ids and names are such that servers take them, and each call is answered."""

import copy
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from thread_samples import BODIES, history_of

from openai_steps.migration import migrate_thread

VALID = re.compile(r"[A-Za-z0-9_-]{1,64}")
texts = st.text(st.characters(codec="utf-8"), max_size=80)


def calls_with(ids: list[str], name: str, output: str | None) -> dict[str, Any]:
    body = copy.deepcopy(BODIES["thread_weather"])
    step = body["steps"]["run_weather"][0]
    step["step_details"]["tool_calls"] = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}", "output": output}}
        for call_id in ids
    ]
    return body


@given(st.lists(texts, min_size=1, max_size=4), texts, st.none() | texts)
def test_ids_and_names_are_valid_and_each_call_is_answered(ids: list[str], name: str, output: str | None) -> None:
    migration = migrate_thread(history_of(calls_with(ids, name, output)))
    items = [item for batch in migration.batches for item in batch]
    calls = [item for item in items if item["type"] == "function_call"]
    outputs = [item for item in items if item["type"] == "function_call_output"]
    assert all(VALID.fullmatch(call["call_id"]) and VALID.fullmatch(call["name"]) for call in calls)
    assert [call["call_id"] for call in calls] == [answer["call_id"] for answer in outputs]
    assert len({call["call_id"] for call in calls}) == len(ids)
    assert all(isinstance(answer["output"], str) for answer in outputs)
    again = migrate_thread(history_of(calls_with(ids, name, output)))
    assert again.batches == migration.batches


def test_a_renamed_call_is_named() -> None:
    long_id = "call_" + "x" * 99
    lost = migrate_thread(history_of(calls_with([long_id], "my tool", ""))).lost
    assert [one.detail for one in lost if one.what == "call_id"] == [long_id]
    assert [one.detail for one in lost if one.what == "name"] == ["my tool"]


def test_native_items_have_ids_of_their_kind() -> None:
    body = copy.deepcopy(BODIES["thread_report"])
    for steps in body["steps"].values():
        for step in steps:
            for call in step["step_details"].get("tool_calls", ()):
                call["id"] *= 12
    items = [item for batch in migrate_thread(history_of(body), native=True).batches for item in batch]
    ids = {item["type"]: item["id"] for item in items if "id" in item}
    assert {kind: item_id.split("_")[0] for kind, item_id in ids.items()} == {
        "file_search_call": "fs",
        "mcp_call": "mcp",
        "web_search_call": "ws",
    }
    assert all(VALID.fullmatch(item_id) for item_id in ids.values())
