"""What a strategy can give."""

from typing import Any

from hypothesis import Phase, find, settings


def kinds(strategy: Any, *examples: Any) -> None:
    """Check that there is something of each kind."""
    for is_one in examples:
        find(strategy, is_one, settings=settings(max_examples=5000, phases=[Phase.generate]))
