"""A batch is due after a megabyte or a second."""

from __future__ import annotations

import pytest
from batch_clock import Clock, stop_clock

from openai_steps.archive._batch import BATCH_BYTES, BATCH_SECONDS, Batch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stop_clock(monkeypatch)


@pytest.mark.usefixtures("clock")
def test_a_batch_is_due_when_it_is_big() -> None:
    batch = Batch()
    batch.add(BATCH_BYTES - 1)
    assert not batch.is_due
    batch.add(1)
    assert batch.is_due
    batch.begin()
    assert not batch.is_due


def test_a_batch_is_due_when_it_has_waited(clock: Clock) -> None:
    batch = Batch()
    clock.now += BATCH_SECONDS - 0.125
    assert not batch.is_due
    clock.now += 0.125
    assert batch.is_due
    batch.begin()
    assert not batch.is_due
