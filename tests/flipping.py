"""A file with one bit changed, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def flipped(path: Path, *, at: int, bit: int) -> Iterator[tuple[bytes, bytes]]:
    """Change a bit, and yield the bytes before and now; ``at`` is counted round the end of the file."""
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[at % len(whole)] ^= 1 << bit
    path.write_bytes(changed)
    try:
        yield whole, bytes(changed)
    finally:
        path.write_bytes(whole)
