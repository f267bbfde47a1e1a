"""Remote text made safe, and durations, times and counts in words: one table for all that people read."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import Final

# Control characters move cursors and end documents (XML allows only three of them), invisible characters and marks of
# direction let text pose as other text (https://trojansource.codes), and lone surrogates have no UTF-8.
_UNSAFE: Final = {
    **{code: 0x2400 + code for code in range(0x20)},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **dict.fromkeys([0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F)], 0xFFFD),
    **dict.fromkeys([0x2028, 0x2029], 0x20),
    **dict.fromkeys([*range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC), 0xFFFE, 0xFFFF], 0xFFFD),
    **dict.fromkeys([*range(0xD800, 0xE000), *range(0xE0000, 0xE0080)], 0xFFFD),
}
_KEEP_LINES: Final = {code: shown for code, shown in _UNSAFE.items() if code not in (0x09, 0x0A)}
_ONE_LINE: Final = {**_UNSAFE, 0x09: 0x20, 0x0A: 0x20, 0x0D: 0x20}


def line(text: str) -> str:
    """Return remote text as one line without control characters."""
    return text.translate(_ONE_LINE)


def lines(text: str) -> str:
    """Return remote text without control characters other than tabs and line ends."""
    return text.replace("\r\n", "\n").translate(_KEEP_LINES)


def shorten(text: str, columns: int) -> str:
    """Return one line of at most so many columns, in which wide characters take two."""
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
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def excerpt(text: str, limit: int) -> str:
    """Return remote text up to so many characters, and say how many are missing."""
    shown = lines(text[:limit])
    missing = len(text) - limit
    return f"{shown}\n… {missing:,} more characters" if missing > 0 else shown


def duration(time: timedelta) -> str:
    """Return a time as a person would say it: ``850 ms``, ``3.2 s``, ``2 min 05 s``, ``1 h 02 min``."""
    seconds = time.total_seconds()
    if 0 < seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def count(number: int, noun: str) -> str:
    """Return a number and what is counted: ``1 step``, ``2 steps``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
