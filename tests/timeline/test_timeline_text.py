"""The terminal: a row for each step, and nothing that a terminal would obey."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from timeline_steps import hostile_steps, many_steps, step, three_steps

from openai_steps import RunStep
from openai_steps.timeline import build_timeline, to_rich


def draw(steps: list[RunStep], *, width: int = 80, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
    Console(file=file, width=width, force_terminal=False).print(to_rich(build_timeline(steps)))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_a_row_for_each_step() -> None:
    rows = draw(three_steps(), width=60).splitlines()
    assert [row.split()[0] for row in rows[-3:]] == ["get_weather,", "Message", "✕"]
    assert [row[-3:].strip() for row in rows[-3:]] == ["4s", "1s", "3s"]
    starts = [row.index("━") for row in rows[-3:]]
    assert starts == sorted(starts)
    assert rows[-3].count("━") > rows[-1].count("━") > rows[-2].count("━") > 0


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    for row in draw(list(many_steps(40)), width=width).splitlines():
        assert cell_len(row) <= width


def test_a_terminal_without_unicode_gets_other_signs() -> None:
    shown = draw([step(1, 0, 4), step(2, 4, 8)], encoding="ascii")
    assert "#" in shown
    assert "?" not in shown.splitlines()[-1]


def test_hostile_text_does_nothing() -> None:
    shown = draw(hostile_steps())
    assert not set(shown) & {"\x1b", "\x07", "\x00", "\x85", "\u202e"}
