"""Shapes: what is checked in C, and what is left to the hooks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest
from builders import Body, page_body, step_body, steps, tool_step_body
from hypothesis import given

from openai_steps import RunStep, StepPage, ToolCallsDetails, Usage
from openai_steps._json.scalars import LAST_SECOND
from openai_steps._json.shapes import held_as_text, raw_shape_of, shape_of, wire_type


def fits(body: Any, cls: Any = RunStep) -> bool:
    try:
        msgspec.json.decode(json.dumps(body).encode(), type=shape_of(cls))
    except msgspec.ValidationError:
        return False
    return True


@given(steps)
def test_what_the_hooks_would_read_as_something_else_is_refused(body: Body) -> None:
    """A shape may refuse what fits, which costs time, and must not accept what does not."""
    assert not fits({**body, "unknown": None})
    assert not fits({**body, "created_at": "1700000000"})
    assert not fits({**body, "id": None})


def test_a_plain_step_fits() -> None:
    assert fits(step_body())
    assert fits(tool_step_body({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}))


@pytest.mark.parametrize(
    ("seconds", "fit"),
    [(-2, False), (-1, True), (0, True), (1000 * LAST_SECOND - 1, True), (1000 * LAST_SECOND, False), (1.5, False)],
)
def test_a_time_is_whole_seconds_or_milliseconds(seconds: float, fit: bool) -> None:
    assert fits(step_body(created_at=seconds)) is fit


@pytest.mark.parametrize("details", [{"message_creation": {"message_id": "m"}}, {"type": "new"}, {"type": 1}, [], "x"])
def test_the_kind_of_details_must_be_named_and_known(details: Any) -> None:
    assert not fits(step_body(step_details=details))


def test_calls_are_kept_as_text_whatever_is_in_them() -> None:
    assert held_as_text(ToolCallsDetails) == "tool_calls"
    assert held_as_text(Usage) is None
    body = {"type": "tool_calls", "tool_calls": [{"type": 7}, {}]}
    checked: Any = msgspec.json.decode(json.dumps(body).encode(), type=shape_of(ToolCallsDetails))
    assert [bytes(call) for call in checked.tool_calls] == [b'{"type": 7}', b"{}"]


def test_a_raw_page_leaves_its_items_alone() -> None:
    odd = {"no": "step"}
    checked: Any = msgspec.json.decode(json.dumps(page_body(odd)).encode(), type=raw_shape_of(StepPage))
    assert [json.loads(bytes(item)) for item in checked.data] == [odd]


def test_there_is_one_shape_for_each_class() -> None:
    assert shape_of(RunStep) is shape_of(RunStep)
    assert wire_type(Usage | None) == shape_of(Usage) | None
    assert wire_type(str) is str
    assert wire_type(tuple[str, ...]) == tuple[str, ...]
    assert wire_type(datetime) == wire_type(datetime)
