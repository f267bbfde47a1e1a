"""What is told on standard error meanwhile: each request with -v, what is waited for on a terminal, nothing with -q."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from command_line import SETTINGS, finish, invoke, serving, start
from rich.cells import cell_len

from openai_steps.cli import _waiting
from openai_steps.cli._waiting import Spinner
from openai_steps.emulator import Answer, Delay

pty = pytest.importorskip("pty", reason="Windows has none")
BUSY = Answer(503, {"error": {"message": "busy\x1b[2J"}}, headers={"retry-after": "0"})
TIME = r"\d\d:\d\d:\d\d\.\d{3}"


async def test_each_request_and_retry_is_told() -> None:
    async with serving(3, api_key="sk-very-secret") as served:
        served.emulator.inject(BUSY)
        result = await invoke("list", *served.run, "-v", "--json", "id", OPENAI_STEPS_API_KEY="sk-very-secret")
    assert result.exit_code == 0
    assert result.stdout.count('"id"') == 3
    first, again, second, *others = result.stderr.splitlines()
    assert re.fullmatch(rf"{TIME} GET /threads/\S+/steps: 503 in [\d.]+m?s \(attempt 1\)", first)
    assert re.match(rf"{TIME} GET /threads/\S+/steps: again in [\d.]+m?s, after attempt 1: 503", again)
    assert re.fullmatch(rf"{TIME} GET /threads/\S+/steps: 200 in [\d.]+m?s \(attempt 2\)", second)
    assert all("200 in" in other for other in others)  # what a new client asks to learn its server
    assert "\x1b" not in result.stderr
    assert "secret" not in result.stderr


async def test_nothing_is_told_without_it_and_the_log_is_left_as_it_was() -> None:
    log = logging.getLogger("openai_steps")
    before = (log.level, list(log.handlers))
    async with serving(3) as served:
        served.emulator.inject(BUSY)
        result = await invoke("list", *served.run)
        await invoke("list", *served.run, "--verbose")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (log.level, list(log.handlers)) == before


async def test_quiet_and_verbose_exclude_each_other() -> None:
    result = await invoke("list", "t", "r", "-v", "-q")
    assert result.exit_code == 2
    assert "Give --verbose or --quiet, not both." in result.stderr


async def test_quiet_says_nothing_but_errors(tmp_path: Any) -> None:
    async with serving(3) as served:
        for options, told in (([], True), (["-q"], False)):
            result = await invoke("timeline", *served.run, "--svg", str(tmp_path / "run.svg"), *options)
            assert (result.exit_code, bool(result.stderr)) == (0, told)
        failed = await invoke("list", "nobody", "r", *served.server, "-q")
    assert failed.stderr.startswith("Error: 404")


@pytest.mark.parametrize("logging_library", ["", "structlog"])
async def test_standard_output_holds_data_only_whatever_is_installed(logging_library: str) -> None:
    if logging_library:
        pytest.importorskip(logging_library)
    async with serving(1) as served:
        served.emulator.inject(BUSY)
        code, out, err = await finish(await start("list", *served.run, "--format", "jsonl"))
    assert (code, err) == (0, "")
    assert out.count("\n") == 1


# --- The spinner --------------------------------------------------------------------------------------------------


class Screen(io.StringIO):
    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def line(self) -> str:
        """Return what is to be seen after all that was written."""
        return self.getvalue().rpartition("\r\x1b[K")[2]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(level: int, text: str) -> logging.LogRecord:
    return logging.LogRecord("openai_steps", level, __file__, 1, "%s: %s", ("GET /path", text), None)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_after_a_second_it_says_for_whom_and_why(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    clock, screen = Clock(), Screen(encoding)
    spinner = Spinner("steps.example:8000", stream=screen, clock=clock)
    clock.now = 0.9
    spinner.draw()
    assert screen.getvalue() == ""
    clock.now = 3.2
    spinner.draw()
    assert screen.line()[1:] == " 3s  waiting for steps.example:8000"
    spinner.emit(record(logging.INFO, f"again in 9 s, after attempt 1: 503 \x1b[2J{'busy ' * 50}"))
    spinner.draw()
    assert "; again in 9 s" in screen.line()
    assert "\x1b" not in screen.line()
    assert cell_len(screen.line()) < 60
    screen.getvalue().encode(encoding if encoding == "utf-8" else "latin-1", "ignore")
    spinner.emit(record(logging.DEBUG, "200 in 3.1 s"))
    assert screen.line() == ""
    clock.now = 4.0
    spinner.draw()
    assert screen.line() == ""
    clock.now = 4.3
    spinner.draw()
    assert screen.line()[1:] == " 1s  waiting for steps.example:8000"


def test_frames_are_letters_that_the_terminal_knows() -> None:
    clock, screen = Clock(), Screen("ascii")
    spinner = Spinner("h", stream=screen, clock=clock)
    for clock.now in range(2, 9):
        spinner.draw()
    screen.getvalue().encode("ascii")


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no pseudo-terminals")
@pytest.mark.parametrize(("options", "shown"), [([], True), (["-q"], False), (["-v"], True)])
async def test_a_terminal_shows_it_and_is_clean_in_the_end(options: list[str], shown: bool) -> None:
    async with serving(3) as served:
        served.emulator.inject(Delay(1.5))
        lead, follow = pty.openpty()
        command = [sys.executable, "-m", "openai_steps", "list", *served.run, *options, "--json", "id"]
        process = subprocess.Popen(  # noqa: ASYNC220 - starting one takes no time
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=follow,
            env={**os.environ, **SETTINGS, "TERM": "xterm"},
        )
        os.close(follow)
        out, _ = await asyncio.to_thread(process.communicate, None, 60)
        seen = await asyncio.to_thread(read_all, lead)
    assert process.returncode == 0
    assert out.count(b'"id"') == 3
    assert (b"waiting for 127.0.0.1:" in seen) is shown
    assert not shown or b"\r\x1b[K" in seen[seen.rindex(b"waiting for") :]
    assert (re.search(rb"[K\n]\d\d:\d\d:\d\d\.\d{3} GET ", seen) is not None) is ("-v" in options)
    assert not re.search(rb"waiting for [^\x1b]*GET", seen)  # each on a line of its own


def read_all(descriptor: int) -> bytes:
    seen = b""
    try:
        while chunk := os.read(descriptor, 4096):
            seen += chunk
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(descriptor)
    return seen


def test_there_is_none_where_nobody_looks() -> None:
    _waiting.make_way()
    assert _waiting._current is None
