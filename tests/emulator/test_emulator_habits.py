"""The page on the emulator tells of every habit, and by which knobs it is had."""

import re
from pathlib import Path

import attrs

from openai_steps.emulator import HABITS, Dialect

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "emulator.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| `(.+?)` \|", re.M)


def knobs(dialect: Dialect) -> str:
    """The arguments that make this dialect, in alphabetical order."""
    departures = attrs.asdict(dialect).items() - attrs.asdict(Dialect()).items()
    return ", ".join(sorted(f"{knob}={value!r}".replace("'", '"') for knob, value in departures))


def test_the_page_has_a_row_for_each_habit_with_its_knobs() -> None:
    told = {name: ", ".join(sorted(arguments.split(", "))) for name, arguments in ROW.findall(PAGE)}
    assert told == {name: knobs(dialect) for name, dialect in HABITS.items()}
