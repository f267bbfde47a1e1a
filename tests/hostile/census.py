"""A count of tasks and sockets: what was there before must be all that is there after."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_FOLDER = Path("/proc/self/fd")


def sockets() -> set[str]:
    """The open sockets of this process; where there is no /proc, the count of open files stands for them."""
    if not _FOLDER.exists():
        return {str(number) for number in range(len(os.listdir("/dev/fd")))}
    found = set()
    for entry in os.listdir(_FOLDER):
        try:
            found.add(os.readlink(_FOLDER / entry))
        except FileNotFoundError:  # the one with which the folder was read
            continue
    return {name for name in found if name.startswith("socket:")}


async def settle() -> None:
    """Let the loop do what it has begun: closed transports hang up in its next turns."""
    gc.collect()
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Fail if tasks or sockets remain, or asyncio complained, when the block is left."""
    complaints: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    await settle()
    tasks, files = asyncio.all_tasks(), sockets()
    yield
    async with asyncio.timeout(20):
        while asyncio.all_tasks() - tasks or sockets() - files:
            await settle()
    assert complaints == []
