"""Headers: what may go into one, and values that do not show themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")

# RFC 9110, sections 5.6.2 and 5.5, without the obsolete bytes above 127.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_SECRET_NAME: Final = re.compile(r"auth|cookie|key|password|secret|token", re.IGNORECASE)


class Hidden(str):
    """Text whose repr does not tell it, so that neither a traceback with locals nor aiohttp's errors do."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def hide(value: T) -> T:
    """Return text as `Hidden`, and anything else as it is."""
    return Hidden(value) if isinstance(value, str) else value  # type: ignore[return-value]


def hide_values(headers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the headers with their values hidden."""
    return {name: hide(value) for name, value in (headers or {}).items()}


def check_headers(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the headers with their values hidden.

    Raises:
        ValueError: If a name or value would break out of its line; the message does not tell the value.
    """
    headers = hide_values(headers)  # before anything is raised: a traceback may show this frame's locals
    for name, value in headers.items():
        check_name(name)
        check_value(f"the header {name}", value)
    return headers


def check_name(name: object) -> str:
    """Return a header's name, or raise a ValueError."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"A header can not be called {str(name)[:80]!r}.")
    return name


def check_value(what: str, value: object) -> str:
    """Return text for a header, or raise a ValueError that names ``what`` and does not tell the text."""
    value = hide(value)
    if not isinstance(value, str):
        raise ValueError(f"The value of {what} must be text, not {type(value).__name__}.")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"The value of {what} has a line break or another character that no header can carry.")
    return value


def secrets_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of the headers that carry keys, tokens or cookies, as far as their names tell.

    Of ``Bearer KEY`` the key alone is one of them, too.
    """
    values = [value for name, value in headers.items() if value and _SECRET_NAME.search(name)]
    return (*values, *(hide(value.partition(" ")[2]) for value in values if " " in value))
