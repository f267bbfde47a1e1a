"""Waits for what the other side does and has no event for; never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_PAUSE = 0.0005  # seconds: some tests kill what they wait for, and want it in the middle of its work
_LONGEST = 60.0


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is true; TimeoutError if it does not come."""
    async with asyncio.timeout(_LONGEST):
        while not condition():  # noqa: ASYNC110 - it is told by no event
            await asyncio.sleep(_PAUSE)


async def next_line(process: asyncio.subprocess.Process, wanted: bytes = b"") -> str:
    """Return the next line that a process writes, or the next with these bytes; AssertionError if it ends without."""
    assert process.stdout is not None
    async with asyncio.timeout(_LONGEST):
        while line := await process.stdout.readline():
            if wanted in line:
                return line.decode()
    raise AssertionError(f"the process ended, and wrote no line with {wanted!r}")
