"""Waiting, except in stamina's test mode, which makes tests fast."""

from __future__ import annotations

import asyncio


async def sleep(seconds: float) -> None:
    """Wait; not at all in stamina's test mode."""
    await asyncio.sleep(0 if is_testing() else seconds)


def is_testing() -> bool:
    """Return whether stamina is in its test mode."""
    import stamina  # here, since most clients never wait

    return stamina.is_testing()
