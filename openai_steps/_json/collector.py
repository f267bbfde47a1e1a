"""A context in which the cyclic garbage collector is off."""

from __future__ import annotations

import gc
from threading import Lock
from typing import Final

_pausing: Final = Lock()


class CollectorPaused:
    """Switches the collector off, unless the program or another thread has switched it off already.

    A large page makes many objects and no cycle. Left running, the collector searches the whole heap again and again
    and finds nothing, which takes more than half of the time of a page of 64 MiB. All threads share the switch, so only
    the one that has the lock may use it.
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
