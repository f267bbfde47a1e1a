"""Settings refuse what makes no sense, by name, when they are made."""

import math
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import Limits, PollInterval, RetryPolicy, Timeouts

ABOVE_ZERO = [
    (Timeouts, "connect"),
    (Timeouts, "attempt"),
    (Timeouts, "total"),
    (RetryPolicy, "attempts"),
    (Limits, "max_body_bytes"),
    (Limits, "max_values"),
    (Limits, "max_error_bytes"),
    (Limits, "max_connections"),
    (PollInterval, "initial"),
    (PollInterval, "maximum"),
    (PollInterval, "factor"),
]
WHOLE = [
    (RetryPolicy, "attempts"),
    (Limits, "max_body_bytes"),
    (Limits, "max_values"),
    (Limits, "max_error_bytes"),
    (Limits, "max_connections"),
]
ZERO_OR_MORE = [(RetryPolicy, "wait_initial"), (RetryPolicy, "wait_max"), (PollInterval, "jitter")]
NO_NUMBERS: list[Any] = [None, "1", True, [], math.nan, 1j]


def refuses(kind: Any, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{kind.__name__}\.{name} must be"):
        kind(**{name: value})


def test_every_setting_is_in_a_table() -> None:
    settings = {
        (kind, field.name) for kind in (Timeouts, RetryPolicy, Limits, PollInterval) for field in attrs.fields(kind)
    }
    assert settings == {*ABOVE_ZERO, *ZERO_OR_MORE}


@pytest.mark.parametrize(("kind", "name"), ABOVE_ZERO)
@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, 0.0, -1, -math.inf, math.inf])
def test_must_be_above_zero(kind: Any, name: str, value: Any) -> None:
    refuses(kind, name, value)


@pytest.mark.parametrize(("kind", "name"), WHOLE)
def test_must_be_whole(kind: Any, name: str) -> None:
    refuses(kind, name, 2.5)
    assert getattr(kind(**{name: 2}), name) == 2


@pytest.mark.parametrize(("kind", "name"), ZERO_OR_MORE)
@pytest.mark.parametrize("value", [*NO_NUMBERS, -0.1, -math.inf])
def test_must_not_be_negative(kind: Any, name: str, value: Any) -> None:
    refuses(kind, name, value)
    assert getattr(kind(**{name: 0}), name) == 0


@given(st.floats(0.001, 1e6))
def test_takes_seconds(seconds: float) -> None:
    assert Timeouts(connect=seconds, attempt=seconds, total=seconds).total == seconds
    assert PollInterval.every(seconds) == PollInterval(initial=seconds, maximum=seconds, factor=1, jitter=0)


def test_a_poll_interval_grows_and_never_shrinks() -> None:
    refuses(PollInterval, "factor", 0.9)
    refuses(PollInterval, "jitter", 1.1)
    with pytest.raises(ValueError, match=r"PollInterval\.maximum must be 2 \(initial\) or more, not 1"):
        PollInterval(initial=2, maximum=1)


@pytest.mark.parametrize("kind", [Timeouts, RetryPolicy, Limits, PollInterval])
def test_settings_are_values(kind: Any) -> None:
    assert kind() == kind()
    assert hash(kind()) == hash(kind())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(kind(), attrs.fields(kind)[0].name, 1)
    with pytest.raises(TypeError):
        kind(1)
