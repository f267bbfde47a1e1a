"""Dialects have knobs that refuse what they do not know."""

import pytest

from openai_steps.emulator import Dialect


def test_a_knob_refuses_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match=r"before must be one of adjacent, .*'sideways'"):
        Dialect(before="sideways")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="overlap"):
        Dialect(overlap=-1)
