"""The clock by which batches are due, stopped until a test moves it on."""

from __future__ import annotations

import pytest

from openai_steps.archive import _batch


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def stop_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Put a clock that stands still in the place of the batches' own, and return it."""
    clock = Clock()
    monkeypatch.setattr(_batch, "time", clock)
    return clock
