"""Whole runs, read once for all concurrent requests, and kept for a while if they have ended."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import attrs

from openai_steps.gateway._contract import WholeRun

Key: TypeAlias = tuple[str, str, tuple[str, ...]]
"""The ids of thread and run, and the names to include."""


@attrs.frozen
class Reading:
    """A whole run, and whether it will change."""

    run: WholeRun
    has_ended: bool


@attrs.define
class _Flight:
    task: asyncio.Task[Reading]
    waiting: int = 0


@attrs.frozen
class _Kept:
    run: WholeRun
    until: float


MAX_BYTES: Final = 64 * 1024 * 1024
KEEP_SECONDS: Final = 300.0


class Readings:
    """Reads runs by a function, each once at a time.

    A run that has ended is kept for five minutes, at most 64 MiB of runs, and the least recently used is dropped first.
    A reading of a live run serves only requests that come while it is under way. One entry serves all callers, since
    all of them read with the same key.

    Args:
        read: Reads one run.
        now: Returns a monotonic time in seconds.
        max_bytes: The most bytes to keep.
    """

    def __init__(
        self, read: Callable[[Key], Awaitable[Reading]], *, now: Callable[[], float], max_bytes: int = MAX_BYTES
    ) -> None:
        self._read = read
        self._now = now
        self._max_bytes = max_bytes
        self._flights: dict[Key, _Flight] = {}
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0

    async def get(self, key: Key) -> tuple[WholeRun, str]:
        """Return a run, and where it came from: ``cache`` or ``server``."""
        kept = self._kept.get(key)
        if kept is not None and self._now() < kept.until:
            self._kept.move_to_end(key)
            return kept.run, "cache"
        return (await self._join(key)).run, "server"

    async def _join(self, key: Key) -> Reading:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(self._fly(key)))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:  # the last one has disconnected, or all is done
                if self._flights.get(key) is flight:
                    del self._flights[key]
                flight.task.cancel()

    async def _fly(self, key: Key) -> Reading:
        reading = await self._read(key)
        if reading.has_ended:
            self._keep(key, reading.run)
        return reading

    def _keep(self, key: Key, run: WholeRun) -> None:
        self._drop(key)
        self._kept[key] = _Kept(run, self._now() + KEEP_SECONDS)
        self._bytes += run.size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= kept.run.size
