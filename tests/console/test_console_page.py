"""The page in a real Chromium: what people do, by mouse, by keyboard, in a small window; and what others try."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from browser import CHROMEDRIVER, CHROMIUM, Browser, chromium
from console_setup import KEY, Opened, console
from sample_steps import RUN, THREAD, make_step, make_steps
from waiting import until

from openai_steps.emulator import Answer, Emulator

pytestmark = pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="Chromium is not installed")

CONTROL, SHIFT = 2, 8
SENT = "document.querySelector('#table tr[data-id]') && !document.getElementById('answer').hasAttribute('aria-busy')"
STATUS = "document.getElementById('status').textContent"
FOCUS = "document.activeElement.id"
LINES = "document.querySelectorAll('#table tr[data-id]')"
PAGING = "document.getElementById('paging').textContent"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as window:
        yield window


async def drive(work: Callable[[], Any]) -> Any:
    """Drive the browser from a thread, beside the server that it asks."""
    return await asyncio.to_thread(work)


def enter(opened: Opened, window: Browser, **options: Any) -> None:
    window.log()
    window.open("about:blank")  # or else a new fragment is no new page
    window.open(opened.origin + opened.console.invite(), **options)
    window.wait_for("document.getElementById('main').hidden === false")


def send(window: Browser) -> None:
    window.click("#send")
    window.wait_for(SENT)


# --- The session --------------------------------------------------------------------------------------------------


async def test_a_link_opens_the_page_once_and_leaves_no_trace(browser: Browser) -> None:
    async with console() as opened:
        link = opened.origin + opened.console.invite()
        token = link.partition("#t=")[2]

        def work() -> None:
            browser.open("about:blank")
            browser.open(link)
            browser.wait_for("document.getElementById('main').hidden === false")
            assert token not in browser.evaluate("location.href + document.documentElement.outerHTML")
            assert browser.evaluate("document.cookie") == ""
            assert browser.evaluate("Object.keys(sessionStorage)") == ["openai-steps-session"]
            assert browser.evaluate("Object.keys(localStorage)") == ["theme"]
            browser.evaluate("location.reload()")
            browser.wait_for("document.getElementById('main')?.hidden === false")
            assert browser.log() == []
            browser.evaluate("sessionStorage.clear()")
            browser.open("about:blank")
            browser.open(link)
            told = "document.getElementById('gate').textContent"
            assert "used already" in browser.wait_for(told)
            assert browser.evaluate("document.getElementById('main').hidden")

        await drive(work)
        assert token not in repr(opened.events)


async def test_a_file_leads_to_the_page_as_the_command_makes_one(browser: Browser, tmp_path: Path) -> None:
    """For a browser, a file is another site. The page itself holds nothing, and may be opened from anywhere."""
    async with console() as opened:
        file = tmp_path / "link.html"
        link = opened.origin + opened.console.invite()
        file.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={link}">')

        def work() -> None:
            browser.open(file)
            browser.wait_for("document.getElementById('main')?.hidden === false")

        await drive(work)


async def test_lock_ends_it(browser: Browser) -> None:
    async with console() as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.click("#lock")
            assert "Locked" in browser.wait_for("document.getElementById('gate').textContent")
            assert browser.evaluate("document.getElementById('main').hidden")
            assert browser.evaluate("sessionStorage.length") == 0
            browser.evaluate("location.reload()")
            assert "Press Enter in the terminal" in browser.wait_for("document.getElementById('gate').textContent")

        await drive(work)


async def test_who_comes_back_sees_nothing_of_before(browser: Browser) -> None:
    async with console(3) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            for tab in ("timeline", "raw", "headers"):
                browser.click(f"#tab-{tab}")
            browser.wait_for("document.querySelector('#panel-timeline iframe')")
            browser.open("about:blank")
            browser.evaluate("(history.back(), 1)")
            browser.wait_for("document.getElementById('main')?.hidden === false")
            assert browser.evaluate(f"{LINES}.length") == 0
            assert "step_0001" not in browser.evaluate("document.documentElement.outerHTML")
            assert browser.evaluate("document.querySelector('iframe')") is None
            send(browser)
            browser.click("#lock")
            browser.wait_for("document.getElementById('gate').textContent")
            assert "step_0001" not in browser.evaluate("document.documentElement.outerHTML")

        await drive(work)


async def test_a_key_that_is_typed_stays_nowhere_in_the_page(browser: Browser) -> None:
    async with console(3) as opened:
        opened.emulator.inject(Answer(401, {"error": {"message": KEY}}))

        def work() -> None:
            enter(opened, browser)
            browser.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            browser.click("#key")
            browser.type(KEY)
            browser.click("#use-key")
            browser.wait_for(f"{STATUS}.includes('The key is used')")
            browser.click("#send")
            browser.wait_for("document.querySelector('#errors p')")
            send(browser)
            for tab in ("timeline", "raw", "headers"):
                browser.click(f"#tab-{tab}")
            browser.wait_for("document.querySelector('#panel-timeline iframe')")
            everything = "[document.documentElement.outerHTML, ...document.querySelectorAll('input, textarea')]"
            everything += (
                ".map(e => e.value ?? e).concat(JSON.stringify({...localStorage, ...sessionStorage}), location.href)"
            )
            assert not [text for text in browser.evaluate(everything) if KEY in text]

        await drive(work)


# --- Send and see -------------------------------------------------------------------------------------------------


async def test_send_shows_table_raw_headers_and_code(browser: Browser) -> None:
    async with console(30) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            assert browser.evaluate("document.querySelectorAll('#table tr[data-id]').length") == 20
            assert browser.evaluate(STATUS).startswith("Steps 1 to 20: 20 steps")
            assert "200 ·" in browser.evaluate("document.getElementById('facts').textContent")
            assert "20 steps" in browser.evaluate("document.title")
            assert browser.evaluate("document.getElementById('table').getAttribute('aria-rowcount')") == "-1"
            assert browser.evaluate(f"[...{LINES}].map(line => +line.ariaRowIndex)") == [*range(2, 22)]
            browser.click("#tab-raw")
            assert '"object":"list"' in browser.evaluate("document.querySelector('#panel-raw pre').textContent")
            browser.click("#tab-headers")
            headers = browser.evaluate("document.getElementById('panel-headers').textContent")
            assert "Authorization" in headers
            assert KEY not in headers
            code = browser.wait_for("document.querySelector('#snippets pre')?.textContent")
            assert "list_steps_page" in code
            assert browser.log() == []

        await drive(work)


async def test_items_of_the_raw_text_are_folded_and_nothing_is_added(browser: Browser) -> None:
    async with console([make_step(1, metadata={"needle": "x"}), *make_steps(1)]) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.click("#tab-raw")
            shown, items = "document.querySelector('#panel-raw pre')", "document.querySelectorAll('#panel-raw details')"
            raw = json.loads(browser.evaluate(f"{shown}.textContent"))
            assert [step["id"] for step in raw["data"]] == ["step_0001", "step_0000"]
            assert browser.evaluate(f"[...{items}].map(e => e.open)") == [True, True]
            browser.click("#panel-raw .toolbar button")
            assert browser.evaluate(f"[...{items}].map(e => e.open)") == [False, False]
            assert '"step_0001"' in browser.evaluate(f"{shown}.innerText")
            assert "needle" not in browser.evaluate(f"{shown}.innerText")
            browser.click("#panel-raw input")
            browser.type("needle")
            browser.press("Enter")
            browser.wait_for(f"{STATUS} === 'Found.'")
            assert "needle" in browser.evaluate(f"{shown}.innerText")

        await drive(work)


async def test_pages_keep_the_focus_and_tell_where_they_are(browser: Browser) -> None:
    async with console(30) as opened:

        def work() -> None:
            enter(opened, browser)
            browser.evaluate("document.getElementById('parameters').open = true")
            browser.click("#limit")
            browser.type("12")
            send(browser)
            position = "document.getElementById('position').textContent"
            for name, wanted in (
                ("next", "steps 13 to 24"),
                ("next", "steps 25 to 30"),
                ("previous", "steps 13 to 24"),
                ("last", "12 steps"),
                ("first", "steps 1 to 12"),
            ):
                browser.click(f"#page-{name}")
                browser.wait_for(
                    f"{position} === {wanted!r} && !document.getElementById('answer').hasAttribute('aria-busy')"
                )
                assert browser.evaluate(FOCUS) in (f"page-{name}", "")
            assert browser.evaluate("document.getElementById('page-previous').disabled")

        await drive(work)


async def test_the_whole_run_is_filtered_and_sorted(browser: Browser) -> None:
    steps = [
        *make_steps(40),
        make_step(40, status="failed", failed_at=1_700_000_099, completed_at=None),
        make_step(41, metadata={"note": "a needle"}),
    ]
    async with console(steps) as opened:

        def rows() -> list[str]:
            found = browser.evaluate("[...document.querySelectorAll('#table tr[data-id]')].map(row => row.dataset.id)")
            assert isinstance(found, list)
            return found

        def work() -> None:
            enter(opened, browser)
            browser.click("#whole")
            browser.wait_for(SENT)
            assert len(rows()) == 42
            browser.click("#failures-first")
            assert rows()[0] == "step_0040"
            browser.click("#failures-first")
            browser.click("#filter")
            browser.type("NEEDLE")
            assert rows() == ["step_0041"]
            assert "41 filtered out" in browser.evaluate("document.querySelector('caption').textContent")
            browser.evaluate("document.getElementById('filter').value = ''")
            browser.click("#filter")
            browser.type("message_creation")
            assert len(rows()) == 42
            browser.evaluate("document.getElementById('filter').value = ''")
            browser.click('[data-sort="seconds"]')
            browser.click('[data-sort="seconds"]')
            assert browser.evaluate("document.querySelector('[aria-sort=descending]').textContent") == "Took"
            assert rows()[0] == "step_0040"

        await drive(work)


async def test_places_in_the_list_are_told_while_they_are_known(browser: Browser) -> None:
    async with console(30) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.click("#page-last")
            browser.wait_for(f"{LINES}.length === 20 && {STATUS}.includes('read exactly')")
            assert browser.evaluate(f"[...{LINES}].some(line => line.ariaRowIndex)") is False
            browser.click("#whole")
            browser.wait_for(f"{LINES}.length === 30")
            assert browser.evaluate("document.getElementById('table').ariaRowCount") == "31"
            assert browser.evaluate(f"[...{LINES}].at(-1).ariaRowIndex") == "31"
            browser.click("#table [data-sort=status]")
            assert browser.evaluate(f"[...{LINES}].some(line => line.ariaRowIndex)") is False

        await drive(work)


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (None, "Paging: as documented so far"),
        ("has_more_never", "Paging: repaired (has_more is wrong at a limit of 100)"),
        ("order_unsteady", "Paging: refused ("),
    ],
)
async def test_a_badge_tells_how_the_server_pages(browser: Browser, dialect: str | None, told: str) -> None:
    async with console(300, dialect=dialect) as opened:

        def work() -> None:
            enter(opened, browser)
            assert browser.evaluate(PAGING) == "Paging: not known yet"
            browser.click("#whole")
            browser.wait_for(f"{PAGING} !== 'Paging: not known yet'")
            assert browser.evaluate(PAGING).startswith(told)

        await drive(work)


async def test_a_run_is_picked_from_the_threads(browser: Browser) -> None:
    async with console(2) as opened:
        for number in range(25):
            opened.emulator.store.add_run(THREAD, f"run_more_{number:02}", created_at=1_800_000_000 + number)

        def work() -> None:
            enter(opened, browser)
            browser.click("#runs")
            browser.wait_for("document.querySelectorAll('#run-list li').length === 20")
            browser.evaluate("document.querySelector('#run-list > button').click()")
            browser.wait_for("document.querySelectorAll('#run-list li').length === 6")
            browser.click("#run-list li:first-child button")
            assert browser.evaluate("document.getElementById('run_id').value") == "run_more_04"
            assert browser.evaluate(FOCUS) == "run_id"
            assert "run_more_04" in browser.evaluate("location.hash")

        await drive(work)


async def test_what_is_wrong_is_said_and_nothing_is_sent(browser: Browser) -> None:
    async with console(runs=[]) as opened:

        def work() -> None:
            enter(opened, browser)
            browser.click("#send")
            browser.wait_for("document.querySelector('#errors li')")
            assert browser.evaluate(FOCUS) == "errors"
            assert browser.evaluate("document.getElementById('thread_id').getAttribute('aria-invalid')") == "true"
            assert browser.evaluate("document.getElementById('error-thread_id').textContent") == "Fill in thread_id."
            browser.click("#errors li:nth-child(2) a")
            assert browser.evaluate(FOCUS) == "run_id"

        await drive(work)
        assert opened.emulator.requests == ()


async def test_a_call_of_before_is_sent_again_and_an_error_leaves_no_rows(browser: Browser) -> None:
    async with console(3) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            opened.emulator.inject(Answer(404, {"error": {"message": "gone"}}))
            browser.click("#send")
            browser.wait_for("document.querySelector('#errors p')")
            assert browser.evaluate("document.querySelectorAll('#table tr[data-id]').length") == 0
            browser.evaluate("(document.getElementById('recent').open = true)")
            browser.click("#recent-list button")
            browser.wait_for(SENT)
            assert browser.evaluate("document.querySelector('#errors p')") is None
            browser.click("#forget")
            assert browser.evaluate("document.querySelectorAll('#recent-list li').length") == 0

        await drive(work)


async def test_a_servers_error_is_an_alert_with_its_body(browser: Browser) -> None:
    async with console() as opened:
        opened.emulator.inject(Answer(404, {"error": {"message": "<b>no</b> such run", "code": "gone"}}))

        def work() -> None:
            enter(opened, browser)
            browser.click("#send")
            told = browser.wait_for("document.querySelector('#errors p')?.textContent")
            assert "<b>no</b> such run" in told
            assert "gone" in browser.evaluate("document.getElementById('errors').textContent")
            assert browser.evaluate("document.querySelector('#errors b')") is None
            assert browser.evaluate("document.getElementById('errors').getAttribute('role')") == "alert"

        await drive(work)


async def test_back_and_reload_bring_the_form_again(browser: Browser) -> None:
    async with console() as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.click("#run_id")
            browser.type("_else")
            browser.wait_for("location.hash.includes('_else')")
            browser.evaluate("location.reload()")
            browser.wait_for("document.getElementById('main')?.hidden === false")
            assert browser.evaluate("document.getElementById('run_id').value").endswith("_else")
            assert "Bearer" not in browser.evaluate("location.href")

        await drive(work)


async def test_a_console_that_is_gone_is_told(browser: Browser) -> None:
    async with console() as opened:
        await drive(lambda: enter(opened, browser))

    def work() -> None:
        browser.click("#send")
        assert "does not answer" in browser.wait_for("document.querySelector('#errors p')?.textContent")

    await drive(work)


async def test_five_hundred_and_five_thousand_rows(browser: Browser) -> None:
    async with console(5_000) as opened:

        def work() -> None:
            enter(opened, browser)
            browser.click("#whole")
            browser.wait_for(SENT)
            assert browser.evaluate("document.querySelectorAll('#table tr[data-id]').length") == 5_000
            browser.evaluate("document.querySelector('#table tr:last-child').scrollIntoView()")
            browser.click("#table tbody tr:last-child td:nth-child(3)")
            browser.wait_for("!document.getElementById('step').hidden")

        await drive(work)


# --- Keyboard and screen reader -----------------------------------------------------------------------------------


async def test_with_the_keyboard_alone(browser: Browser) -> None:
    async with console(5) as opened:

        def work() -> None:
            enter(opened, browser)
            assert browser.evaluate(FOCUS) == "thread_id"
            browser.press("Enter", modifiers=CONTROL)
            browser.wait_for(SENT)
            for _ in range(60):
                browser.press("Tab")
                if browser.evaluate("document.activeElement.classList.contains('open')"):
                    break
            assert browser.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Step 1: Message")
            browser.press("ArrowDown", "ArrowDown", "ArrowUp")
            assert browser.evaluate("document.activeElement.textContent") == "2"
            browser.press("End")
            assert browser.evaluate("document.activeElement.textContent") == "5"
            assert browser.evaluate("document.querySelectorAll('#table .open[tabindex=\"0\"]').length") == 1
            browser.press("Enter")
            browser.wait_for(f"{FOCUS} === 'step'")
            browser.press("Escape")
            assert browser.evaluate("document.getElementById('step').hidden")
            assert browser.evaluate("document.activeElement.textContent") == "5"

        await drive(work)


async def test_tabs_by_arrows(browser: Browser) -> None:
    async with console(5) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.evaluate("document.getElementById('tab-table').focus()")
            browser.press("End")
            assert browser.evaluate(FOCUS) == "tab-headers"
            browser.press("ArrowLeft")
            assert browser.evaluate(FOCUS) == "tab-raw"
            assert browser.evaluate("document.getElementById('panel-raw').hidden") is False
            assert browser.evaluate("document.getElementById('panel-table').hidden") is True
            assert browser.evaluate("document.querySelectorAll('#views [tabindex=\"0\"]').length") == 1
            browser.press("ArrowRight", "ArrowRight")
            assert browser.evaluate(FOCUS) == "tab-table"

        await drive(work)


UNNAMED = """[...document.querySelectorAll('input, select, textarea, button, iframe')].filter(e =>
  !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim() || e.title)).map(e => e.outerHTML)"""
SMALL = """[...document.querySelectorAll('button, select, input, textarea, summary')].filter(e => {
  const r = e.closest('label')?.getBoundingClientRect() ?? e.getBoundingClientRect();
  return r.width && (r.width < 24 || r.height < 24); }).map(e => e.outerHTML + e.getBoundingClientRect().height)"""
DANGLING = """[...document.querySelectorAll('[aria-describedby], [aria-controls], [aria-labelledby]')].flatMap(e =>
  ['aria-describedby', 'aria-controls', 'aria-labelledby'].flatMap(n => (e.getAttribute(n) ?? '').split(' ')))
  .filter(id => id && !document.getElementById(id))"""


async def test_everything_has_a_name_and_a_size(browser: Browser) -> None:
    async with console(5) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            browser.evaluate("document.querySelector('#table .open').click()")
            browser.wait_for("!document.getElementById('step').hidden")
            browser.wait_for("document.querySelector('#snippets pre')")
            assert browser.evaluate(UNNAMED) == []
            assert browser.evaluate(SMALL) == []
            assert browser.evaluate(DANGLING) == []
            ids = browser.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
            assert len(ids) == len(set(ids))
            assert browser.evaluate("document.documentElement.lang") == "en"
            assert browser.evaluate("[...document.querySelectorAll('th')].every(e => e.scope === 'col')")
            assert browser.evaluate("[...document.querySelectorAll('[onclick], [style], [accesskey]')].length") == 0

        await drive(work)


def axe_core() -> Path | None:
    """Return axe-core, if somebody has it: CONSOLE_NODE names the folder that holds node_modules."""
    folder = os.environ.get("CONSOLE_NODE")
    file = Path(folder or "", "node_modules", "axe-core", "axe.min.js")
    return file if folder and file.exists() else None


@pytest.mark.skipif(axe_core() is None, reason="CONSOLE_NODE names no folder with axe-core: nox -s console has one")
@pytest.mark.parametrize("dark", [False, True])
async def test_axe_finds_nothing(browser: Browser, *, dark: bool) -> None:
    steps = [
        make_step(1),
        make_step(2, status="in_progress"),
        make_step(3, status="failed"),
        make_step(4, status="expired"),
    ]
    async with console(steps) as opened:

        def found() -> str:
            file = axe_core()
            assert file is not None
            browser.devtools("Runtime.evaluate", expression=file.read_text("utf-8"))
            tags = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
            told = "all => all.violations.map(one => one.id + ': ' + one.nodes.map(node => node.html)).join()"
            run = f"axe.run(document, {tags}).then({told})"
            outcome = browser.devtools("Runtime.evaluate", expression=run, awaitPromise=True)
            return str(outcome["result"]["value"])

        def work() -> None:
            enter(opened, browser, dark=dark)
            assert found() == ""
            send(browser)
            browser.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            browser.evaluate("document.querySelector('#table .open').click()")
            browser.wait_for("!document.getElementById('step').hidden")
            for tab in ("table", "raw", "headers"):
                browser.evaluate(f"document.getElementById('tab-{tab}').click()")
                assert found() == ""
            browser.evaluate("(document.getElementById('run_id').value = '', 1)")
            browser.click("#send")
            browser.wait_for("document.querySelector('#errors li')")
            assert found() == ""

        await drive(work)


async def test_the_skip_link_and_the_live_regions_are_there_from_the_start(browser: Browser) -> None:
    async with console(5) as opened:

        def work() -> None:
            enter(opened, browser)
            assert browser.evaluate("document.querySelector('.skip').getAttribute('href')") == "#answer"
            assert browser.evaluate("document.querySelector('[role=status]').id") == "status"
            assert browser.evaluate("document.querySelector('#errors[role=alert]') !== null")
            assert browser.evaluate("document.querySelector('#log[role=log][aria-live=polite]') !== null")

        await drive(work)


@pytest.mark.parametrize("dark", [False, True])
async def test_nothing_scrolls_sideways_on_a_small_screen(browser: Browser, *, dark: bool) -> None:
    async with console([make_step(1, metadata={"long": "x" * 500}), *make_steps(1)]) as opened:

        def work() -> None:
            enter(opened, browser, width=320, height=640, dark=dark)
            send(browser)
            browser.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            browser.evaluate("document.querySelector('#table .open').click()")
            browser.wait_for("!document.getElementById('step').hidden")
            for tab in ("table", "raw", "headers"):
                browser.evaluate(f"document.getElementById('tab-{tab}').click()")
                assert browser.evaluate("document.documentElement.scrollWidth") <= 320, tab
            paper = browser.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (paper == "rgb(20, 22, 27)") is dark

        await drive(work)


async def test_long_words_of_a_server_cut_nothing_on_a_small_screen(browser: Browser) -> None:
    function = {"name": "x" * 300, "arguments": "{}", "output": "y" * 300}
    details = {"type": "tool_calls", "tool_calls": [{"id": "c" * 80, "type": "function", "function": function}]}
    async with console([make_step(1, step_details=details, type="tool_calls", status="s" * 300)]) as opened:

        def work() -> None:
            enter(opened, browser, width=320, height=640)
            send(browser)
            browser.evaluate("document.querySelector('#table .open').click()")
            browser.wait_for("!document.getElementById('step').hidden")
            cut = (
                "[...document.querySelectorAll('#step :is(h2, h3, button)')].filter(e => e.scrollWidth > e.clientWidth)"
            )
            assert browser.evaluate(f"{cut}.map(e => e.textContent)") == []
            assert browser.evaluate("document.querySelector('#filter-status').getBoundingClientRect().right") <= 320

        await drive(work)


async def test_the_theme_is_chosen_and_kept(browser: Browser) -> None:
    async with console() as opened:

        def work() -> None:
            enter(opened, browser)
            browser.click("#theme")
            browser.click("#theme")
            assert browser.evaluate("document.documentElement.dataset.theme") == "dark"
            assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 27)"
            browser.evaluate("location.reload()")
            browser.wait_for("document.documentElement.dataset.theme === 'dark'")
            browser.evaluate("localStorage.clear()")

        await drive(work)


# --- Hostile ------------------------------------------------------------------------------------------------------

MARKUP = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>\u202e\x1b[31m"
HOSTILE = [
    make_step(
        1,
        id="__proto__",
        assistant_id=MARKUP,
        metadata={MARKUP: MARKUP, "__proto__": "x", "constructor": "y"},
        step_details={
            "type": "tool_calls",
            "tool_calls": [
                {"id": MARKUP, "type": "function", "function": {"name": MARKUP, "arguments": MARKUP, "output": MARKUP}},
                {
                    "id": "c",
                    "type": "code_interpreter",
                    "code_interpreter": {"input": MARKUP, "outputs": [{"type": "logs", "logs": MARKUP}]},
                },
                {"id": MARKUP, "type": MARKUP, MARKUP: "javascript:alert(1)"},
            ],
        },
        last_error={"code": MARKUP, "message": MARKUP},
        status=MARKUP,
    ),
    make_step(2, id="constructor"),
]


async def test_a_hostile_run_is_text_in_every_view(browser: Browser) -> None:
    async with console(HOSTILE) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            for place in (1, 2):
                browser.evaluate(f"document.querySelector('#table tbody tr:nth-child({place}) .open').click()")
                browser.wait_for("!document.getElementById('step').hidden")
                browser.evaluate("document.getElementById('tab-json').click()")
            for tab in ("table", "raw", "headers", "timeline"):
                browser.evaluate(f"document.getElementById('tab-{tab}').click()")
            browser.wait_for("document.querySelector('#panel-timeline iframe')")
            assert browser.evaluate("document.querySelectorAll('img, script:not([src])').length") == 0
            assert "pwned" not in browser.evaluate("document.title")
            assert browser.evaluate("document.querySelectorAll('#table tr[data-id]').length") == 2
            assert browser.evaluate("({}).polluted === undefined && Object.prototype.metadata === undefined")
            text = browser.evaluate("document.body.innerText")
            assert "\u202e" not in text
            assert "\x1b" not in text
            assert "pwned" not in browser.evaluate("document.title")

        await drive(work)


async def test_the_policy_refuses_what_the_page_does_not_do(browser: Browser) -> None:
    async with console() as opened:

        def refused(script: str) -> bool:
            outcome = browser.evaluate(
                f"(() => {{ try {{ {script}; return 'done'; }} catch (e) {{ return e.name; }} }})()"
            )
            return bool(outcome != "done")

        def work() -> None:
            enter(opened, browser)
            assert refused("document.body.innerHTML = '<p>'")
            assert refused("setTimeout('window.evaluated = true')")
            assert refused("document.write('x')")
            assert refused("document.body.insertAdjacentHTML('beforeend', '<p>')")
            assert refused("document.createElement('script').src = '/x.js'")
            url = f"http://127.0.0.1:{opened.port + 1}/"
            told = "() => { window.out = 'done'; }, () => { window.out = 'refused'; }"
            browser.evaluate(f"(window.out = 'waiting', fetch({url!r}).then({told}), 1)")
            assert browser.wait_for("window.out !== 'waiting' && window.out") == "refused"
            browser.log()

        await drive(work)


@asynccontextmanager
async def other_site(page: str) -> AsyncIterator[str]:
    """Serve a page on another port of this machine."""

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_page_of_another_port_reaches_no_handler_and_can_not_frame_it(browser: Browser) -> None:
    async with console() as opened:
        target, run = opened.origin, f"{opened.origin}/v1/threads/{THREAD}/runs/{RUN}"
        headers = json.dumps({"Authorization": f"Bearer {opened.secret}", "Content-Type": "application/json"})
        page = f"""<!doctype html><iframe name=f></iframe><img src="{run}"><iframe id=g src="{target}/"></iframe>
<form id=x target=f method=post action="{target}/session"><input name='{{"token":"' value='x"}}'></form><script>
window.got = []; document.getElementById('x').submit();
const asked = [fetch('{run}'), fetch('{run}', {{mode: 'no-cors'}}), fetch('{run}', {{headers: {headers}}}),
  fetch('{target}/api/state', {{method: 'POST', headers: {headers}, body: '{{}}'}}),
  fetch('{target}/session', {{method: 'POST', mode: 'no-cors', body: '{{}}'}})];
Promise.allSettled(asked).then(all => got = all.map(one => one.value ? one.value.type : 'refused'));
new EventSource('{run}');</script>"""
        async with other_site(page) as url:

            def work() -> None:
                browser.open(url)
                got = browser.wait_for("window.got.length && window.got")
                assert set(got) <= {"refused", "opaque"}
                assert browser.evaluate("document.getElementById('g').contentDocument") is None
                browser.log()

            await drive(work)
        assert opened.emulator.requests == ()
        assert {event.status for event in opened.events} <= {403, 405}
        assert opened.events


async def test_the_timelines_frame_reaches_nothing(browser: Browser) -> None:
    async with console(5) as opened:

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.click("#tab-timeline")
            browser.wait_for("document.querySelector('#panel-timeline iframe')")
            frame = "document.querySelector('#panel-timeline iframe')"
            assert browser.evaluate(f"{frame}.getAttribute('sandbox')") == "allow-scripts"
            browser.wait_for(f"{frame}.contentDocument === null")
            browser.wait_for("performance.getEntriesByType('resource').some(e => e.name.includes('/frame/'))")
            assert browser.log() == []

        await drive(work)


async def test_a_hostile_page_in_the_timelines_place_reaches_nothing(browser: Browser) -> None:
    async with console(5) as opened:
        tries = {
            "parent": "parent.document.title",
            "storage": "sessionStorage.length",
            "local": "localStorage.length",
            "cookie": "document.cookie",
            "top": "top.location = 'about:blank'",
            "open": "if (!open('about:blank')) throw new Error('blocked')",
        }
        code = "".join(f"try {{ {code}; got('{name}') }} catch (e) {{ }}" for name, code in tries.items())
        asks = f"fetch('{opened.origin}/api/state', {{method: 'POST', body: '{{}}'}}).then(() => got('state'), () => 0)"
        page = "<!doctype html><script>const got = name => parent.postMessage(name, '*');"
        page += f"{code} {asks}.then(() => got('end'))</script>"
        opened.console._api._keep_page = lambda _: opened.console._keep_frame(page)

        def work() -> None:
            enter(opened, browser)
            send(browser)
            browser.evaluate("(window.got = [], addEventListener('message', event => got.push(event.data)), 1)")
            browser.click("#tab-timeline")
            browser.wait_for("window.got.includes('end')")
            assert browser.evaluate("window.got") == ["end"]
            assert browser.evaluate("document.getElementById('main').hidden") is False
            browser.log()

        await drive(work)


# --- Live ---------------------------------------------------------------------------------------------------------


async def test_a_live_run_is_followed(browser: Browser) -> None:
    async with console(2) as opened:
        store = opened.emulator.store
        store.set_run_status(THREAD, RUN, "in_progress")
        rows = "document.querySelectorAll('#table tr[data-id]').length"

        def begin() -> None:
            enter(opened, browser)
            browser.click("#follow")
            browser.wait_for(f"{rows} === 2")

        await drive(begin)
        store.append_step(THREAD, RUN, make_step(2, status="in_progress", completed_at=None))
        await drive(lambda: browser.wait_for(f"{rows} === 3"))
        assert "in_progress" in await drive(lambda: browser.evaluate("document.querySelector('#table').textContent"))
        store.update_step(THREAD, RUN, "step_0002", status="completed", completed_at=1_700_000_009)
        store.set_run_status(THREAD, RUN, "requires_action", required_action=_required())
        told = "document.getElementById('facts').textContent"
        await drive(lambda: browser.wait_for(f"{told}.includes('waits for you: get_weather')"))
        store.set_run_status(THREAD, RUN, "completed", required_action=None)
        await drive(lambda: browser.wait_for(f"{STATUS}.includes('The run has ended: 3 steps')"))
        await drive(lambda: browser.wait_for("document.getElementById('stop').disabled"))


def _required() -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Rome"}'}}
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}


@pytest.mark.parametrize("announced", [True, False])
async def test_listeners_hear_what_is_new_unless_they_do_not_want_to(browser: Browser, *, announced: bool) -> None:
    async with console(2) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")
        log = "document.getElementById('log').textContent"

        def work() -> None:
            enter(opened, browser)
            if not announced:
                browser.click("#announce")
            browser.click("#follow")
            browser.wait_for(f"{LINES}.length === 2")
            browser.evaluate("(Date.now = (now => () => now() + 60000)(Date.now), window.begun = performance.now(), 1)")
            if announced:
                browser.wait_for(f"{log} === '2 new steps, 0 changed.'")
            browser.wait_for("performance.now() - window.begun > 2500")  # what would tell it looks each second
            assert (browser.evaluate(log) != "") is announced
            browser.press("Escape")

        await drive(work)


async def test_a_fifth_tab_that_would_follow_is_told_why_not(browser: Browser) -> None:
    async with console(2) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")

        def work() -> None:
            enter(opened, browser)
            others = "n => navigator.locks.request(`follow-${n}`, () => new Promise(end => { window.end = end; }))"
            browser.evaluate(f"([1, 2, 3, 4].forEach({others}), 1)")
            browser.wait_for("Boolean(window.end)")
            browser.click("#follow")
            browser.wait_for(f"{STATUS}.includes('4 tabs follow runs already')")
            browser.evaluate("(window.end(), 1)")  # one of them has ended
            browser.wait_for("document.getElementById('stop').disabled")
            browser.click("#follow")
            browser.wait_for(f"{LINES}.length === 2")
            browser.press("Escape")

        await drive(work)


async def test_following_is_stopped(browser: Browser) -> None:
    async with console(2) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")

        def work() -> None:
            enter(opened, browser)
            browser.click("#follow")
            browser.wait_for("document.querySelectorAll('#table tr[data-id]').length === 2")
            browser.press("Escape")
            browser.wait_for(f"{STATUS} === 'Stopped.'")

        await drive(work)
        await until(lambda: not opened.console._follows)


async def test_a_server_that_goes_away_while_a_run_is_followed_costs_nothing(browser: Browser) -> None:
    async with console(2) as opened:
        store = opened.emulator.store
        store.set_run_status(THREAD, RUN, "in_progress")

        def follow(count: int) -> None:
            browser.click("#follow")
            browser.wait_for(f"{LINES}.length === {count}")

        await drive(lambda: enter(opened, browser))
        await drive(lambda: follow(2))
        opened.emulator.inject(Answer(500, {"error": {"message": "broken", "code": "away"}}), times=3)
        told = "document.getElementById('errors').textContent"
        await drive(lambda: browser.wait_for(f"{told}.includes('broken') && {told}.includes('away')"))
        assert "Press Follow to go on" in await drive(lambda: browser.evaluate(STATUS))
        assert await drive(lambda: browser.evaluate(f"{LINES}.length")) == 2
        store.append_step(THREAD, RUN, make_step(2))
        await drive(lambda: follow(3))
        assert await drive(lambda: browser.evaluate(told)) == ""
        await drive(lambda: browser.press("Escape"))


async def test_a_console_that_is_lost_while_a_run_is_followed_is_told(browser: Browser) -> None:
    async with console(2) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")

        def work() -> None:
            enter(opened, browser)
            browser.click("#follow")
            browser.wait_for(f"{LINES}.length === 2")

        await drive(work)
    lost = "The connection to the console was lost. Press Follow to go on: nothing is missed."
    await drive(lambda: browser.wait_for(f"{STATUS} === {lost!r}"))
    assert await drive(lambda: browser.evaluate(f"{LINES}.length")) == 2


async def test_a_page_that_is_loaded_again_goes_on_following(browser: Browser) -> None:
    async with console(2) as opened:
        store = opened.emulator.store
        store.set_run_status(THREAD, RUN, "in_progress")

        def work() -> None:
            enter(opened, browser)
            browser.click("#follow")
            browser.wait_for(f"{LINES}.length === 2")
            store.append_step(THREAD, RUN, make_step(2))
            browser.evaluate("location.reload()")
            browser.wait_for(f"{LINES}.length === 3")
            browser.press("Escape")
            browser.wait_for(f"{STATUS} === 'Stopped.'")
            browser.evaluate("location.reload()")
            browser.wait_for(
                "document.getElementById('main')?.hidden === false && document.querySelector('#snippets pre')"
            )
            assert browser.evaluate("document.getElementById('stop').disabled")

        await drive(work)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "(window.setTimeout = (real => (f, ms) => real(f, Math.min(ms, 100)))(window.setTimeout),"
            "Object.defineProperty(document, 'hidden', {get: () => true}),"
            "document.dispatchEvent(new Event('visibilitychange')), 1)",
            "This tab was hidden for ten minutes. Press Follow to go on: nothing is missed.",
        ),
        (
            "(performance.now = (now => () => now() + 60001)(performance.now.bind(performance)), 1)",
            "The console has gone silent. Press Follow to go on: nothing is missed.",
        ),
    ],
    ids=["hidden", "silent"],
)
async def test_a_following_that_nobody_sees_or_hears_of_is_given_up(browser: Browser, script: str, told: str) -> None:
    """Though nothing happens in the run that would wake the page."""
    async with console(2) as opened:
        opened.emulator.store.set_run_status(THREAD, RUN, "in_progress")

        def work() -> None:
            enter(opened, browser)
            browser.click("#follow")
            browser.wait_for(f"{LINES}.length === 2")
            browser.evaluate(script)
            browser.wait_for(f"{STATUS} === {told!r}")
            browser.wait_for("document.getElementById('stop').disabled")

        await drive(work)


def test_the_demo_is_there() -> None:
    assert Emulator.demo().store.runs()
