"""The time of day. Durations are measured with `time.monotonic` itself, within this package."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time now, aware."""
    return datetime.now(UTC)
