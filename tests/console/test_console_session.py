"""Links that open once, secrets that end."""

from __future__ import annotations

import itertools

import pytest

from openai_steps.console._session import Sessions
from openai_steps.gateway._rejection import Rejection


class Clock:
    now = 0.0


def sessions(clock: Clock) -> Sessions:
    numbers = itertools.count()
    return Sessions(now=lambda: clock.now, make_token=lambda: f"token-{next(numbers)}")


def refused(call: object, *arguments: str) -> Rejection:
    with pytest.raises(Rejection) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value


def test_a_link_opens_a_session_once() -> None:
    made = sessions(Clock())
    token = made.invite()
    secret = made.open(token)
    made.check(secret)
    assert secret != token
    again = refused(made.open, token)
    assert (again.status, again.code) == (403, "used_link")
    assert "Press Enter" in again.message


def test_a_link_grows_old() -> None:
    clock = Clock()
    made = sessions(clock)
    token = made.invite()
    clock.now = 300.0
    assert refused(made.open, token).code == "old_link"
    assert refused(made.open, token).code == "used_link"


def test_a_session_ends_after_twelve_hours() -> None:
    clock = Clock()
    made = sessions(clock)
    secret = made.open(made.invite())
    clock.now = 12 * 3600 - 1
    made.check(secret)
    clock.now = 12 * 3600
    assert refused(made.check, secret).status == 401
    assert refused(made.check, secret).status == 401


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    made = sessions(Clock())
    token = made.invite()
    assert refused(made.check, token).status == 401
    secret = made.open(token)
    assert refused(made.open, secret).status == 401


@pytest.mark.parametrize("text", ["", "x", "token-99", "\udcff", "é"])
def test_what_was_never_given_is_refused(text: str) -> None:
    made = sessions(Clock())
    assert refused(made.open, text).status == 401
    assert refused(made.check, text).status == 401


def test_ten_guesses_a_minute() -> None:
    clock = Clock()
    made = sessions(clock)
    secret = made.open(made.invite())
    assert [refused(made.open, f"guess-{number}").status for number in range(12)] == [401] * 10 + [429] * 2
    made.check(secret)  # the door is not shut for those who have the key
    clock.now = 61.0
    assert refused(made.open, "guess").status == 401


def test_lock_ends_all() -> None:
    made = sessions(Clock())
    secret, waiting = made.open(made.invite()), made.invite()
    made.lock()
    assert refused(made.check, secret).status == 401
    assert refused(made.open, waiting).code == "used_link"
    made.check(made.open(made.invite()))


def test_there_are_not_too_many() -> None:
    made = sessions(Clock())
    first, *others = [made.open(made.invite()) for _ in range(33)]
    assert refused(made.check, first).status == 401
    made.check(others[-1])
