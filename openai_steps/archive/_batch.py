"""When a batch is written: a crash costs little, and the disk is seldom waited for."""

from __future__ import annotations

import time
from typing import Final

# A crash costs no more work than this; smaller batches mean more waiting for the disk.
BATCH_BYTES: Final = 1024 * 1024
BATCH_SECONDS: Final = 1.0


class Batch:
    """Counts what waits to be written."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin with an empty one."""
        self._bytes = 0
        self._due = time.monotonic() + BATCH_SECONDS

    def add(self, size: int) -> None:
        """Count bytes that wait."""
        self._bytes += size

    @property
    def is_due(self) -> bool:
        """Whether it is big enough, or has waited long enough."""
        return self._bytes >= BATCH_BYTES or time.monotonic() >= self._due
