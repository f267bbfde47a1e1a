"""Values taken out of objects before they are archived, by JSON path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

REDACTED: Final = "[redacted]"
"""The replacement of a value."""

_STEP: Final = re.compile(r"\.(?P<deep>\.)?(?P<key>[\w-]+|\*)|\[(?:(?P<index>\d+|\*)|'(?P<quoted>[^']+)')\]")


class Redaction:
    """Replaces the values at some JSON paths of objects.

    Args:
        paths: Such as ``$.metadata.email``, ``$.content[*].text.value``, ``$..arguments``: keys after a dot or in
            ``['…']``, places in arrays, ``*`` for all of them, two dots for any depth (RFC 9535 has more).

    Raises:
        ValueError: If a path has another form.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = tuple(paths)
        self._parsed = [list(_parse(path)) for path in self.paths]

    def apply(self, data: bytes) -> bytes:
        """Return an object without those values; the same bytes if it has none.

        Args:
            data: The object as JSON text.
        """
        if not self.paths:
            return data
        value = json.loads(data)
        found = sum([_redact(value, path) for path in self._parsed])  # a list: each path is to be followed
        return json.dumps(value, separators=(",", ":")).encode() if found else data


def _parse(path: str) -> Iterator[tuple[bool, str | int]]:
    """Yield each step of a path: whether at any depth, and the key, the place, or ``*``."""
    at = 1
    while path[:1] == "$" and at < len(path) and (step := _STEP.match(path, at)):
        at = step.end()
        index = step["index"]
        yield step["deep"] is not None, int(index) if index and index != "*" else step["key"] or step["quoted"] or "*"
    if at != len(path) or at < 2:
        raise ValueError(f"{path!r} is not a JSON path such as $.metadata.email or $.content[*].text.value.")


def _redact(value: Any, path: Sequence[tuple[bool, str | int]]) -> int:
    """Replace the values at a path, and return how many there were."""
    (deep, step), *rest = path
    found = 0
    for key in _keys(value, step):
        if rest:
            found += _redact(value[key], rest)
        elif value[key] is not None and value[key] != REDACTED:
            value[key] = REDACTED
            found += 1
    if deep:
        found += sum(_redact(value[key], path) for key in _keys(value, "*"))
    return found


def _keys(value: Any, step: str | int) -> list[Any]:
    if isinstance(value, dict):
        return list(value) if step == "*" else [step] if step in value else []
    if isinstance(value, list):
        return list(range(len(value))) if step == "*" else [step] if isinstance(step, int) and step < len(value) else []
    return []
