"""JSON text to plain Python and back."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

import msgspec

_TOO_DEEP: Final = "The data is nested too deeply."

_LONGEST_INTEGER: Final = 4300
"""The most digits that Python turns into an integer: more would take it too long."""


def loads(text: bytes | str | msgspec.Raw) -> Any:
    r"""Return what JSON text says.

    Half a character (``\ud800``), which is no Unicode, is read as well, as half a character.

    Raises:
        ValueError: If it is not JSON, not UTF-8, or nested some hundred levels deep.
    """
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except msgspec.DecodeError as error:
        problem = error
    # json takes half a character, which no other reader does, and numbers that are too big; but also what is no JSON.
    try:
        return json.loads(text if isinstance(text, str) else bytes(text), parse_int=_integer, parse_constant=_refuse)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except json.JSONDecodeError:
        raise problem from None  # which says more, and less of the text


_decode: Final = msgspec.json.Decoder().decode


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _refuse(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON", name, 0)


def to_text(value: Any) -> bytes:
    """Return JSON text for plain Python.

    Raises:
        ValueError: If it is nested some hundred levels deep.
    """
    try:
        return msgspec.json.encode(value)
    except RecursionError:
        raise ValueError(f"{_TOO_DEEP[:-1]} to be written as JSON.") from None
    except UnicodeEncodeError:  # half a character
        return json.dumps(value, separators=(",", ":")).encode()
