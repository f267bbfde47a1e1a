"""How a step is written in a dialect."""

from typing import Any

import pytest

from openai_steps.emulator import DIALECTS, Dialect, Query, list_steps


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("seconds", 1700000000),
        ("float", 1700000000.0),
        ("milliseconds", 1700000000000),
        ("iso", "2023-11-14T22:13:20Z"),
    ],
)
def test_times(times: Any, expected: Any) -> None:
    steps = [{"id": "a", "created_at": 1700000000, "failed_at": None}]
    (step,) = list_steps(steps, Query(), Dialect(times=times))["data"]
    assert step["created_at"] == expected
    assert type(step["created_at"]) is type(expected)
    assert step["failed_at"] is None


def test_times_of_another_clock_and_times_that_are_stamped_anew() -> None:
    (step,) = list_steps([{"id": "a", "created_at": 100, "failed_at": None}], Query(), Dialect(clock=-60))["data"]
    assert step == {"id": "a", "created_at": 40, "failed_at": None}
    (step,) = list_steps([{"id": "a", "created_at": 100}], Query(), Dialect(stamps="anew"), now=999.5)["data"]
    assert step == {"id": "a", "created_at": 999}


def test_steps_may_be_stored_with_text_times() -> None:
    steps = [
        {"id": "late", "created_at": "2026-01-02T00:00:00Z"},
        {"id": "early", "created_at": "2026-01-01T23:00:00-00:30"},
    ]
    body = list_steps(steps, Query(order="asc"))
    assert [step["id"] for step in body["data"]] == ["early", "late"]


def test_odd_details_leave_as_they_are() -> None:
    search = {"results": [None, {"content": [], "score": 1}]}
    odd = {"tool_calls": [None, {"type": "file_search", "file_search": search}, {"file_search": 1}]}
    steps = [{"id": "a", "step_details": odd}, {"id": "b", "step_details": {"tool_calls": None}}]
    body = list_steps(steps, Query(order="asc"))
    kept = [None, {"type": "file_search", "file_search": {"results": [None, {"score": 1}]}}]
    assert body["data"][0]["step_details"] == {"tool_calls": [*kept, {"file_search": 1}]}
    assert body["data"][1]["step_details"] == {"tool_calls": None}


def test_placeholders() -> None:
    unset = dict.fromkeys(("completed_at", "failed_at", "expires_at", "last_error", "usage"))
    (step,) = list_steps([{"id": "a", **unset}], Query(), Dialect(unset="placeholder"))["data"]
    assert step == {
        "id": "a",
        "completed_at": -1,
        "failed_at": -1,
        "expires_at": None,
        "last_error": {"code": "", "message": ""},
        "usage": {},
    }


def test_the_given_steps_are_not_changed() -> None:
    steps = [{"id": "a", "created_at": 1, "usage": None}]
    list_steps(steps, Query(), DIALECTS["dashscope"])
    assert steps == [{"id": "a", "created_at": 1, "usage": None}]
