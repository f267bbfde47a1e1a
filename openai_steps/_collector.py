"""The cyclic garbage collector, paused while many objects are made and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

_pausing: Final = Lock()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Switch the collector off, unless it is off already: by its owner, or by another thread that is in here.

    It is one switch for all threads, so only the one that has the lock may use it.
    """
    if not gc.isenabled() or not _pausing.acquire(blocking=False):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        _pausing.release()
