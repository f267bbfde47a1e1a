"""Items are those that openai's types take, and nothing is lost without being named."""

import copy
import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from thread_samples import BODIES, HISTORIES, OUTPUTS, history_of

from openai_steps import structure_thread
from openai_steps.migration import migrate_thread
from openai_steps.migration._migrate import LARGEST_BATCH, _batches


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("thread_id", HISTORIES)
def test_items_are_those_that_the_types_took(thread_id: str, native: bool) -> None:
    name = f"responses/{thread_id}.{'native' if native else 'portable'}.json"
    wanted = json.loads((OUTPUTS / name).read_text("utf-8"))
    migration = migrate_thread(HISTORIES[thread_id], native=native)
    assert migration.batches == wanted["batches"]
    told = [(lost.what, lost.message_id or lost.call_id or lost.run_id) for lost in migration.lost]
    for lost in wanted["lost"]:
        assert (lost["what"], lost.get("message_id") or lost.get("call_id") or lost.get("run_id")) in told
    assert migration.metadata == {"thread_id": thread_id}


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("thread_id", HISTORIES)
def test_openai_s_own_types_take_all_items(thread_id: str, native: bool) -> None:
    pytest.importorskip("openai", reason="the group peers brings the official SDK")
    from openai.types.responses import ResponseInputItemParam
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(list[ResponseInputItemParam])
    migration = migrate_thread(HISTORIES[thread_id], native=native, file_ids={"assistant-photo1": "file_new"})
    for batch in migration.batches:
        adapter.validate_python(batch)


def test_files_that_were_brought_along_are_there() -> None:
    files = {"assistant-photo1": "file_photo", "assistant-data1": "file_data", "assistant-plot1": "file_plot"}
    migration = migrate_thread(HISTORIES["thread_report"], file_ids=files)
    assert migration.batches[0][0]["content"][1:] == [
        {"type": "input_image", "file_id": "file_photo", "detail": "auto"},
        {"type": "input_file", "file_id": "file_data"},
    ]
    lost = {lost.file_id for lost in migration.lost if lost.what in ("image_file", "attachment")}
    assert not lost & {"assistant-photo1", "assistant-data1"}
    assert [lost.file_id for lost in migration.lost if lost.what == "tools" and lost.file_id] == ["assistant-data1"]
    assert "assistant-plot1" in lost  # an assistant's message is a text: its image cannot cross


def test_metadata_of_the_thread_crosses_as_far_as_there_is_room() -> None:
    own = {f"key{n}": "v" for n in range(20)} | {"thread_id": "mine", "k" * 65: "v", "long": "v" * 513, "odd": 7}
    thread = structure_thread(
        {"id": "t", "created_at": 1, "metadata": {"first": "1"} | own, "tool_resources": {"file_search": {}}, "new": 1}
    )
    migration = migrate_thread(evolve(HISTORIES["thread_weather"], thread=thread))
    assert len(migration.metadata) == 16
    assert migration.metadata["thread_id"] == "thread_weather"
    assert migration.metadata["first"] == "1"
    lost: dict[str, Any] = {}
    for one in migration.lost:
        if one.what == "metadata" and not (one.message_id or one.run_id or one.step_id):
            lost |= one.detail
    assert {**lost, **migration.metadata, "thread_id": "mine"} == {"first": "1"} | own
    told = {one.what: one.detail for one in migration.lost if not (one.message_id or one.run_id or one.step_id)}
    assert told["tool_resources"] == {"file_search": {}}
    assert told["extra"] == {"new": 1}


def test_what_is_lost_is_named_one_by_one() -> None:
    found: dict[str, set[str]] = {}
    for history in HISTORIES.values():
        for lost in migrate_thread(history).lost:
            owner = lost.message_id or lost.call_id or lost.step_id or lost.run_id
            if owner is None:
                assert lost.what == "created_at"  # the thread's
                continue
            found.setdefault(lost.what, set()).add(owner)
    assert {"usage", "times", "created_at", "tools", "instructions", "model", "status", "last_error"} <= set(found)
    assert {"image_file", "attachment", "file_citation", "file_path", "url_citation", "output"} <= set(found)
    for history in HISTORIES.values():
        assert {message.id for message in history.messages} <= found["created_at"]
        assert {run.id for run in history.runs} <= found["usage"]
        assert {step.id for steps in history.steps.values() for step in steps} <= found["times"]


def test_a_step_whose_message_was_deleted_is_named() -> None:
    body = copy.deepcopy(BODIES["thread_weather"])
    gone = body["messages"].pop()
    lost = migrate_thread(history_of(body)).lost
    assert [one.message_id for one in lost if one.what == "message"] == [gone["id"]]


def test_an_empty_message_makes_no_item() -> None:
    body = copy.deepcopy(BODIES["thread_weather"])
    body["messages"][0]["content"] = []
    migration = migrate_thread(history_of(body))
    assert migration.batches[0][0]["type"] == "function_call"
    assert [one.message_id for one in migration.lost if one.what == "message"] == [body["messages"][0]["id"]]


groups = st.lists(st.lists(st.integers(), max_size=30).map(lambda numbers: [{"n": n} for n in numbers]), max_size=12)


@given(groups)
def test_batches_hold_all_items_in_order_and_no_more_than_a_request_takes(given_groups: list[Any]) -> None:
    batches = list(_batches(given_groups))
    assert [item for batch in batches for item in batch] == [item for group in given_groups for item in group]
    assert all(0 < len(batch) <= LARGEST_BATCH for batch in batches)


def test_a_long_thread_has_many_batches() -> None:
    body = copy.deepcopy(BODIES["thread_weather"])
    step = body["steps"]["run_weather"][0]
    body["steps"]["run_weather"] = [{**step, "id": f"step_{9 - n}"} for n in range(9)]
    migration = migrate_thread(history_of(body))
    items = [item for batch in migration.batches for item in batch]
    calls = [item["call_id"] for item in items if item["type"] == "function_call"]
    assert len(calls) == len(set(calls)) == 18  # the same ids in each step: made unique
    for batch in migration.batches:  # a call and its output are together
        of_batch = {item["call_id"] for item in batch if item["type"] == "function_call"}
        assert of_batch == {item["call_id"] for item in batch if item["type"] == "function_call_output"}
