"""The ids that a walk has met, in little memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

AS_TEXT: Final = 20_000
_BUCKETS: Final = 1 << 16
_KEPT_BYTES: Final = 6


class Seen:
    """Remembers ids.

    Up to 20,000 are kept as they are, in a set. Beyond, six bytes of each id's hash go into one of 65,536 buckets, so
    that a million ids take about 15 MB instead of 150. Two ids are confused with a chance of a millionth in a walk of a
    million steps.

    Args:
        as_text: How many ids are kept as they are.
    """

    def __init__(self, *, as_text: int = AS_TEXT) -> None:
        self._ids: set[str] = set()
        self._as_text = as_text
        self._buckets: list[bytes] | None = None

    def add_all(self, ids: Sequence[str]) -> bool:
        """Remember ids if all are new and different; otherwise remember none and return False."""
        if self._buckets is None:
            if not self._ids.isdisjoint(ids):
                return False
            before = len(self._ids)
            self._ids.update(ids)
            if len(self._ids) - before != len(ids):
                self._ids.difference_update(ids)
                return False
            if len(self._ids) > self._as_text:
                self._move()
            return True
        if len(set(ids)) != len(ids) or any(item_id in self for item_id in ids):
            return False
        self._put(ids)
        return True

    def __contains__(self, item_id: str) -> bool:
        if self._buckets is None:
            return item_id in self._ids
        bucket, kept = _digest(item_id)
        held = self._buckets[bucket]
        place = held.find(kept)
        while place > 0 and place % _KEPT_BYTES:  # a match across two hashes does not count
            place = held.find(kept, place + 1)
        return place >= 0

    def _move(self) -> None:
        self._buckets = [b""] * _BUCKETS
        self._put(self._ids)
        self._ids = set()

    def _put(self, ids: Iterable[str]) -> None:
        assert self._buckets is not None
        for item_id in ids:
            bucket, kept = _digest(item_id)
            self._buckets[bucket] += kept


def _digest(item_id: str) -> tuple[int, bytes]:
    # Python's own hash is seeded anew in each process, so that no server can aim at it.
    whole = hash(item_id)
    return whole & (_BUCKETS - 1), (whole >> 16 & 0xFFFF_FFFF_FFFF).to_bytes(_KEPT_BYTES, "big")
