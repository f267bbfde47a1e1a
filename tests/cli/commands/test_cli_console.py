"""The command that opens the console."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from certificates import make_certificate
from command_line import call, finish, start
from sample_steps import RUN, THREAD, make_steps
from waiting import next_line, until

from openai_steps.emulator import Answer, Emulator

KEY = "sk-the-servers-own-key"


async def begin(*arguments: str, **environment: str) -> tuple[asyncio.subprocess.Process, str, str]:
    """Start it; return the process, its origin and the one-time token."""
    process = await start("console", *arguments, "--port", "0", **environment)
    line = await next_line(process)
    match = re.fullmatch(r"The console is open at (http://[^/]+)/#t=(\S+)\n", line)
    assert match is not None, line
    return process, match[1], match[2]


async def ask(origin: str, token: str, name: str, **data: Any) -> Any:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{origin}/session", json={"token": token}) as response:
            secret = (await response.json())["secret"]
        headers = {"Authorization": f"Bearer {secret}"}
        async with session.post(f"{origin}/api/{name}", json=data, headers=headers) as response:
            return await response.json()


async def test_the_demo_needs_no_server_and_no_account() -> None:
    process, origin, token = await begin("--demo", "--no-browser")
    state = await ask(origin, token, "state")
    assert [about["name"] for about in state["connections"]] == ["demo"]
    assert ["thread_demo", "run_demo"] in state["runs"]
    assert ["thread_demo", "run_demo_live"] in state["runs"]
    assert token not in Path(f"/proc/{process.pid}/cmdline").read_text()  # noqa: ASYNC240 - it is in memory
    process.send_signal(signal.SIGINT)
    assert (await finish(process))[::2] == (0, "")


async def test_the_demo_has_a_run_that_goes_on() -> None:
    process, origin, token = await begin("--demo", "--no-browser")
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{origin}/session", json={"token": token}) as response:
            headers = {"Authorization": f"Bearer {(await response.json())['secret']}"}
        form = {"thread_id": "thread_demo", "run_id": "run_demo_live"}
        async with session.post(f"{origin}/api/follow", json={"form": form}, headers=headers) as stream:
            seen = b""
            async with asyncio.timeout(30):
                while seen.count(b"event: step") < 2:
                    seen += await stream.content.readany()
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):  # a run that goes on does not hold up the end
                assert (await finish(process))[::2] == (0, "")
    assert b'"status":"in_progress"' in seen


async def test_a_file_is_opened_without_a_server(tmp_path: Path) -> None:
    file = tmp_path / "steps.jsonl"
    file.write_text("".join(json.dumps(step) + "\n" for step in make_steps(7)))
    process, origin, token = await begin("--from", str(file), "--no-browser")
    answer = await ask(origin, token, "run", form={"thread_id": THREAD, "run_id": RUN})
    assert answer["count"] == 7
    process.send_signal(signal.SIGTERM)
    assert (await finish(process))[0] == 0


async def test_the_options_for_requests_reach_its_client() -> None:
    emulator = Emulator.demo()
    for _ in range(9):
        emulator.inject(Answer(500, {"error": {"message": "broken"}}))
    async with emulator.serve() as base_url:
        server = ("--provider", "compatible", "--base-url", base_url, "--no-browser")
        process, origin, token = await begin(*server, "--retries", "0", OPENAI_STEPS_API_KEY=KEY)
        answer = await ask(origin, token, "run", form={"thread_id": "thread_demo", "run_id": "run_demo"})
        process.send_signal(signal.SIGINT)
        assert (await finish(process))[0] == 0
    assert "500" in json.dumps(answer)
    assert len(emulator.requests) == 1


async def test_connections_by_name_can_be_chosen_and_their_keys_stay_here(tmp_path: Path) -> None:
    folder = tmp_path / "openai-steps"
    folder.mkdir()
    file = folder / "config.toml"
    file.write_text(
        '[connections.scope]\nprovider = "dashscope"\napi_key_env = "SCOPE_KEY"\n'
        '[connections.away]\nprovider = "dashscope"\napi_key_env = "NOT_SET"\n'
    )
    file.chmod(0o600)
    server = ("--provider", "compatible", "--base-url", "http://127.0.0.1:9/v1", "--no-browser")
    process, origin, token = await begin(
        *server, OPENAI_STEPS_API_KEY=KEY, SCOPE_KEY=KEY, XDG_CONFIG_HOME=str(tmp_path)
    )
    state = await ask(origin, token, "state")
    names = {about["name"]: about["key"] for about in state["connections"]}
    assert names == {
        "compatible": "the environment variable OPENAI_STEPS_API_KEY",
        "scope": "the environment variable SCOPE_KEY",
    }
    assert KEY not in json.dumps(state)
    process.send_signal(signal.SIGINT)
    code, out, err = await finish(process)
    assert code == 0
    assert "Left out: the connection 'away'." in err
    assert KEY not in out + err


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files")
async def test_the_browser_gets_its_link_by_a_file_of_this_user_alone(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {seen}.new; mv {seen}.new {seen}\n')
    browser.chmod(0o700)
    process, origin, token = await begin("--demo", BROWSER=f"{browser} %s")
    await until(seen.exists)
    url = seen.read_text()
    assert url.startswith("file://")
    file = Path(url.removeprefix("file://"))
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    (link,) = re.findall(r"url=([^\"]+)", file.read_text())  # noqa: ASYNC240
    assert link.startswith(f"{origin}/#t=")
    assert token not in link  # that one is for the person at the terminal
    process.send_signal(signal.SIGINT)
    assert (await finish(process))[0] == 0
    assert not os.path.exists(file)  # noqa: ASYNC240 - it is in memory


async def test_other_machines_are_told_of_and_get_a_link_they_can_use(tmp_path: Path) -> None:
    _, certificate = make_certificate(tmp_path)
    tls = ("--tls-cert", str(certificate), "--tls-key", str(tmp_path / "key.pem"))
    process = await start(
        *(
            "console",
            "--demo",
            "--no-browser",
            "--host",
            "0.0.0.0",
            "--port",
            "0",
            "--allow-host",
            "desk.internal",
            *tls,
        )
    )
    told, link = [await next_line(process) for _ in range(2)]
    assert told == "0.0.0.0 can be reached from other machines; only people with a link get in.\n"
    assert re.fullmatch(r"The console is open at https://desk\.internal:\d+/#t=\S+\n", link)
    process.send_signal(signal.SIGINT)
    assert (await finish(process))[::2] == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--demo", "--host", "0.0.0.0"], "only with TLS and with the name that browsers call it by (--allow-host)"),
        (["--demo", "--from", __file__], "not both"),
        (["--from", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--provider", "compatible"], "needs --base-url"),
    ],
)
def test_usage_errors(arguments: list[str], message: str) -> None:
    result = call("console", "--no-browser", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = call("console", "--demo", "--no-browser")
    assert result.exit_code == 1
    assert result.stderr == "Error: The console needs jinja2. pip install 'openai-steps[console]'.\n"


def test_a_wrong_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text("no json\n")
    result = call("console", "--no-browser", "--from", str(file))
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = call("console", "--demo", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Cannot listen on 127.0.0.1, port ")
