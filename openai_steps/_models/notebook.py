"""How models are shown: one short line in a shell, a small table in a notebook."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from openai_steps import _words

_MOST_ROWS: Final = 200
_MOST_CHARACTERS: Final = 200  # of a repr: a line or two of a shell, whatever a server sends


class _Repr(reprlib.Repr):
    def repr_datetime(self, time: datetime, _: int) -> str:  # found by the type's name
        return time.isoformat()


_REPR: Final = _Repr()
_REPR.maxstring = _REPR.maxother = 80


def one_line(name: str, *parts: str, **fields: Any) -> str:
    """Return a repr of at most 200 characters, with the fields that are not None and not empty, long ones shortened."""
    shown = (f"{field}={_REPR.repr(value)}" for field, value in fields.items() if value is not None and value != ())
    inside = ", ".join([*parts, *shown])
    room = _MOST_CHARACTERS - len(f"{name}()")
    return f"{name}({inside if len(inside) <= room else f'{inside[: room - 1]}…'})"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table of plain text: what a server sent is escaped, and control characters are shown.

    Notebooks keep what they show, so rows beyond 200 are counted and left out.
    """
    lines = [_row("td", row) for row in rows]
    more = len(lines) - _MOST_ROWS
    caption += f", the first {_MOST_ROWS} of them" if more > 0 else ""
    top = f"<thead>{_row('th', head)}</thead>" if head else ""
    return f"<table><caption>{_text(caption)}</caption>{top}<tbody>{''.join(lines[:_MOST_ROWS])}</tbody></table>"


def _row(cell: str, texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{_text(text)}</{cell}>' for text in texts)}</tr>"


def _text(text: str) -> str:
    return escape(_words.shorten(text, 160))
