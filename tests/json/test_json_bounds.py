"""Values are counted before any is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import json_values
from hypothesis import given
from hypothesis import strategies as st

from openai_steps._json.bounds import has_more_values


def count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(count, value.values()))
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


nasty = st.text(alphabet='[]{},:"\\ aé', max_size=12)
nasty_values: st.SearchStrategy[Any] = json_values | st.recursive(
    nasty, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(nasty, inner, max_size=4), max_leaves=12
)


@given(nasty_values, st.integers(1, 12), st.sampled_from([None, 1]), st.booleans())
def test_the_count_is_never_too_low_and_hardly_too_high(value: Any, most: int, indent: int | None, plain: bool) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=plain).encode()
    values, containers = count(value), body.count(b"[") + body.count(b"{")
    if values > most:
        assert has_more_values(body, most)
    if values + containers <= most:  # an empty array counts as two
        assert not has_more_values(body, most)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[],"x":[' + b"[]," * 50_000 + b"[]]}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b'"",' * 50_000 + b'""]',
        b'{"":{}' + b',"":{}' * 50_000 + b"}",
    ],
    ids=["arrays", "nested arrays", "nested objects", "texts", "objects"],
)
def test_a_bomb_is_seen(body: bytes) -> None:
    assert has_more_values(body, 10_000)
    assert not has_more_values(body, 1_000_000)


def test_punctuation_in_texts_does_not_count() -> None:
    text = json.dumps({"logs": 'a,b[{"\\",' * 50_000, "x": [1, 2]}).encode()
    assert not has_more_values(text, 100)
