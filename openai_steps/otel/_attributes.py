"""The attributes of spans, without those that have no value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Attributes: TypeAlias = dict[str, str | int | tuple[str, ...]]


def known(attributes: Mapping[str, str | int | tuple[str, ...] | None]) -> Attributes:
    """Return the attributes that have a value."""
    return {
        name: sendable(value) if isinstance(value, str) else value
        for name, value in attributes.items()
        if value is not None
    }


def sendable(text: str) -> str:
    r"""Return text that UTF-8 can encode; half of a surrogate pair becomes ``\ud83d``, its escape in JSON.

    Because of one such text an exporter drops all spans of its batch, and reports it in its log only.
    """
    return text.encode("utf-8", "backslashreplace").decode()
