"""JSON text: all that JSON can say is read, and can be written again."""

from typing import Any

import orjson
import pytest
from builders import json_values
from hypothesis import given

from openai_steps._json.text import loads, to_text


@given(json_values)
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    assert loads(to_text(value)) == value


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b"{} {}", b"\xff", b'"\xff"', b"[" * 100_000], ids=repr)
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


def test_what_is_nested_too_deeply_can_not_be_written() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply"):
        to_text(value)


def test_integers_of_any_length_are_written_whole() -> None:
    assert to_text([2**70]) == b"[1180591620717411303424]"
    assert orjson.loads(to_text(["\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]))
