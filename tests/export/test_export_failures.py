"""The failures file can be read again, and equal failures in a row stop an export."""

import json
from typing import Any

import pytest

from openai_steps import APITimeoutError, AuthenticationError, NotFoundError, RunRef, RunSteps
from openai_steps.export import ExportError, read_run_refs
from openai_steps.export._failures import Streak, failure_line, joined_lines, json_lines

WRONG_KEY = AuthenticationError("401", status=401, code="invalid_api_key")
GONE = NotFoundError("404", status=404)
SLOW = APITimeoutError("no answer")


def run(error: Exception | None = None) -> RunSteps:
    return RunSteps(thread_id="t", run_id="r", steps=(), error=error)


@pytest.mark.parametrize(
    ("errors", "stops"),
    [
        ([WRONG_KEY] * 3, True),
        ([WRONG_KEY, WRONG_KEY, SLOW, WRONG_KEY, WRONG_KEY], False),
        ([WRONG_KEY, WRONG_KEY, None, WRONG_KEY, WRONG_KEY], False),
        ([None, WRONG_KEY, WRONG_KEY, WRONG_KEY], True),
        ([GONE] * 3, True),
        ([None, *[GONE] * 9], False),
        ([WRONG_KEY, AuthenticationError("401", status=401, code="other"), WRONG_KEY], False),
        ([ValueError("an id")] * 9, False),
    ],
)
def test_equal_failures_in_a_row(errors: list[Exception | None], stops: bool) -> None:
    streak = Streak(3)

    def note_all() -> None:
        for error in errors:
            streak.note(run(error))

    if stops:
        with pytest.raises(ExportError, match="3 runs in a row failed in the same way") as caught:
            note_all()
        assert caught.value.__cause__ is errors[-1]
    else:
        note_all()


def test_a_closed_client_is_no_run_s_failure() -> None:
    with pytest.raises(RuntimeError, match="closed"):
        Streak(None).note(run(RuntimeError("This client is closed.")))


@pytest.mark.parametrize("longest", [0, -1, True, 2.5, "3"])
def test_a_longest_that_makes_no_sense(longest: Any) -> None:
    with pytest.raises(ValueError, match="give_up_after must be"):
        Streak(longest)


def test_a_failure_is_a_run_for_the_next_try() -> None:
    line = failure_line(RunSteps(thread_id="t\ud800", run_id="é", steps=(), error=WRONG_KEY))
    assert line.isascii()
    assert list(read_run_refs([line.decode()])) == [RunRef("t\ud800", "é")]
    assert json.loads(line)["code"] == "invalid_api_key"


@pytest.mark.parametrize("text", [b'{"id":"a"}', b'{"id":\n"a"}', b'{"id":\r"a"}', b'\n{"id":"a"}\n'])
def test_a_step_is_a_line_however_the_server_breaks_it(text: bytes) -> None:
    assert joined_lines([text, text]).replace(b" ", b"") == b'{"id":"a"}\n' * 2
    assert [line.replace(b" ", b"") for line in json_lines([text])] == [b'{"id":"a"}']
    assert joined_lines([]) == b""
