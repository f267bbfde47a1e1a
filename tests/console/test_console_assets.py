"""The page's files: ours alone, with nothing in them that the policy would refuse."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import openai_steps.console
from openai_steps.console._assets import load_assets

FOLDER = Path(openai_steps.console.__file__).parent / "assets"
FILES = {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()}
NAMES = {
    *("index.html", "style.css", "icon.svg", "main.js", "actions.js", "answer.js", "api.js", "dom.js", "events.js"),
    *("form.js", "live.js", "page.js", "raw.js", "recent.js", "snippets.js", "step.js", "table.js", "tabs.js"),
}


def test_these_files_and_no_other() -> None:
    assert set(FILES) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_nothing_makes_markup_of_text_or_loads_from_elsewhere(name: str) -> None:
    text = FILES[name]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bstyle=", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "importScripts" not in text


@pytest.mark.parametrize("name", sorted(name for name in NAMES if name.endswith(".js")))
def test_modules_are_short_and_checked(name: str) -> None:
    assert FILES[name].startswith("// @ts-check\n/**")
    assert len(FILES[name].splitlines()) < 200
    imported = re.findall(r'from "\./(\w+\.js)"', FILES[name])
    assert set(imported) <= NAMES


def test_no_script_or_style_stands_in_the_page() -> None:
    page = FILES["index.html"]
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="{{assets}}/main.js">']
    assert "<style" not in page
    assert not re.search(r"\son\w+=", page)


def test_without_javascript_the_page_says_what_to_do_instead() -> None:
    (notice,) = re.findall(r"<noscript>(.*?)</noscript>", FILES["index.html"], re.S)
    assert "openai-steps list THREAD RUN" in notice
    assert "openai-steps timeline THREAD RUN" in notice


def test_the_paths_hold_a_hash() -> None:
    assets = load_assets()
    assert "{{assets}}" not in assets.page.decode()
    assert all(re.fullmatch(r"/assets/[0-9a-f]{16}/[\w.]+", path) for path in assets.files)
    assert {path.rpartition("/")[2] for path in assets.files} == (NAMES - {"index.html"}) | {"palette.css"}


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
@pytest.mark.parametrize("name", sorted(name for name in NAMES if name.endswith(".js")))
def test_node_can_read_them(name: str) -> None:
    subprocess.run(
        ["node", "--input-type=module", "--check"], input=FILES[name], text=True, check=True, capture_output=True
    )
