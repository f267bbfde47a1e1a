"""So many at once and no more, first come, first served; without a price for those who need not wait.

`asyncio.Semaphore` does the same, but each ``async with`` of it makes three coroutines, even where there is a place.
Here whoever finds one takes it in a plain call.
"""

from __future__ import annotations

import asyncio


class Places:
    """A number of places.

    Args:
        free: How many there are at first.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: dict[asyncio.Future[None], None] = {}  # an ordered set

    @property
    def are_wanted(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._waiting)

    def take_if_free(self) -> bool:
        """Take a place, if there is one; return whether there was."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Wait for a place and take it."""
        if self.take_if_free():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.pop(turn, None)
            if not turn.cancelled():  # the place was given just before
                self.add()
            raise

    def add(self) -> None:
        """Give a place back, or make one more."""
        while self._waiting:
            turn = next(iter(self._waiting))
            del self._waiting[turn]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
