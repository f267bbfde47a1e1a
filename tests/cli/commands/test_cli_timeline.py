"""``openai-steps timeline``: from a server and from files, as text, page and picture."""

from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from command_line import call, invoke, serving
from sample_steps import RUN, make_steps
from thread_samples import make_thread_store, write_archive

from openai_steps.emulator import Emulator


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(step) + "\n" for step in make_steps(3)))
    return path


async def test_it_draws_a_run_of_a_server() -> None:
    async with serving(3) as served:
        result = await invoke("timeline", *served.run)
    assert result.exit_code == 0, result.stderr
    heading, summary, *rows = result.stdout.splitlines()
    assert (heading, summary) == (RUN, "completed · 3 steps · 3s · 9 tokens")
    assert [row.split()[0] for row in rows] == ["Message"] * 3


def test_it_draws_a_file_without_asking_for_a_key(file: Path) -> None:
    assert call("timeline", "--from", str(file)).stdout.splitlines()[1] == "3 steps · 3s · 9 tokens"


def test_page_and_picture(file: Path, tmp_path: Path) -> None:
    page, picture = tmp_path / "run.html", tmp_path / "run.svg"
    result = call("timeline", "--from", str(file), "--html", str(page), "--svg", str(picture), "--title", "Sunday")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [f"Wrote {page}", f"Wrote {picture}"]
    assert "<h1>Sunday</h1>" in page.read_text("utf-8")
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_a_picture_on_standard_output(file: Path) -> None:
    result = call("timeline", "--from", str(file), "--svg", "-")
    assert ET.fromstring(result.stdout).tag.endswith("svg")
    assert result.stderr == ""


def test_two_pictures_do_not_go_to_one_place() -> None:
    result = call("timeline", "t", "r", "--svg", "-", "--html", "-", "--base-url", "http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Only one of --html and --svg can go to standard output." in result.stderr


async def test_an_error_names_the_file_that_the_user_named(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "run.svg"
    async with serving() as served:
        result = await invoke("timeline", *served.run, "--svg", str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {file}: No such file or directory\n"


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
IN_PAGE = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


async def test_a_page_with_the_pictures_of_a_server_and_those_it_cannot_get(tmp_path: Path) -> None:
    store, page = make_thread_store(), tmp_path / "run.html"
    store.add_file({"id": "assistant-plot1"}, PNG)
    async with Emulator(store=store).serve() as base_url:
        run = ("timeline", "thread_report", "run_report1", "--base-url", base_url, "--html", str(page))
        plain = await invoke(*run)
        assert IN_PAGE not in page.read_text("utf-8")
        drawn = await invoke(*run, "--pictures")
        assert IN_PAGE in page.read_text("utf-8")
    async with Emulator(store=make_thread_store()).serve() as base_url:
        gone = await invoke("timeline", *run[1:3], "--base-url", base_url, "--html", str(page), "--pictures")
    assert [result.exit_code for result in (plain, drawn, gone)] == [0, 0, 0]
    assert "Without the picture assistant-plot1: 404" in gone.stderr
    assert "assistant-plot1" in page.read_text("utf-8")


async def test_a_page_with_the_pictures_of_an_archive(tmp_path: Path) -> None:
    store, page, archive = make_thread_store(), tmp_path / "run.html", tmp_path / "a"
    store.add_file({"id": "assistant-plot1"}, PNG)
    async with Emulator(store=store).serve() as base_url:
        out = ("-o", str(archive), "--base-url", base_url)
        await invoke("export", "--thread", "thread_report", "--files", *out)
    run = ("timeline", "thread_report", "run_report1", "--html", str(page), "--pictures")
    assert call(*run, "--from", str(archive)).exit_code == 0
    assert IN_PAGE in page.read_text("utf-8")
    without = write_archive(tmp_path / "without")
    assert "the archive does not have it" in call(*run, "--from", str(without)).stderr


def test_pictures_need_a_page_and_a_place_to_come_from(file: Path, tmp_path: Path) -> None:
    assert "--pictures are for a page" in call("timeline", "--from", str(file), "--pictures").stderr
    told = call("timeline", "--from", str(file), "--html", str(tmp_path / "x.html"), "--pictures")
    assert told.exit_code == 1
    assert "run.jsonl has no files" in told.stderr
