"""The fields of an item for ``--json``: what a script picks by name, in forms that JSON has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
import click

from openai_steps import _words, unstructure
from openai_steps.cli._terminal import safe_json


def field_names(kind: type[Any]) -> list[str]:
    """Return the names of a class of items: its attributes, and what it works out from them."""
    own = [field.name for field in attrs.fields(kind)]
    return own + [name for name, value in vars(kind).items() if isinstance(value, property)]


def check_fields(names: Iterable[str], kind: type[Any]) -> None:
    """Refuse names that the class does not have.

    Raises:
        click.UsageError: With the names that it has; also if there are none.
    """
    known = field_names(kind)
    unknown = [name for name in names if name not in known]
    wrong = f"Unknown: {', '.join(map(repr, unknown))}. " if any(unknown) else ""
    if unknown:
        raise click.UsageError(f"{wrong}--json takes one or more of these, with commas between: {', '.join(known)}.")


def pick(item: Any, names: Iterable[str]) -> str:
    """Return the fields of an item as a JSON object on one line.

    Times are text in UTC, durations numbers of seconds; all else has the shape that the server sends.
    """
    picked = {name: getattr(item, name) for name in names}
    # Not by msgspec, which refuses the lone surrogates that some servers send.
    return safe_json(json.dumps(picked, default=_as_json, ensure_ascii=False, separators=(",", ":")))


def _as_json(value: Any) -> Any:
    match value:
        case datetime():
            return _words.iso(value)
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return dict(value)
        case _:
            return unstructure(value)
