"""Colours and marks, the same in every picture."""

from __future__ import annotations

from typing import Final, NamedTuple

from openai_steps.timeline._values import Bar


class Shade(NamedTuple):
    """One colour on a light and on a dark background, and its nearest name in a terminal."""

    light: str
    dark: str
    terminal: str = "default"


# Text has a contrast of 4.5 to 1 or more against paper and card (WCAG 2.2, 1.4.3), bars of 3 to 1 (1.4.11).
PALETTE: Final = {
    "paper": Shade("#faf9f7", "#14161b"),
    "card": Shade("#ffffff", "#1b1e25"),
    "ink": Shade("#20242e", "#e7e9ee"),
    "muted": Shade("#5d6472", "#9fa7b6"),
    "grid": Shade("#e8e5df", "#2a2f39"),
    "message": Shade("#4a66d0", "#8da3ff", "blue"),
    "tools": Shade("#14806a", "#45bd9b", "cyan"),
    "other": Shade("#7b5fb0", "#b49ae8", "magenta"),
    "live": Shade("#a86a00", "#efb24a", "yellow"),
    "failed": Shade("#c03a35", "#ff827a", "red"),
    "stopped": Shade("#7b818c", "#868d9b", "bright_black"),
}

STATUS_TONES: Final = {
    "in_progress": "live",
    "queued": "live",
    "requires_action": "live",
    "cancelling": "live",
    "failed": "failed",
    "expired": "failed",
    "incomplete": "failed",
    "cancelled": "stopped",
}

_MARKS: Final = {"live": "…", "failed": "✕", "stopped": "■"}


def tone(bar: Bar) -> str:
    """Return the name of a bar's colour: that of a failed or unfinished step, otherwise that of what it did."""
    return STATUS_TONES.get(bar.status, bar.kind)


def status_tone(status: str | None) -> str:
    """Return the name of a status's colour."""
    return STATUS_TONES.get(status or "", "tools")


def mark(bar: Bar) -> str:
    """Return the sign that means the same as the colour, for colour-blind readers; often empty."""
    return _MARKS.get(tone(bar), "")


def css_variables(ground: str) -> str:
    """Return the colours as custom properties of CSS, for the background ``light`` or ``dark``."""
    return "".join(f"--{name}:{getattr(shade, ground)};" for name, shade in PALETTE.items())
