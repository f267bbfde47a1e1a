"""Whether a value tells all that the wire said."""

from datetime import datetime
from typing import Any

import attrs


def check_reachable(value: Any, wire: Any) -> None:
    """Follow the wire's names through attributes, ``extra`` and ``data`` to every leaf."""
    if isinstance(wire, dict):
        for key, inner in wire.items():
            check_reachable(_reach(value, key), inner)
    elif isinstance(wire, list):
        assert len(value) == len(wire)
        for one, inner in zip(value, wire, strict=True):
            check_reachable(one, inner)
    else:
        assert (value.timestamp() if isinstance(value, datetime) else value) == wire


def _reach(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value[key]
    fields = {field.name for field in attrs.fields(type(value))}
    if key in fields or (key == "type" and "data" not in fields):
        return getattr(value, key)
    return (value.extra if "extra" in fields else value.data)[key]
