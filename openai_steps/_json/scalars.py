"""Strict readers for the leaves of JSON: text, numbers, times, objects.

Each takes a JSON value (and, as cattrs wants it, a type that is not looked at) and returns it, or raises Mismatch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final


class Mismatch(ValueError):
    """A JSON value of the wrong type, and the way to it, inside out."""

    def __init__(self, expected: str, value: Any) -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value
        self.way: list[str | int] = []

    def inside(self, *keys: str | int) -> Mismatch:
        """Note that the value sits below these keys, the innermost first."""
        self.way.extend(keys)
        return self

    @property
    def path(self) -> str:
        """The way to the value, such as ``$.data[3].created_at``."""
        return "$" + "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in reversed(self.way))


def text(value: Any, _: Any = None) -> str:
    """Read text."""
    if isinstance(value, str):
        return value
    raise Mismatch("text", value)


def whole_number(value: Any, _: Any = None) -> int:
    """Read a whole number; true and false are none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Mismatch("a whole number", value)


def number(value: Any, _: Any = None) -> float:
    """Read a number; true and false are none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise Mismatch("a number that fits a float", value) from None
    raise Mismatch("a number", value)


def boolean(value: Any, _: Any = None) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    raise Mismatch("true or false", value)


def json_object(value: Any, _: Any = None) -> dict[str, Any]:
    """Read an object of any keys."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Mapping):
        return dict(value)
    raise Mismatch("an object", value)


def text_or_object(value: Any, _: Any = None) -> str | dict[str, Any]:
    """Read a setting that is one word, or an object where a word does not suffice."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return json_object(value)
    raise Mismatch("text or an object", value)


# Seconds up to here (the year 5138), milliseconds above (from March 1973 on).
_LAST_SECOND: Final = 100_000_000_000


@lru_cache(maxsize=1024)  # the steps of a run share many a second: one ends when the next begins
def _from_timestamp(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def time(value: Any, _: Any = None) -> datetime:
    """Read a time in seconds, milliseconds (DashScope) or ISO 8601 (LLAMPHouse; UTC where no zone is named)."""
    if value.__class__ is int and 0 <= value < _LAST_SECOND:
        return _from_timestamp(value)
    try:
        if isinstance(value, str) and not value.isdigit():  # digits alone may be a date, or anything
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = number(value)
        return _from_timestamp(seconds if abs(seconds) < _LAST_SECOND else seconds / 1000)
    except (ValueError, OverflowError, OSError):
        raise Mismatch("a time in seconds, milliseconds or ISO 8601", value) from None


def time_or_unset(value: Any, _: Any = None) -> datetime | None:
    """Read a time that may be missing; DashScope sends -1 for that."""
    if value.__class__ is int and 0 <= value < _LAST_SECOND:
        return _from_timestamp(value)
    return None if value == -1 else time(value)


def seconds(moment: datetime) -> int | float:
    """Write a time in seconds (in milliseconds if it is too late to be read as seconds): whole where it is whole."""
    stamp = moment.timestamp()
    if stamp >= _LAST_SECOND:
        return round(stamp * 1000)
    return int(stamp) if stamp.is_integer() else stamp
