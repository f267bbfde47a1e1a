"""Attributes of spans: their type, and those that have no value left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Attributes: TypeAlias = dict[str, str | int | tuple[str, ...]]


def known(attributes: Mapping[str, str | int | tuple[str, ...] | None]) -> Attributes:
    """Return the attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}
