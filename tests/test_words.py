"""Numbers in words, and remote text that is safe to show."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import _words


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (0.0004, "0ms"),
        (0.25, "250ms"),
        (0.9999, "1s"),
        (1, "1s"),
        (3.21, "3.2s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m 00s"),
        (125, "2m 05s"),
        (3599.9, "1h 00m"),
        (3720, "1h 02m"),
        (190_800, "2d 5h"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    assert _words.duration(timedelta(seconds=seconds)) == shown


@given(st.floats(0, 90 * 86_400))
def test_a_duration_is_short_and_near_the_time(seconds: float) -> None:
    """At most seven characters, for tables; what is read back is at most a twentieth off."""
    shown = _words.duration(timedelta(seconds=seconds))
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
    told = sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([a-z]+)", shown))
    assert len(shown) <= 7
    assert told == pytest.approx(seconds, rel=0.05, abs=0.0006)


ZONES = st.timezones() | st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)


@given(TIMES)
def test_a_time_for_people_is_in_utc_and_to_the_second(time: datetime) -> None:
    shown = _words.moment(time)
    assert datetime.fromisoformat(f"{shown}+00:00") == time.astimezone(UTC).replace(microsecond=0)
    assert shown == f"{shown[:10]} {_words.clock(time)}"


@given(TIMES)
def test_a_time_for_programs_is_read_back_as_it_was(time: datetime) -> None:
    assert _words.iso(time).endswith("Z")
    assert datetime.fromisoformat(_words.iso(time)) == time.astimezone(UTC)
    assert datetime.fromisoformat(_words.iso(time, "seconds")) == time.astimezone(UTC).replace(microsecond=0)


@given(st.timedeltas(timedelta(0), timedelta(days=9_999)))
def test_seconds_for_programs_are_the_duration(duration: timedelta) -> None:
    assert timedelta(seconds=float(_words.seconds(duration) or "")) == duration
    assert _words.seconds(None) is None


def test_whole_seconds_have_no_point() -> None:
    assert (_words.seconds(timedelta(seconds=3)), _words.seconds(timedelta(seconds=3.25))) == ("3", "3.25")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (10_188, "9.9 KiB"),
        (10_189, "10 KiB"),
        (1_048_063, "1,023 KiB"),
        (1_048_064, "1 MiB"),
        (64 * 1024**2, "64 MiB"),
        (3 * 1024**5, "3,072 TiB"),
    ],
)
def test_sizes(number: int, shown: str) -> None:
    assert _words.size(number) == shown


@given(st.integers(0, 1024**5))
def test_a_size_is_short_and_near_the_number(number: int) -> None:
    shown, unit = _words.size(number).split()
    units = {"byte": 1, "bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
    assert len(shown) <= 5
    assert float(shown.replace(",", "")) * units[unit] == pytest.approx(number, rel=0.05)


@given(st.characters())
def test_what_is_unsafe_is_shown_as_something_else(character: str) -> None:
    unsafe = bool(_words.UNSAFE.fullmatch(character))
    assert unsafe == (_words.lines(character) != character) or character in "\t\n"
    assert not _words.UNSAFE.search(_words.line(character))


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


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(VALUES, st.none() | st.just(2))
def test_json_for_people_is_json(value: object, indent: int | None) -> None:
    assert json.loads(_words.as_json(value, indent=indent)) == value


@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_too_deep_is_left_out(indent: int | None) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert _words.as_json(deep, indent=indent) == "…"
    while deep:  # taken apart here, since Python's own way goes down as deep
        deep = deep.pop()  # type: ignore[assignment]
