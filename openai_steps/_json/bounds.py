"""Bounds the number of values in JSON text, before any is made.

A kilobyte of gzip may hold a million empty arrays, which take a second and a hundred megabytes to make. Each value but
the first follows a comma or an opening bracket or brace, so these are counted, in C. Those between quotes do not count,
and are looked for only if there are too many in all.
"""

from __future__ import annotations

import re
from typing import Final

_BEFORE_VALUES: Final = b",[{"
_NOT_OF_INTEREST: Final = bytes(set(range(256)) - set(b',[{"'))
_in_quotes: Final = re.compile(rb'"([^"]*)"').findall


def has_more_values(body: bytes, most: int) -> bool:
    """Return whether JSON text has more than ``most`` values.

    Args:
        body: The text. If it is not JSON, the count means nothing, but takes no longer.
        most: The most values.
    """
    if len(body) < 2 * most:  # each takes a byte, and the comma or bracket before it another
        return False
    count = 1 + sum(map(body.count, (b",", b"[", b"{")))
    if count <= most:
        return False
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NOT_OF_INTEREST)
    if bare.count(b'"') > 4 * most:  # a value is at most one text, with one key
        return True
    return count - sum(map(len, _in_quotes(bare))) > most
