"""How long a server asks to wait, which it says in one of two headers, or only in a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

# A wait of more than a day comes from clocks that differ.
_LONGEST_ASKED: Final = 86_400.0


def retry_after(headers: Mapping[str, str], message: str = "", *, now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, or None if it names no plausible wait.

    Args:
        headers: The answer's headers with names in lower case. ``retry-after-ms`` (Azure, OpenAI) takes precedence over
            ``Retry-After``, which is seconds or a date (RFC 9110, section 10.2.3).
        message: The error's message, for servers that name the wait only there.
        now: The time now, aware. The answer's own ``Date`` takes precedence, since the two clocks may differ.
    """
    milliseconds = _sensible(_number(headers.get("retry-after-ms")), scale=1 / 1000)
    if milliseconds is not None:
        return milliseconds
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is None and value is not None:
        seconds = _seconds_until(value, _moment(headers.get("date")) or now)
    asked = _sensible(seconds)
    return _sensible(_seconds_in(message)) if asked is None else asked


def _sensible(seconds: float | None, scale: float = 1.0) -> float | None:
    if seconds is None or not 0 <= seconds * scale <= _LONGEST_ASKED:
        return None
    return seconds * scale


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _moment(date: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds_until(date: str, now: datetime) -> float | None:
    moment = _moment(date)
    try:
        return None if moment is None else max(0.0, (moment - now).total_seconds())
    except OverflowError:  # an offset beyond the first or last year
        return None


# "Try again in 21 seconds." and "Please retry after 5 seconds." (Azure), "Please try again in 6m0s." (OpenAI, which
# writes durations as Go does: 1.2s, 20ms, 1h2m3s), "wait for 1 minute and 30 seconds".
_ASKS: Final = re.compile(r"\b(?:try again|retry|wait) (?:(?:in|after|for|at least) )*(?=\d)")
_PART: Final = re.compile(
    r"(\d{1,9}(?:\.\d{1,9})?) ?(ms|millisecond|s|sec|second|m|min|minute|h|hour|d|day)s?(?![a-z])"
)
_BETWEEN: Final = re.compile(r" ?(?:,|and)? ?")
_SECONDS: Final = {"ms": 0.001, "millisecond": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LONGEST_MESSAGE: Final = 2000


def _seconds_in(message: str) -> float | None:
    text = " ".join(message[:_LONGEST_MESSAGE].lower().split())
    asks = _ASKS.search(text)
    if asks is None:
        return None
    seconds, part = None, _PART.match(text, asks.end())
    while part is not None:
        number, unit = part.groups()
        seconds = (seconds or 0.0) + float(number) * (_SECONDS.get(unit) or _SECONDS[unit[0]])
        between = _BETWEEN.match(text, part.end())
        part = _PART.match(text, between.end() if between else part.end())
    return seconds
