"""The picture: well-formed, complete, and safe whatever the server said."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timeline_steps import HOSTILE, function, hostile_steps, many_steps, step, three_steps

from openai_steps import RunStep
from openai_steps.timeline import build_timeline, to_svg

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = {SVG + name for name in ("svg", "title", "desc", "style", "rect", "line", "text")}
BARS = ("message", "tools", "other", "live", "failed", "stopped")


def draw(steps: list[RunStep]) -> ET.Element:
    return ET.fromstring(to_svg(build_timeline(steps)))


def bars(picture: ET.Element) -> list[ET.Element]:
    return [
        rect
        for rect in picture.iter(SVG + "rect")
        if rect.get("class") in BARS and rect.find(SVG + "title") is not None
    ]


def texts(picture: ET.Element) -> str:
    return "\n".join("".join(element.itertext()) for element in picture.iter(SVG + "text"))


@pytest.mark.parametrize("count", [0, 1, 3, 60, 101, 500])
def test_each_step_is_a_bar_within_the_picture(count: int) -> None:
    picture = draw(list(many_steps(count)))
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    assert len(bars(picture)) == count
    for bar in bars(picture):
        x, y, wide, high = (float(bar.attrib[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    assert height < 1500


def test_labels_and_totals_are_written() -> None:
    written = texts(draw(three_steps()))
    for text in ("run_1", "3 steps · 10s · 7s in tools · 2s waiting · 350 tokens · 1 failed", "Message", "✕ book"):
        assert text in written


def test_of_many_steps_the_failed_are_named() -> None:
    written = texts(draw(list(many_steps(500))))
    assert written.count("✕ ") == 5


def test_it_speaks_to_screen_readers() -> None:
    picture = draw(three_steps())
    assert picture.get("role") == "img"
    named = {element.get("id") for element in picture if element.tag in (SVG + "title", SVG + "desc")}
    assert set(picture.attrib["aria-labelledby"].split()) == named
    (first, *_) = bars(picture)
    assert first.findtext(SVG + "title") == "get_weather, code_interpreter, file_search: completed, 4s, 120 tokens"


def test_it_needs_nothing_else() -> None:
    text = to_svg(build_timeline(three_steps())).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not any(word in text for word in ("http", "url(", "@import", "href", "<script"))


def test_hostile_text_stays_text() -> None:
    picture = draw(hostile_steps())
    assert {element.tag for element in picture.iter()} <= KNOWN
    assert not [name for element in picture.iter() for name in element.attrib if name.startswith("on")]


@given(st.text(st.characters()))
def test_any_text_leaves_the_picture_well_formed(text: str) -> None:
    steps = [step(1, 0, 1, function(text), status=text)]
    picture = ET.fromstring(to_svg(build_timeline(steps), title=text or HOSTILE).encode("utf-8"))
    assert {element.tag for element in picture.iter()} <= KNOWN
