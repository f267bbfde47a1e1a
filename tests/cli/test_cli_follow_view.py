"""The view of a run that goes on."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from sample_steps import RUN, make_step

from openai_steps import structure_run, structure_step
from openai_steps.cli._follow_view import LiveView


def going_on(number: int, **fields: Any) -> dict[str, Any]:
    return make_step(number, status="in_progress", completed_at=None, usage=None, **fields)


class Screen:
    """A terminal of 60 by 12 with a clock that stands still, and what the live view would draw on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.console = Console(file=io.StringIO(), width=60, height=12, force_terminal=True, color_system=None)
        self.view = LiveView(self.console, clock=lambda: self.now)

    def rows(self) -> list[str]:
        with self.console.capture() as capture:
            self.console.print(self.view.render())
        return capture.get().splitlines()


def test_it_waits_for_the_first_step() -> None:
    assert Screen().rows()[-1] == "waiting for the first step"


def test_a_step_that_goes_on_grows_with_the_clock() -> None:
    screen = Screen()
    screen.view.show(structure_step(make_step(0)))
    screen.view.show(structure_step(going_on(1)))
    screen.now = 9.0
    *_, step, below = screen.rows()
    assert step.split()[-1] == "9s"
    assert below == "following; Ctrl-C stops"


def test_it_never_grows_out_of_the_screen_until_the_end() -> None:
    screen = Screen()
    for number in range(50):
        screen.view.show(structure_step(make_step(number)))
    assert len(screen.rows()) <= screen.console.height - 1
    screen.view.finish(structure_run({"id": RUN, "status": "completed", "created_at": 1_800_000_000}))
    assert len(screen.rows()) >= 50
    assert "completed · 50 steps" in screen.rows()[1]


def test_it_says_below_that_the_run_waits_as_long_as_it_does() -> None:
    screen = Screen()
    run = {"id": RUN, "created_at": 1_800_000_000}
    screen.view.show_run(structure_run({**run, "status": "requires_action", "required_action": {"type": "x" * 99}}))
    *_, below = screen.rows()
    assert below.startswith("The run waits for you: xxx")
    assert len(below) == 60
    screen.view.show_run(structure_run({**run, "status": "in_progress"}))
    assert screen.rows()[-1] == "waiting for the first step"
    screen.view.finish(
        structure_run({**run, "status": "incomplete", "incomplete_details": {"reason": "content_filter"}})
    )
    assert screen.rows()[-1] == "The run has ended: incomplete: content_filter."


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_the_cursor_comes_back_whatever_happens(error: type[BaseException] | None) -> None:
    screen = Screen()
    try:
        with screen.view:
            screen.view.show(structure_step(make_step(0)))
            if error:
                raise error
    except KeyboardInterrupt:
        pass
    file = screen.console.file
    assert isinstance(file, io.StringIO)
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")
