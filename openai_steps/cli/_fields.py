"""The fields of an item for ``--json``, by name, as JSON."""

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
    """Return the field names of a class: its attributes and properties."""
    own = [field.name for field in attrs.fields(kind)]
    return own + [name for name, value in vars(kind).items() if isinstance(value, property)]


def check_fields(names: Iterable[str], kind: type[Any]) -> None:
    """Check that the class has these names.

    Raises:
        click.UsageError: If it does not, or if no names are given; with the names that it has.
    """
    known = field_names(kind)
    unknown = [name for name in names if name not in known]
    wrong = f"Unknown: {', '.join(map(repr, unknown))}. " if any(unknown) else ""
    if unknown:
        raise click.UsageError(f"{wrong}--json takes one or more of these, separated by commas: {', '.join(known)}.")


def pick(item: Any, names: Iterable[str]) -> str:
    """Return the fields of an item as a JSON object on one line.

    Times are text in UTC, durations numbers of seconds; everything else is in the wire shape.
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
