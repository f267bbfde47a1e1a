"""The doctor over HTTP: what it tells, what it sends, what it hides."""

from __future__ import annotations

import io
import json

import pytest
from command_line import call, invoke, serving
from rich.console import Console
from sample_steps import RUN, THREAD, make_step

from openai_steps.cli._doctor_view import print_report
from openai_steps.doctor import Finding, Report
from openai_steps.doctor._evidence import MOST_REQUESTS
from openai_steps.emulator import DIALECTS, Answer

SECRET = "sk-very-secret"


def row(output: str, check: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith(f"{check}  ")]
    return line


TIED = [make_step(number, created_at=1_700_000_000 + number // 2) for number in range(30)]


@pytest.mark.parametrize(
    ("dialect", "grade", "words", "advice"),
    [
        ("contract", "sound", "adjacent:", "This server's paging is sound."),
        ("window", "harmless", "window:", "every walk over it is still exact."),
        ("supercompat", "harmless", "ignored:", "every walk over it is still exact."),
    ],
)
async def test_it_prints_the_report(dialect: str, grade: str, words: str, advice: str) -> None:
    async with serving(TIED, dialect=DIALECTS[dialect]) as served:
        result = await invoke("doctor", *served.run, COLUMNS="160")
        sent = len(served.emulator.requests)
    assert (result.exit_code, result.stderr) == (0, "")
    assert row(result.stdout, "before").split()[1] == grade
    assert words in result.stdout
    assert advice in result.stdout
    assert f"{sent} requests of at most {MOST_REQUESTS} were sent." in result.stdout


async def test_the_report_as_json() -> None:
    async with serving(TIED, dialect=DIALECTS["window"]) as served:
        result = await invoke("doctor", *served.run, "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["verdict"], report["run_id"]) == (0, "harmless", RUN)
    assert {finding["check"] for finding in report["findings"]} > {"pages of 100", "pages of 20", "before", "ties"}


def test_json_of_nothing_is_a_usage_error() -> None:
    assert call("doctor", "--json", OPENAI_API_KEY=SECRET).exit_code == 2


def test_what_a_terminal_would_obey_is_escaped() -> None:
    evil = "\x1b[2J\u202e"
    finding = Finding(check="thread_id, run_id", grade="harmless", found=f"run_id is {evil}", means=f"{evil}\nnot so")
    report = Report(thread_id="t", run_id="r", steps=1, requests=1, findings=(finding,))
    console = Console(file=io.StringIO(), width=160, color_system=None)
    print_report(console, report)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "not so" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_the_help_promises_as_many_requests() -> None:
    assert f"at most {MOST_REQUESTS}" in " ".join(call("doctor", "--help").stdout.split())


@pytest.mark.parametrize("arguments", [[], ["t", "r"]])
async def test_the_headers_told_are_those_sent(arguments: list[str]) -> None:
    async with serving(30) as served:
        options = [
            "--header",
            "X-Secret: hidden",
            "--organization",
            "org",
            "--base-url",
            f"{served.base_url}?code=hidden",
        ]
        run = [THREAD, RUN] if arguments else []
        result = await invoke("doctor", *run, *options, OPENAI_API_KEY=SECRET)
        requests = served.emulator.requests
    assert bool(requests) is bool(arguments)
    told = {line.strip().removeprefix("headers").strip() for line in result.stdout.splitlines()}
    for request in requests:
        for name, value in request.headers.items():
            if name != "Host":
                hidden = {"Authorization": "Bearer ***", "X-Secret": "***"}.get(name, value)
                assert f"{name}: {hidden}" in told
    assert "key from  the environment variable OPENAI_API_KEY" in result.stdout
    assert "code=***" in result.stdout
    assert "hidden" not in result.stdout
    assert SECRET not in result.output


def test_without_a_key() -> None:
    result = call("doctor", "--provider", "compatible", "--base-url", "http://localhost/v1")
    assert result.exit_code == 0
    assert "key from  none" in result.stdout
    assert "Authorization" not in result.stdout


def test_a_host_that_stopped_serving_is_noted() -> None:
    assert "Run steps were announced to end at this host on 2026-08-26" in call("doctor", OPENAI_API_KEY=SECRET).stdout


def test_a_thread_alone_is_a_usage_error() -> None:
    result = call("doctor", "thread", OPENAI_API_KEY=SECRET)
    assert result.exit_code == 2
    assert "A run goes with the thread" in result.stderr


async def test_a_short_run_is_not_judged() -> None:
    async with serving(3) as served:
        result = await invoke("doctor", *served.run)
    assert "needs a page of 6 steps or more" in result.stdout
    assert "Nothing speaks against this server." in result.stdout


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_an_error_that_is_no_judgement_ends_it(status: int) -> None:
    async with serving(30) as served:
        served.emulator.inject(Answer(status, {"error": {"message": "no"}}))
        result = await invoke("doctor", *served.run)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {status} ")
    assert "provider  compatible" in result.stdout


async def test_a_key_refused_in_the_middle_is_no_judgement() -> None:
    async with serving(30) as served:
        served.emulator.inject(Answer(401), matching=lambda request: "before=" in request.raw_query)
        assert (await invoke("doctor", *served.run)).exit_code == 1


async def test_the_table_fits_a_narrow_terminal() -> None:
    async with serving(30, dialect=DIALECTS["opengpts"]) as served:
        result = await invoke("doctor", *served.run, COLUMNS="80")
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "…" not in result.stdout


def test_a_run_that_is_missing_is_told_before_a_key_that_is() -> None:
    result = call("doctor", "thread")
    assert result.exit_code == 2
    assert "A run goes with the thread: doctor THREAD RUN." in result.stderr


def test_it_tells_what_it_would_ask_though_the_key_is_missing() -> None:
    result = call("doctor")
    assert result.exit_code == 0
    assert "https://api.openai.com/v1" in result.stdout
    assert "none. --api-key is missing: pass one for OpenAI, or set OPENAI_API_KEY." in " ".join(result.stdout.split())
    assert "Authorization" not in result.stdout
    asked = call("doctor", "thread", "run")
    assert asked.exit_code == 2
    assert "--api-key is missing" in asked.stderr
    assert call("doctor", "--provider", "azure_openai").exit_code == 2
