"""Recorded runs, messages, threads and files: each is read, and comes back."""

import json
from datetime import datetime
from typing import Any

import orjson
import pytest
from builders import Body, normal
from thread_bodies import recorded_threads

from openai_steps import (
    File,
    Message,
    MessagePage,
    ResponseDecodeError,
    Run,
    RunPage,
    StepPage,
    Thread,
    ThreadPage,
    ToolCall,
    dumps,
    structure_run,
    unstructure,
)
from openai_steps._json.converter import structure

KINDS: dict[str, Any] = {
    "thread": Thread,
    "run": Run,
    "sse_run": Run,
    "message": Message,
    "sse_message": Message,
    "file": File,
    "step_tool_call": ToolCall,
    "list_threads": ThreadPage,
    "list_threads_maximum_set": ThreadPage,
    "list_runs": RunPage,
    "list_messages": MessagePage,
    "list_messages_maximum_set": MessagePage,
    "list_steps": StepPage,
    "run_maximum_set": Run,
}
WITHOUT_ID = "azure_openai.run.failed_rate_limit_usage_set.fragment"
CASES = [
    pytest.param(kind, body, id=name)
    for label, kind in KINDS.items()
    for name, body in recorded_threads(label)
    if name not in {WITHOUT_ID}
]


def test_every_recorded_body_is_a_case() -> None:
    others = {name for name, _ in recorded_threads("error", "assistant")}  # there are no models of these
    assert {case.id for case in CASES} | others | {WITHOUT_ID} == {name for name, _ in recorded_threads()}


def as_it_may_come_back(value: Any) -> Any:
    """Drop what is null, and write times in seconds."""
    match value:
        case dict():
            return {
                key: seconds(one) if key.endswith("_at") else as_it_may_come_back(one)
                for key, one in value.items()
                if one is not None
            }
        case list():
            return [as_it_may_come_back(one) for one in value]
        case _:
            return value


def seconds(time: int | float | str) -> float:
    if isinstance(time, str):
        return datetime.fromisoformat(time).timestamp()
    return time / 1000 if time > 1e11 else time


@pytest.mark.parametrize(("kind", "body"), CASES)
class TestRecorded:
    def test_comes_back(self, kind: Any, body: Body) -> None:
        if kind is StepPage:
            assert normal(unstructure(structure(body, kind))) == normal(body)
        else:
            assert as_it_may_come_back(unstructure(structure(body, kind))) == as_it_may_come_back(body)

    def test_is_read_from_what_was_written(self, kind: Any, body: Body) -> None:
        value = structure(body, kind)
        assert structure(unstructure(value), kind) == value
        assert structure(orjson.loads(dumps(value)), kind) == value

    def test_is_not_changed_by_reading(self, kind: Any, body: Body) -> None:
        before = json.dumps(body)
        structure(body, kind)
        assert json.dumps(body) == before


def test_a_run_without_an_id_is_no_run() -> None:
    ((_, body),) = [(name, body) for name, body in recorded_threads() if name == WITHOUT_ID]
    with pytest.raises(ResponseDecodeError) as caught:
        structure_run(body)
    assert caught.value.path == "$.id"
