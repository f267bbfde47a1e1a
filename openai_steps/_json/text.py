"""JSON text to plain Python and back."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

_TOO_DEEP: Final = "The data is nested too deeply to be written as JSON."


def loads(text: bytes | str) -> Any:
    """Return what JSON text says; ValueError if it is not JSON."""
    return orjson.loads(text)


def to_text(value: Any) -> bytes:
    """Return JSON text for plain Python; ValueError where it is nested too deeply."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # 65 bits, a lone surrogate, 255 levels: what json reads, json can write
        try:
            return json.dumps(value, separators=(",", ":")).encode()
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
