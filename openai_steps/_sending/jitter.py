"""Jitter, which keeps many clients from acting at the same time."""

from __future__ import annotations

import random


def jitter() -> float:
    """Return a random number from 0 up to 1."""
    return random.random()  # noqa: S311 - not for secrets
