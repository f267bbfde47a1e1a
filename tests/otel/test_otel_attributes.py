"""Attributes without a value are left out; 0 and empty text are values."""

import pytest

pytest.importorskip("opentelemetry", reason="needs the extra otel")

from openai_steps.otel._attributes import known


def test_only_none_is_left_out() -> None:
    assert known({"a": None, "b": 0, "c": "", "d": ()}) == {"b": 0, "c": "", "d": ()}
