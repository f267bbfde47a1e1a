"""Strict readers for the leaves of JSON: text, numbers, times, objects.

Each takes a JSON value and the path to it, and returns the value or raises Mismatch. The path is passed in place of the
type that cattrs passes, which they do not need: None at the root, below it a pair of the parent's path and the key.

Some encoders have habits, which are read as what they mean: PHP writes an empty object as ``[]``
(https://github.com/openai-php/client/issues/436), Lua a whole number as ``12.0`` or ``1e+15``
(https://github.com/Kong/kong/issues/1208).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from openai_steps._models.extra import Misfit


class Absent(Enum):
    """The marker of an absent value, as opposed to null."""

    ABSENT = "missing"


ABSENT: Final = Absent.ABSENT


class Mismatch(ValueError):
    """A JSON value of the wrong type, and the path to it."""

    def __init__(self, expected: str, value: Any, way: Any = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value
        self.path = path_of(way)

    @property
    def misfit(self) -> Misfit:
        """The same as a value to keep."""
        return Misfit(self.path, self.expected)


def path_of(way: Any) -> str:
    """Return a path as text, such as ``$.step_details.tool_calls[3].id``."""
    keys: list[str] = []
    while way.__class__ is tuple:
        way, key = way
        keys.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "$" + "".join(reversed(keys))


def text(value: Any, way: Any = None) -> str:
    """Read text."""
    if isinstance(value, str):
        return value
    raise Mismatch("text", value, way)


def whole_number(value: Any, way: Any = None) -> int:
    """Read a whole number; true and false are not numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Mismatch("a whole number", value, way)


def number(value: Any, way: Any = None) -> float:
    """Read a number; true and false are not numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise Mismatch("a number that fits a float", value, way) from None
    raise Mismatch("a number", value, way)


def boolean(value: Any, way: Any = None) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    raise Mismatch("true or false", value, way)


def json_object(value: Any, way: Any = None) -> dict[str, Any]:
    """Read an object of any keys."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if value == []:
        return {}
    raise Mismatch("an object", value, way)


def text_or_object(value: Any, way: Any = None) -> str | dict[str, Any]:
    """Read a setting that is one word, or an object if a word does not suffice."""
    if isinstance(value, str):
        return value
    try:
        return json_object(value)
    except Mismatch:
        raise Mismatch("text or an object", value, way) from None


# Seconds up to here (the year 5138), milliseconds above (from March 1973 on).
LAST_SECOND: Final = 100_000_000_000


@lru_cache(maxsize=1024)  # the steps of a run share many times: one ends when the next begins
def from_seconds(seconds: float) -> datetime:
    """Return a time in seconds as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def time(value: Any, way: Any = None) -> datetime:
    """Read a time in seconds, milliseconds (DashScope) or ISO 8601 (LLAMPHouse; UTC where no zone is named)."""
    if value.__class__ is int and 0 <= value < LAST_SECOND:
        return from_seconds(value)
    try:
        if isinstance(value, str) and not value.isdigit():  # digits alone are ambiguous
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = number(value)
        return from_seconds(seconds if abs(seconds) < LAST_SECOND else seconds / 1000)
    except (ValueError, OverflowError, OSError):
        raise Mismatch("a time in seconds, milliseconds or ISO 8601", value, way) from None


def time_or_unset(value: Any, way: Any = None) -> datetime | None:
    """Read a time that may be missing; DashScope sends -1 for that."""
    if value.__class__ is int and 0 <= value < LAST_SECOND:
        return from_seconds(value)
    return None if value == -1 else time(value, way)


def seconds(moment: datetime) -> int | float:
    """Return a time in seconds (in milliseconds if it is too late to be read as seconds), as an int if it is whole."""
    stamp = moment.timestamp()
    if stamp >= LAST_SECOND:
        return round(stamp * 1000)
    return int(stamp) if stamp.is_integer() else stamp
