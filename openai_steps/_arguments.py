"""Checks of arguments, before any request: ids, page sizes, orders, headers and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from openai_steps._secrets import hide_values, without_trace


class ArgumentError(ValueError):
    """An argument with an invalid value.

    Attributes:
        argument: The argument's name, or that of the environment variable used in its place.
        problem: The rest of the sentence that begins with the name. The command line puts its option before it.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(argument, problem)
        self.argument = argument
        self.problem = problem

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{self.argument} {self.problem}"


_NOT_IN_A_HEADER: Final = re.compile(r"[^\x21-\x7e]")


@without_trace
def check_key(key: object) -> str:
    """Return the key, or raise a ValueError that does not contain it."""
    if not isinstance(key, str) or not key:
        raise ValueError(f"The API key must be text and not empty; it is {type(key).__name__}.")
    if _NOT_IN_A_HEADER.search(key):
        raise ValueError(
            "The API key has a space, a line break or another character that no header can carry. "
            "It is often the line break at the end of a file: strip it."
        )
    return key


# RFC 9110, sections 5.6.2 and 5.5, without the obsolete bytes above 127.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


@without_trace
def check_headers(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the headers with their values hidden.

    Raises:
        ValueError: If a name or value would break out of its line; the message does not contain the value.
    """
    for name, value in (headers or {}).items():
        check_name(name)
        check_value(f"the header {name}", value)
    return hide_values(headers)


def check_name(name: object) -> str:
    """Return a header's name, or raise a ValueError."""
    if isinstance(name, str) and is_header_name(name):
        return name
    raise ValueError(f"A header cannot be called {str(name)[:80]!r}.")


def is_header_name(name: str) -> bool:
    """Return whether a header can have this name."""
    return _NAME.fullmatch(name) is not None


def check_value(what: str, value: object) -> str:
    """Return text for a header, or raise a ValueError that names ``what`` and does not contain the text."""
    if not isinstance(value, str):
        raise ValueError(f"The value of {what} must be text, not {type(value).__name__}.")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"The value of {what} has a line break or another character that no header can carry.")
    return value


def check_page_size(name: str, number: object) -> None:
    """Raise a ValueError, which names the argument, for an invalid page size."""
    if not (_is_positive(number) and number <= MAX_PAGE_SIZE):
        raise ArgumentError(name, f"must be a whole number from 1 to {MAX_PAGE_SIZE}, not {number!r}.")


def read_page_size(name: str, text: str) -> int:
    """Return the page size that text says in digits, or raise a ValueError that names the argument."""
    number = int(text) if re.fullmatch("[0-9]{1,3}", text) else text[:64]
    check_page_size(name, number)
    return int(number)


def check_count(name: str, number: object) -> int | None:
    """Return the most to read, or None for all; or raise a ValueError that names the argument."""
    if number is None or _is_positive(number):
        return number
    raise ArgumentError(name, f"must be a whole number above 0, or None, not {number!r}.")


def check_positive(name: str, number: object) -> None:
    """Raise a ValueError, which names the argument, for anything but a whole number above 0."""
    if not _is_positive(number):
        raise ArgumentError(name, f"must be a whole number above 0, not {number!r}.")


def _is_positive(number: object) -> TypeGuard[int]:
    return isinstance(number, int) and not isinstance(number, bool) and number > 0


def check_bound(name: str, number: object) -> None:
    """Raise a ValueError, which names the argument, for anything but a number above 0, or None for no bound."""
    if number is None or (isinstance(number, int | float) and not isinstance(number, bool) and number > 0):
        return
    raise ArgumentError(name, f"must be a number above 0, or None, not {number!r}.")


def check_list(name: str, values: object, of: str) -> None:
    """Raise a ValueError, which names the argument, for one text instead of a list: it would be read by characters."""
    if isinstance(values, str):
        raise ArgumentError(name, f"must be a list of {of}: write [{values!r}].")


def check_order(order: object) -> str:
    """Return the order, or raise a ValueError that names it."""
    if order not in ("asc", "desc"):
        raise ArgumentError("order", f"must be 'asc' or 'desc', not {order!r}.")
    return str(order)


# Ids in use are far shorter; a longer one would only break the limits on a request's first line.
LONGEST_ID: Final = 1024


def check_id(name: str, value: object) -> str:
    """Return the id, or raise a ValueError that names the argument and its value."""
    if not isinstance(value, str) or not value or value in (".", ".."):
        raise ArgumentError(name, f"must be an id, not {value!r}.")
    if len(value) > LONGEST_ID:
        raise ArgumentError(name, f"must be an id, not text of {len(value)} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ArgumentError(name, f"must be an id, but {value!r} is not valid Unicode.") from None
    return value


MAX_PAGE_SIZE: Final = 100
"""The most items in a page of the API."""
