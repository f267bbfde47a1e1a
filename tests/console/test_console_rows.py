"""Steps, runs and errors as values for the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sample_steps import make_step

from openai_steps import (
    APIStatusError,
    LearnedPaging,
    PaginationError,
    ResponseDecodeError,
    RunStep,
    StepsError,
    structure_run,
    structure_step,
)
from openai_steps.console._rows import details, error_row, paging, pretty, row, rows, run_row, summary, waits

ODD = "a\x1b[31m\u202eb\n<b>"


def step(**fields: Any) -> RunStep:
    return structure_step(make_step(1, **fields))


def test_a_row() -> None:
    told = row(step())
    assert told["id"] == "step_0001"
    assert told["began"] == "22:13:21"
    assert (told["what"], told["type"], told["status"], told["tone"]) == (
        "Message",
        "message_creation",
        "completed",
        "message",
    )
    assert (told["took"], told["seconds"], told["tokens"], told["failed"]) == ("1s", 1.0, 3, False)


def test_what_failed_or_goes_on_has_a_mark_besides_its_colour() -> None:
    failed = row(step(status="failed", completed_at=None, failed_at=1_700_000_009))
    assert (failed["mark"], failed["tone"], failed["failed"]) == ("✕", "failed", True)
    live = row(step(status="in_progress", completed_at=None, usage=None))
    assert (live["mark"], live["took"], live["seconds"], live["tokens"]) == ("…", "", -1.0, 0)


def test_no_text_of_a_servers_is_obeyed() -> None:
    odd = step(status=ODD, type=ODD, assistant_id=ODD, metadata={ODD: ODD}, step_details={"type": ODD})
    for text in texts_in([row(odd), details(odd)]):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\n" not in row(odd)["status"]


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)


def test_details_tell_all_that_a_step_did() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}', "output": "done"}}
    told = details(step(step_details={"type": "tool_calls", "tool_calls": [call]}, metadata={"k": "v"}))
    assert told["title"] == "f"
    assert ["Tokens", "3 (1 in, 2 out)"] in told["facts"]
    titles = [block["title"] for block in told["blocks"]]
    assert titles == ["Metadata", "function: f", "Arguments", "Output"]
    assert json.loads(told["json"])["id"] == "step_0001"


def test_a_long_text_is_cut_and_says_so() -> None:
    told = details(step(metadata={"long": "x" * 300_000}))
    assert "more characters" in told["blocks"][-1]["text"]
    assert len(told["blocks"][-1]["text"]) < 101_000
    assert "more characters" in pretty("x" * 500_000)


def test_rows_keep_the_order() -> None:
    steps = [structure_step(make_step(number)) for number in (3, 1, 2)]
    assert [told["id"] for told in rows(steps)] == ["step_0003", "step_0001", "step_0002"]


RUN = {"id": "run_1", "object": "thread.run", "thread_id": "t", "status": "completed", "created_at": 1_700_000_000}


def test_a_run() -> None:
    told = run_row(structure_run({**RUN, "completed_at": 1_700_000_065, "usage": {"total_tokens": 7}}))
    assert (told["created"], told["took"], told["tokens"], told["waits"]) == ("2023-11-14 22:13:20", "1m 05s", 7, "")
    assert run_row(structure_run({**RUN, "completed_at": 1}))["took"] == "0s"  # clocks of servers disagree


def test_what_a_run_waits_for() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f\x1b", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}
    waiting = {**RUN, "status": "requires_action"}
    assert waits(structure_run({**waiting, "required_action": action})) == "The run waits for you: f␛({})."
    assert waits(structure_run(waiting)) == "The run waits for you."
    assert waits(structure_run(RUN)) == ""


def test_a_summary() -> None:
    assert summary([step()]).startswith("1 step · 1s")
    assert summary([]) == "No steps."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            APIStatusError("no", status=404, code="c", param="p", request_id="r", body={"a": 1}, retry_after=3.0),
            {"status": 404, "code": "c", "param": "p", "request_id": "r", "retry_after": 3.0, "body": '{\n  "a": 1\n}'},
        ),
        (ResponseDecodeError("odd", path="$.data", request_id="r"), {"path": "$.data", "request_id": "r"}),
        (PaginationError("pages"), {"paging": "refused"}),
        (StepsError("a\x1bb"), {"message": "a␛b", "kind": "StepsError"}),
        (ValueError("v"), {"message": "v", "kind": "ValueError"}),
    ],
)
def test_errors(error: Exception, told: dict[str, Any]) -> None:
    assert told.items() <= error_row(error).items()


def test_an_error_tells_where_to_go_on() -> None:
    error = StepsError("x")
    error.resume_after = "step_7"
    assert error_row(error)["resume_after"] == "step_7"


def learned(**told: Any) -> LearnedPaging:
    known = {"order": "asc", "cursor": "after", "cursors": "places", "unknown_cursor": None}
    return LearnedPaging(**{"kind": "steps", **known, "has_more_kept": (), "has_more_broken": (), **told})


@pytest.mark.parametrize(
    ("told", "badge"),
    [
        ([], ("not known yet", "")),
        ([learned(cursors=None)], ("not known yet", "")),
        ([learned(kind="runs", cursors="broken")], ("not known yet", "")),
        ([learned(cursors=None, has_more_kept=(20,))], ("as documented so far", "")),
        ([learned(), learned(order="desc")], ("as documented so far", "")),
        ([learned(cursors="broken")], ("repaired", "after in asc does not lead on")),
        (
            [learned(cursors="broken", cursor="before"), learned(has_more_broken=(20, 100)), learned()],
            ("repaired", "before in asc does not lead on; has_more is wrong at a limit of 20, 100"),
        ),
    ],
)
def test_how_a_server_pages(told: list[LearnedPaging], badge: tuple[str, str]) -> None:
    assert paging(told) == badge
