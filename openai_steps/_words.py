"""Remote text made safe to show, and the one wording of times, durations, sizes and counts."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

UNSAFE: Final = re.compile(
    # C0 and C1 controls: terminals obey them, and XML allows only three.
    "[\x00-\x1f\x7f-\x9f"
    # Invisible characters and marks of direction: text can pose as other text (https://trojansource.codes). The joiners
    # U+200C and U+200D are not among them, since scripts and emoji need them.
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
    # Line separators, lone surrogates (which have no UTF-8), and what XML forbids.
    "\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)
"""The characters that a terminal, a page or a picture would obey or hide instead of showing."""


def line(text: str) -> str:
    """Return remote text as one line without control characters."""
    if text.isascii() and text.isprintable():  # most texts, at a twentieth of the cost
        return text
    return UNSAFE.sub(_picture, text.translate(dict.fromkeys(map(ord, "\t\n\r\u2028\u2029"), " ")))


def lines(text: str) -> str:
    """Return remote text without control characters other than tabs and line ends."""
    return UNSAFE.sub(lambda match: match[0] if match[0] in "\t\n" else _picture(match), text.replace("\r\n", "\n"))


def _picture(match: re.Match[str]) -> str:
    """Return Unicode's sign for a control character (U+2400 and on), or the replacement character."""
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def shorten(text: str, columns: int) -> str:
    """Return one line of at most ``columns`` columns, in which wide characters take two."""
    text = line(text[: 4 * columns])
    if width(text) <= columns:
        return text
    kept, left = "", columns - 1
    for character in text:
        left -= _columns(character)
        if left < 0:
            break
        kept += character
    return f"{kept.rstrip()}…"


def width(text: str) -> int:
    """Return how many columns a line takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def excerpt(text: str, limit: int) -> str:
    """Return the first ``limit`` characters of remote text, and how many more there are."""
    shown = lines(text[:limit])
    missing = len(text) - limit
    return f"{shown}\n… {missing:,} more characters" if missing > 0 else shown


def as_json(value: object, *, indent: int | None = None) -> str:
    """Return a JSON value as text for people, and ``…`` for one that is nested too deeply to be written."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent)
    except RecursionError:  # msgspec reads more levels than json writes
        return "…"


def duration(time: timedelta | float) -> str:
    """Return a duration, or seconds, as text: ``850ms``, ``3.2s``, ``2m 05s``, ``1h 02m``, ``2d 5h``."""
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    if 0 < seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s".replace(".0s", "s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours < 48 else f"{hours // 24}d {hours % 24}h"


def seconds(time: timedelta | None) -> str | None:
    """Return a duration for programs, in seconds: ``3``, ``3.25``; None for one that is not known."""
    return None if time is None else str(time.total_seconds()).removesuffix(".0")


def moment(time: datetime) -> str:
    """Return a time in UTC for people, to the second: ``2026-11-28 08:30:00``."""
    return time.astimezone(UTC).isoformat(" ", "seconds")[:19]


def clock(time: datetime) -> str:
    """Return the time of day in UTC, where the day is said elsewhere: ``08:30:00``."""
    return moment(time)[11:]


def iso(time: datetime, timespec: str = "auto") -> str:
    """Return a time in UTC for programs (ISO 8601): ``2026-11-28T08:30:00Z``.

    Args:
        time: The time.
        timespec: How exact, as for `datetime.isoformat`.
    """
    return time.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def size(number: int) -> str:
    """Return a number of bytes as a person would say it: ``1 byte``, ``512 bytes``, ``1.5 KiB``, ``64 MiB``."""
    if number < 1024:
        return count(number, "byte")
    value, unit = number / 1024, "KiB"
    for larger in ("MiB", "GiB", "TiB"):
        if value < 1023.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.1f} {unit}".replace(".0 ", " ") if value < 9.95 else f"{value:,.0f} {unit}"


def number(value: int | None) -> str:
    """Return a number with its thousands separated, and an empty text for an unknown one."""
    return "" if value is None else f"{value:,}"


def count(number: int, noun: str) -> str:
    """Return a number and what is counted: ``1 step``, ``2 steps``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
