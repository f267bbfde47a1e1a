from __future__ import annotations

from openai_steps._sending.jitter import jitter


def test_jitter_is_a_part_of_one_and_never_the_same() -> None:
    shares = [jitter() for _ in range(100)]
    assert all(0 <= share < 1 for share in shares)
    assert len(set(shares)) == 100
