"""Fuzzing with hypothesis: short in every run, long with ``HYPOTHESIS_PROFILE=long``. See also ``with_atheris.py``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from targets import CORPUS, DICTIONARY, TARGETS

places = st.floats(0, 1)
pieces = st.binary(max_size=8) | st.sampled_from(DICTIONARY)
edits = st.lists(st.tuples(places, places, pieces), max_size=4)


def edited(body: bytes, changes: list[tuple[float, float, bytes]]) -> bytes:
    """Replace stretches of a body by other pieces."""
    for at, size, piece in changes:
        start = int(at * len(body))
        body = body[:start] + piece + body[start + int(size * 20) :]
    return body


bodies = st.one_of(
    st.builds(edited, st.sampled_from(CORPUS), edits),
    st.builds(b"".join, st.lists(st.sampled_from(DICTIONARY), max_size=30)),
    st.builds(
        lambda depth, opening: opening * depth, st.integers(1, 3000), st.sampled_from([b"[", b'{"a":', b'{"data":['])
    ),
    st.builds(lambda depth: b'{"data":[],"x":' + b"[" * depth + b"]" * depth + b"}", st.integers(1, 1100)),
    st.binary(max_size=200),
)


@pytest.mark.parametrize("target", TARGETS)
@given(data=bodies)
def test_any_bytes(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus(target: str) -> None:
    assert len(CORPUS) > 30
    for body in CORPUS:
        TARGETS[target](body)
