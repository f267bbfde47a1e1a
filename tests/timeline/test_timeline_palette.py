"""Colours and marks: what can be read on its ground, and what says the same without colour."""

from __future__ import annotations

import pytest
from timeline_steps import step

from openai_steps.timeline import build_timeline
from openai_steps.timeline._palette import PALETTE, css_variables, mark, status_tone, tone


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(set(PALETTE) - {"paper", "card", "grid"}))
def test_text_and_bars_have_contrast(name: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 for text; 1.4.11: 3 to 1 for bars."""
    least = 4.5 if name in ("ink", "muted") else 3
    for under in ("paper", "card"):
        assert contrast(getattr(PALETTE[name], ground), getattr(PALETTE[under], ground)) >= least


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("status", "shade", "sign"),
    [
        ("completed", "message", ""),
        ("in_progress", "live", "…"),
        ("failed", "failed", "✕"),
        ("expired", "failed", "✕"),
        ("cancelled", "stopped", "■"),
        ("a new one", "message", ""),
    ],
)
def test_a_bar_has_the_tone_and_the_mark_of_its_status(status: str, shade: str, sign: str) -> None:
    (bar,) = build_timeline([step(1, 0, 1, status=status)]).bars
    assert (tone(bar), mark(bar)) == (shade, sign)


def test_a_run_without_a_status_has_a_tone() -> None:
    assert status_tone(None) in PALETTE


def test_a_page_gets_every_colour() -> None:
    assert css_variables("dark").count("--") == len(PALETTE)
    assert "--ink:#20242e;" in css_variables("light")
