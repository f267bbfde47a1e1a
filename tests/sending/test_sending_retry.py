from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    PaginationError,
    ResponseDecodeError,
    ResponseTooLargeError,
    RetryPolicy,
    StepsError,
)
from openai_steps._errors import CALLER_OR_MOMENT, error_class
from openai_steps._sending.retry import RETRIED_STATUSES, is_transient, wait_as_asked, wait_before_retry

POLICY = RetryPolicy(attempts=4, wait_initial=0.5, wait_max=8)


finite = st.floats(0, 1e9)


jitters = st.floats(0, 1, exclude_max=True)


def status_error(status: int, *, should_retry: str | None = None, retry_after: float | None = None) -> APIStatusError:
    headers = {} if should_retry is None else {"x-should-retry": should_retry}
    return error_class(status)("told", status=status, headers=headers, retry_after=retry_after)


TRANSIENT = {408, 409, 429, 500, 502, 503, 504, 507, 508, 511, 520, 522, 524, 529, 599}


LASTING = {300, 301, 302, 307, 400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 418, 422, 423, 425, 431, 451, 501}


@pytest.mark.parametrize("status", sorted(TRANSIENT | LASTING))
def test_which_statuses_are_tried_again(status: int) -> None:
    assert is_transient(status_error(status)) is (status in TRANSIENT)


@given(st.integers(300, 599), st.sampled_from(["true", "True", " TRUE "]), st.sampled_from(["false", "FALSE"]))
def test_the_server_has_the_last_word(status: int, yes: str, no: str) -> None:
    assert is_transient(status_error(status, should_retry=yes))
    assert not is_transient(status_error(status, should_retry=no))
    assert is_transient(status_error(status, should_retry="perhaps")) is is_transient(status_error(status))


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (APIConnectionError("reset"), True),
        (APIConnectionError("bad certificate", transient=False), False),
        (APITimeoutError("late"), True),
        (ResponseDecodeError("no JSON"), False),
        (ResponseTooLargeError("big"), False),
        (PaginationError("again"), False),
        (StepsError("other"), False),
        (ValueError("argument"), False),
    ],
)
def test_which_other_errors_are_tried_again(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient


def wait(error: Exception, *, attempt: int = 1, jitter: float = 0.0, time_left: float = 1e9) -> float | None:
    return wait_before_retry(error, policy=POLICY, attempt=attempt, jitter=jitter, time_left=time_left)


def test_the_wait_doubles_up_to_the_longest() -> None:
    policy = RetryPolicy(attempts=9, wait_initial=0.5, wait_max=8)
    waits = [
        wait_before_retry(status_error(500), policy=policy, attempt=number, jitter=0, time_left=100)
        for number in range(1, 9)
    ]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8, 8]


@given(jitters, st.integers(1, 3))
def test_jitter_takes_away_up_to_a_half_so_that_the_longest_stays_the_longest(jitter: float, attempt: int) -> None:
    longest = wait(status_error(503), attempt=attempt)
    shortened = wait(status_error(503), attempt=attempt, jitter=jitter)
    assert longest is not None
    assert shortened is not None
    assert longest / 2 <= shortened <= longest <= POLICY.wait_max


@given(st.floats(0, 86_400), jitters)
def test_the_server_is_never_asked_before_it_said(asked: float, jitter: float) -> None:
    seconds = wait(status_error(429, retry_after=asked), jitter=jitter)
    assert seconds is not None
    assert asked <= seconds <= asked + 1


@pytest.mark.parametrize(
    ("asked", "most"), [(0.0, 0.1), (0.01, 0.111), (1.0, 1.2), (5.0, 5.6), (9.0, 10.0), (600.0, 601.0)]
)
def test_nor_much_later(asked: float, most: float) -> None:
    seconds = wait(status_error(429, retry_after=asked), jitter=1.0)
    assert seconds == pytest.approx(most)


def test_jitter_keeps_those_apart_who_were_told_the_same() -> None:
    waits = {wait(status_error(429, retry_after=1), jitter=number / 100) for number in range(100)}
    assert len(waits) == 100


@given(st.floats(0, 86_400), jitters, st.floats(0.001, 86_400))
def test_no_wait_is_begun_that_ends_after_the_deadline(asked: float, jitter: float, time_left: float) -> None:
    seconds = wait(status_error(429, retry_after=asked), jitter=jitter, time_left=time_left)
    assert seconds is None or seconds < time_left
    assert asked < time_left or seconds is None


@pytest.mark.parametrize("attempt", range(1, 8))
def test_there_are_as_many_attempts_as_the_policy_says(attempt: int) -> None:
    assert (wait(APIConnectionError("x"), attempt=attempt) is None) is (attempt >= POLICY.attempts)


@given(st.integers(1, 10**6), finite, finite)
def test_no_policy_is_too_odd(attempt: int, initial: float, longest: float) -> None:
    policy = RetryPolicy(attempts=10**7, wait_initial=initial, wait_max=longest)
    seconds = wait_before_retry(APIConnectionError("x"), policy=policy, attempt=attempt, jitter=0.5, time_left=1e12)
    assert seconds is not None
    assert 0 <= seconds <= longest


@pytest.mark.parametrize(
    ("error", "attempt", "time_left", "waits"),
    [
        (status_error(429, retry_after=61), 1, 1e9, 61),
        (status_error(503, retry_after=61), 3, 62, 61),
        (status_error(429, retry_after=61), 1, 60, None),
        (status_error(429, retry_after=61), 4, 1e9, None),
        (status_error(429), 1, 1e9, None),
        (status_error(404, retry_after=61), 1, 1e9, None),
    ],
    ids=["rate limit", "as long as it fits", "no time", "often enough", "not told for how long", "lasting"],
)
def test_a_long_wait_is_waited_if_asked_for(
    error: APIStatusError, attempt: int, time_left: float, waits: float | None
) -> None:
    assert wait_as_asked(error, policy=POLICY, attempt=attempt, jitter=0, time_left=time_left) == waits


def test_what_is_tried_again_is_not_a_judgement_of_what_was_asked() -> None:
    assert RETRIED_STATUSES <= CALLER_OR_MOMENT
