"""The time of day. What only measures how long something takes asks `time.monotonic` itself, within this room."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time now, aware."""
    return datetime.now(UTC)
