"""Others' packages of prices, which are read where they lie and not imported."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest


def sources_of(package: str) -> Distribution:
    """Return an installed package of the group prices; skip the test without it."""
    try:
        return distribution(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is of the group prices")
