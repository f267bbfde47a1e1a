"""A key never shows: values that hide themselves, and masks for texts that may hold one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

T = TypeVar("T")


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


def secrets_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of the headers that carry keys, tokens or cookies, as far as their names tell.

    Of ``Bearer KEY`` the key alone is one of them, too.
    """
    values = [value for name, value in headers.items() if value and _SECRET_NAME.search(name)]
    return (*values, *(hide(value.partition(" ")[2]) for value in values if " " in value))


_SHORTEST_SECRET: Final = 6


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret in it made unreadable, also where JSON, a URL or Python spells it otherwise."""
    for secret in secrets:
        if len(secret) < _SHORTEST_SECRET:
            continue  # a stand-in such as "x" or "none" is not secret, and is a part of many words
        for spelling in _spellings(secret):
            text = text.replace(spelling, "***")
    return text


def _spellings(secret: str) -> tuple[str, ...]:
    in_json = json.dumps(secret)[1:-1]
    in_python = secret.replace("\\", "\\\\")
    return (
        *(secret, quote(secret, safe=""), in_json, in_json.replace("/", "\\/")),
        *(in_python, in_python.replace("'", "\\'")),
    )
