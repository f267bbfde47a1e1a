"""The pictures of the how-to pages are what this package draws of its demo run.

``python tests/docs/test_pictures.py`` draws them.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from openai_steps import RunStep, structure_step
from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator
from openai_steps.timeline import build_timeline, to_svg

PICTURES = Path(__file__).parents[2] / "docs" / "_static"


def demo_steps() -> list[RunStep]:
    return [structure_step(step) for step in Emulator.demo().store.steps(DEMO_THREAD, DEMO_RUN)]


def draw_timeline() -> str:
    return to_svg(build_timeline(demo_steps()), title="Sunday's bread")


def draw_follow() -> str:
    """The same run, as it was 83 seconds after its start."""
    steps = demo_steps()
    now = steps[0].created_at + timedelta(seconds=83)
    begun = [step for step in steps if step.created_at <= now]
    going_on: dict[str, Any] = {"status": "in_progress", "completed_at": None, "usage": None}
    seen = [step if step.finished_at and step.finished_at <= now else evolve(step, **going_on) for step in begun]
    return to_svg(build_timeline(seen, until=now), title="Sunday's bread, going on")


DRAWN = {"timeline.svg": draw_timeline, "follow.svg": draw_follow}


@pytest.mark.parametrize("name", DRAWN)
def test_the_picture_is_up_to_date(name: str) -> None:
    assert (PICTURES / name).read_text("utf-8") == DRAWN[name](), "run: python tests/docs/test_pictures.py"


if __name__ == "__main__":
    for name, draw in DRAWN.items():
        (PICTURES / name).write_text(draw(), "utf-8")
