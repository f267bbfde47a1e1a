"""The cyclic collector, and a pause for it."""

from __future__ import annotations

import gc
from threading import Lock
from typing import Final

_pausing: Final = Lock()


class CollectorPaused:
    """A context in which the collector is off, unless it is off already: by its owner, or by another thread in one.

    A large page makes many objects and not one cycle. Left running, the collector searches the whole heap again and
    again and finds nothing: more than half of the time that a page of 64 MiB takes. It is one switch for all threads,
    so only the one that has the lock may use it.
    """

    __slots__ = ("_is_mine",)

    def __enter__(self) -> None:
        self._is_mine = gc.isenabled() and _pausing.acquire(blocking=False)
        if self._is_mine:
            gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._is_mine:
            gc.enable()
            _pausing.release()
