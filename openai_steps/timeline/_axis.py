"""The time axis: where to put its marks."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import frozen

from openai_steps import _words

# Round durations: the steps of a clock's face, not of the decimal system.
_STEPS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200, 86_400),
)
_DAY: Final = 86_400


@frozen
class Tick:
    """A mark on the axis: its place from 0 to 1, and its label."""

    place: float
    label: str


def tick_step(total: timedelta, *, at_most: int) -> float:
    """Return the seconds between two marks, so that an axis has at most ``at_most`` of them."""
    seconds = total.total_seconds()
    whole_days = _DAY * max(1, -(-int(seconds) // (_DAY * at_most)))
    return next((step for step in _STEPS if seconds / step <= at_most), whole_days)


def ticks(total: timedelta, *, at_most: int = 8) -> tuple[Tick, ...]:
    """Return the marks of an axis, the first at its start."""
    seconds = total.total_seconds()
    if seconds <= 0:
        return (Tick(0.0, "0s"),)
    step = tick_step(total, at_most=at_most)
    moments = (number * step for number in range(int(seconds / step) + 1))
    return tuple(Tick(moment / seconds, _label(moment)) for moment in moments)


def _label(seconds: float) -> str:
    return _words.duration(timedelta(seconds=seconds)).removesuffix(" 00s").removesuffix(" 00m").removesuffix(" 0h")
