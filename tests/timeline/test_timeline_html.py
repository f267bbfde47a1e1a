"""The page: complete, calm and safe, in a real browser where there is one."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMEDRIVER, CHROMIUM, Browser, chromium
from timeline_steps import code, hostile_steps, many_steps, step, three_steps

from openai_steps import RunStep, _words, structure_run, structure_step
from openai_steps.testing import code_step
from openai_steps.timeline import build_timeline, to_html

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or CHROMEDRIVER is None, reason="no Chromium: apt-get install chromium chromium-driver"
)


class Tags(HTMLParser):
    """The names and attributes of a page's elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page_of(steps: list[RunStep], **options: Any) -> str:
    return to_html(build_timeline(steps), **options)


def test_it_holds_what_the_steps_did() -> None:
    page = page_of(three_steps())
    for text in (
        "print(6 * 7)",
        "42",
        "guide.md",
        "0.88",
        "the passage",
        "&quot;Ulm&quot;",
        "rain",
        "The oven is cold.",
    ):
        assert text in page


def test_it_needs_nothing_else() -> None:
    page = page_of(three_steps())
    assert not any(word in page for word in ("http://", "https://", "url(", "@import"))
    for tag, attributes in Tags(page).found:
        assert tag not in ("link", "img", "iframe", "object", "embed", "form", "base")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def drew(*file_ids: str) -> RunStep:
    return structure_step({**code_step(1, images=file_ids), "thread_id": "t", "run_id": "r"})


def test_pictures_that_were_fetched_are_in_the_page() -> None:
    timeline = build_timeline([drew("file_1", "file_2")])
    assert timeline.images == ("file_1", "file_2")
    page = to_html(timeline, images={"file_1": PNG, "file_other": PNG})
    found = Tags(page).found
    (picture,) = [attributes for tag, attributes in found if tag == "img"]
    assert picture["alt"] == "file_1"
    assert picture["src"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert '<pre tabindex="0">file_2</pre>' in page
    assert "img-src data:;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_what_is_no_picture_is_not_shown() -> None:
    timeline = build_timeline([drew("file_1")])
    for content in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", PNG + bytes(8 * 1024 * 1024)):
        page = to_html(timeline, images={"file_1": content})
        assert "img" not in {tag for tag, _ in Tags(page).found}
        assert "img-src" not in page


def test_an_id_cannot_break_out_of_a_picture() -> None:
    odd = '"><script>alert(1)</script>'
    page = to_html(build_timeline([drew(odd)]), images={odd: PNG})
    (picture,) = [attributes for tag, attributes in Tags(page).found if tag == "img"]
    assert picture["alt"] == odd
    assert picture.keys() == {"class", "src", "alt"}


def test_hostile_text_makes_no_element() -> None:
    tame = Tags(page_of(three_steps()) + page_of(list(many_steps(30)))).found
    found = Tags(page_of(hostile_steps(), title="<b>")).found
    assert {tag for tag, _ in found} <= {tag for tag, _ in tame}
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]


def test_a_run_tells_its_status() -> None:
    run = structure_run({"id": "run_1", "status": "requires_action", "created_at": 1_800_000_000})
    page = to_html(build_timeline([step(1, 0, None)], run=run), title="Sunday & market")
    assert "requires action" in page
    assert "<h1>Sunday &amp; market</h1>" in page


def test_no_steps() -> None:
    assert "This run has no steps." in page_of([])


def test_long_texts_are_cut() -> None:
    page = page_of([step(1, 0, 1, code(logs="x" * 1_000_000))])
    assert len(page) < 60_000
    assert "… 980,000 more characters" in page


def test_five_hundred_steps_make_a_page_of_reasonable_size() -> None:
    assert len(page_of(list(many_steps(500)))) < 1_200_000


def test_without_jinja2_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from openai_steps.timeline import Timeline, to_html, to_svg\n"
        "to_svg(Timeline())\n"
        "try: to_html(Timeline())\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert "pip install 'openai-steps[timeline]'" in done.stdout


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


def write(page: Path, steps: list[RunStep]) -> Path:
    page.write_text(page_of(steps), encoding="utf-8")
    return page


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
@pytest.mark.parametrize("count", [3, 500])
def test_it_fits_every_window(browser: Browser, page: Path, count: int, width: int, dark: bool) -> None:
    browser.open(write(page, list(many_steps(count))), width=width, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate("document.querySelectorAll('ol details').length") == count
    outside = "[...document.querySelectorAll('.track i')].filter(bar => bar.getBoundingClientRect().right > innerWidth)"
    assert browser.evaluate(f"{outside}.length") == 0
    paper = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) < 380) is dark
    assert browser.log() == []


@needs_chromium
@pytest.mark.parametrize("width", [360, 1400])
def test_hostile_text_does_nothing(browser: Browser, page: Path, width: int) -> None:
    browser.open(write(page, hostile_steps()), width=width)
    browser.click("#step-1 summary")
    browser.hover("#step-2 summary")
    browser.hover("#step-1 summary")
    assert browser.evaluate("document.title").startswith("</title></script>")  # and not PWNED
    assert browser.evaluate("document.querySelectorAll('img, b[onmouseover], svg').length") == 0
    assert browser.evaluate("document.scripts.length") == 1
    assert "{{ 7 * 7 }}" in browser.evaluate("document.querySelector('#step-1 pre').textContent")
    assert browser.log() == []


@needs_chromium
def test_an_injected_script_would_not_run(browser: Browser, page: Path) -> None:
    """The page's own policy is a second wall behind the escaping."""
    text = page_of(three_steps()).replace("</h1>", "</h1><script>document.title='PWNED'</script>")
    page.write_text(text.replace("</h1>", "</h1><img src='https://example.invalid/x.png'>"), encoding="utf-8")
    browser.open(page)
    assert browser.evaluate("document.title") == "run_1"
    assert len([line for line in browser.log() if "Content Security Policy" in line]) == 2


@needs_chromium
def test_on_a_wide_screen_the_panel_shows_the_step_under_the_pointer(browser: Browser, page: Path) -> None:
    browser.open(write(page, three_steps()))
    browser.hover("#step-1 summary")
    assert "print(6 * 7)" in browser.evaluate("document.getElementById('panel').innerText")
    browser.hover("#step-2 summary")
    assert "msg_2" in browser.evaluate("document.getElementById('panel').innerText")
    browser.click("#step-3 summary")
    browser.hover("#step-1 summary")
    assert "The oven is cold." in browser.evaluate("document.getElementById('panel').innerText")


@needs_chromium
def test_on_a_narrow_screen_a_step_opens_in_its_place(browser: Browser, page: Path) -> None:
    browser.open(write(page, three_steps()), width=360)
    shown = "document.querySelector('#step-1 .body').checkVisibility()"
    assert not browser.evaluate(shown)
    browser.click("#step-1 summary")
    assert browser.evaluate(shown)
    assert not browser.evaluate("document.getElementById('panel').checkVisibility()")


@needs_chromium
def test_the_keyboard_is_enough(browser: Browser, page: Path) -> None:
    browser.open(write(page, three_steps()))
    focused = "document.activeElement.closest('details')?.id ?? document.activeElement.id"
    browser.evaluate("document.querySelector('#step-1 summary').focus()")
    browser.press("ArrowDown")
    assert browser.evaluate(focused) == "step-2"
    browser.press("End")
    assert browser.evaluate(focused) == "step-3"
    browser.press("Enter")
    assert browser.evaluate(focused) == "panel"
    assert "The oven is cold." in browser.evaluate("document.activeElement.innerText")
    browser.press("Escape")
    assert browser.evaluate(focused) == "step-3"


@needs_chromium
def test_screen_readers_are_told_all_of_a_row(browser: Browser, page: Path) -> None:
    browser.open(write(page, three_steps()), width=800)
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    names = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "DisclosureTriangle"]
    assert names[2].replace("✕", "").split() == ["book", "3s", ",", "failed,", "began", "after", "7s"]
    roles = {node.get("role", {}).get("value") for node in nodes}
    assert {"main", "banner", "heading", "list", "listitem"} <= roles


@needs_chromium
def test_the_page_works_without_its_script(browser: Browser, page: Path) -> None:
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(write(page, three_steps()))
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        assert not browser.evaluate("document.getElementById('panel').checkVisibility()")
        browser.click("#step-1 summary")
        assert browser.evaluate("document.querySelector('#step-1 .body').checkVisibility()")
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


@needs_chromium
def test_the_picture_is_drawn_in_both_themes(browser: Browser, tmp_path: Path) -> None:
    from openai_steps.timeline import to_svg

    picture = tmp_path / "run.svg"
    picture.write_text(to_svg(build_timeline(hostile_steps())), encoding="utf-8")
    fills = []
    for dark in (False, True):
        browser.open(picture, dark=dark)
        fills.append(browser.evaluate("getComputedStyle(document.querySelector('.paper')).fill"))
    assert fills[0] != fills[1]
    assert browser.evaluate("document.querySelectorAll('script, foreignObject, a, image').length") == 0
    assert browser.log() == []


def shown(browser: Browser) -> int:
    return int(browser.evaluate("document.querySelectorAll('ol > li:not([hidden]) details').length"))


def enter(browser: Browser, field: str, value: str) -> None:
    script = "const e = document.getElementById({!r}); e.value = {!r}; e.dispatchEvent(new Event('input'))"
    browser.evaluate(f"(() => {{ {script.format(field, value)}; }})()")


@needs_chromium
@pytest.mark.parametrize("width", [360, 1400])
def test_steps_are_found_by_text_kind_status_and_tool(browser: Browser, page: Path, width: int) -> None:
    browser.open(write(page, list(many_steps(500))), width=width)
    assert shown(browser) == 500
    enter(browser, "filter-text", "PRINT 42")
    assert shown(browser) == 250
    assert browser.evaluate("document.getElementById('found').textContent") == "250 of 500 steps"
    enter(browser, "filter-status", "failed")
    assert shown(browser) == 5
    enter(browser, "filter-text", "")
    enter(browser, "filter-status", "")
    enter(browser, "filter-tool", "get_weather")
    assert shown(browser) == 125
    enter(browser, "filter-kind", "message")
    assert shown(browser) == 0
    browser.press("Escape")
    browser.evaluate("document.getElementById('filter-text').focus()")
    browser.press("Escape")
    assert shown(browser) == 500
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.log() == []


@needs_chromium
@pytest.mark.parametrize("width", [360, 1400])
def test_failures_and_the_slowest_step_are_a_key_away(browser: Browser, page: Path, width: int) -> None:
    browser.open(write(page, list(many_steps(500))), width=width)
    focused = "document.activeElement.closest('details')?.id"
    visited = []
    for key in ("f", "f", "s"):
        browser.press(key)
        visited.append(browser.evaluate(focused))
        # The row is not under the axis, which stays at the top of the window.
        top = browser.evaluate("document.activeElement.getBoundingClientRect().top")
        assert top >= browser.evaluate("document.querySelector('.axis').getBoundingClientRect().bottom") - 1
    assert visited[0] != visited[1]
    failed = "document.getElementById({!r}).dataset.failed"
    assert all(browser.evaluate(failed.format(step)) == "" for step in visited[:2])
    longest = "Math.max(...[...document.querySelectorAll('ol details')].map((step) => +step.dataset.took))"
    assert browser.evaluate(f"+document.getElementById({visited[2]!r}).dataset.took === {longest}")


@needs_chromium
def test_a_span_of_time_can_be_looked_at_more_closely(browser: Browser, page: Path) -> None:
    browser.open(write(page, list(many_steps(500))))
    browser.evaluate("document.querySelector('#step-250 summary').focus()")
    width = "document.querySelector('#step-250 .track i').getBoundingClientRect().width"
    before = browser.evaluate(width)
    for _ in range(6):
        browser.press("+")
    assert 0 < shown(browser) < 30
    assert browser.evaluate(width) > 2 * before
    inside = (
        "[...document.querySelectorAll('ol > li:not([hidden]) .track i')].every((bar) => {"
        "const a = bar.getBoundingClientRect(), b = bar.parentElement.getBoundingClientRect();"
        "return a.right > b.left && a.left < b.right && Math.abs(a.top - b.top) < b.height; })"
    )
    assert browser.evaluate(inside)
    browser.press("-")
    assert browser.evaluate("document.documentElement.classList.contains('zoomed')")
    browser.press("0")
    assert shown(browser) == 500
    assert not browser.evaluate("document.documentElement.classList.contains('zoomed')")


def steps_over(seconds: float) -> list[RunStep]:
    return [step(number, seconds * number / 20, seconds * (number + 1) / 20) for number in range(20)]


def in_seconds(label: str) -> float:
    units = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(ms|[dhms])", label))


AXIS = "document.querySelector('.axis div')"
MARKS = (
    f"[...{AXIS}.children].map((mark) => {{ const box = mark.getBoundingClientRect();"
    "return [mark.textContent, parseFloat(mark.style.getPropertyValue('--at')), box.left, box.right]; })"
)
FRAME = "['left', 'width'].map((side) => parseFloat(document.querySelector('.overview b').style[side]) / 100)"


@needs_chromium
@pytest.mark.parametrize(
    ("width", "seconds"), [(360, 40), (360, 2500), (360, 5 * 86400), (1400, 3 * 3600), (1400, 90 * 86400)]
)
def test_the_axis_has_the_times_of_the_span_in_view(browser: Browser, page: Path, width: int, seconds: int) -> None:
    browser.open(write(page, steps_over(seconds)), width=width)
    whole = f"[...{AXIS}.children].map((mark) => mark.textContent + mark.style.left)"
    before = browser.evaluate(whole)
    browser.evaluate("document.querySelector('#step-14 summary').focus()")
    for _ in range(9):
        browser.press("+")
        start, length = browser.evaluate(FRAME)
        marks = browser.evaluate(MARKS)
        assert 1 <= len(marks) <= 7
        for label, place, _, right in marks:
            moment = in_seconds(label)
            assert moment == pytest.approx(seconds * (start + length * place / 100), abs=seconds * length / 1000)
            assert right <= width
            # The page words durations as the package does, or more exactly than that has words for.
            said = _words.duration(moment).removesuffix(" 00s").removesuffix(" 00m").removesuffix(" 0h")
            assert said == label or abs(in_seconds(said) - moment) > 0.01
        assert all(one[3] < other[2] for one, other in pairwise(marks))  # no label runs into the next
    browser.press("0")
    assert browser.evaluate(whole) == before


@needs_chromium
def test_five_thousand_steps_are_filtered_without_numbering_all_rows_anew(browser: Browser, page: Path) -> None:
    """As list items, hiding half of the rows took Chromium minutes."""
    browser.open(write(page, list(many_steps(5000))))
    assert browser.evaluate("getComputedStyle(document.querySelector('ol > li')).display") == "block"
    enter(browser, "filter-text", "print")
    assert shown(browser) == 2500


def test_the_legend_names_the_colours_that_are_there() -> None:
    page = page_of(three_steps())
    assert "called tools" in page
    assert "still going on" not in page
