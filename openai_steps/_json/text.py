"""JSON text to plain Python and back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final, NoReturn

import msgspec

_TOO_DEEP: Final = "The data is nested too deeply."

_LONGEST_INTEGER: Final = 4300
"""The most digits that Python turns into an integer: more would take it too long."""


def loads(text: bytes | str | msgspec.Raw) -> Any:
    r"""Return the value of JSON text.

    Half of a surrogate pair (``\ud800``), which is not valid Unicode, is kept as it is.

    Raises:
        ValueError: If it is not JSON, not UTF-8, nested some hundred levels deep, or has too large a number.
    """
    return _loads(text, _integer, _number)


def loads_checked(text: bytes) -> Any:
    """Return the value of text known to be JSON in UTF-8; a number that Python cannot hold becomes infinite."""
    return _loads(text, _integer_or_infinite, float)


def _loads(text: bytes | str | msgspec.Raw, integer: Callable[[str], Any], number: Callable[[str], float]) -> Any:
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except msgspec.DecodeError as error:
        problem = error
    # Only json reads half of a surrogate pair; but it also reads UTF-16 and NaN.
    characters = text if isinstance(text, str) else bytes(text).decode()
    try:
        return json.loads(characters, parse_int=integer, parse_float=number, parse_constant=_refuse)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except json.JSONDecodeError:
        raise problem from None  # whose message says more, and quotes less of the text


_decode: Final = msgspec.json.Decoder().decode


def _integer(digits: str) -> int:
    return _refuse(digits) if len(digits) > _LONGEST_INTEGER else int(digits)


def _integer_or_infinite(digits: str) -> float:
    return math.inf if len(digits) > _LONGEST_INTEGER else int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    return _refuse(digits) if math.isinf(number) else number


def _refuse(word: str) -> NoReturn:
    raise json.JSONDecodeError("no number that can be read", word, 0)


def to_text(value: Any) -> bytes:
    """Return JSON text for plain Python.

    Raises:
        ValueError: If it is nested some hundred levels deep.
    """
    try:
        return msgspec.json.encode(value)
    except RecursionError:
        raise ValueError(f"{_TOO_DEEP[:-1]} to be written as JSON.") from None
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value, separators=(",", ":")).encode()
