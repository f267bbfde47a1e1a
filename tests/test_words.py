"""Numbers in words, and remote text that is safe to show."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import _words


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.0004, "0 ms"),
        (0.25, "250 ms"),
        (0.9999, "1 s"),
        (1, "1 s"),
        (3.21, "3.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.9, "1 h 00 min"),
        (3720, "1 h 02 min"),
        (190_800, "2 d 5 h"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert _words.duration(timedelta(seconds=seconds)) == shown


@given(st.text(st.characters()))
def test_a_line_has_nothing_that_a_screen_would_obey(text: str) -> None:
    shown = _words.line(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    assert set(_words.lines(text)) - set("\t\n") <= {*_words.line(text), *shown, "\u2424", "\u2409", "\u240d"}


@given(st.text(), st.integers(2, 40))
def test_shortened_text_fits(text: str, columns: int) -> None:
    assert _words.width(_words.shorten(text, columns)) <= columns


def test_wide_characters_take_two_columns() -> None:
    assert _words.shorten("天気予報を取得する", 9) == "天気予報…"


def test_an_excerpt_says_how_much_is_missing() -> None:
    assert _words.excerpt("a\r\nb\tc\x00" + "d" * 2000, 6) == "a\nb\tc\n… 2,001 more characters"
