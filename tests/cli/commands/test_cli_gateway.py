"""The command that serves a gateway."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from command_line import Served, call, finish, serving, start
from sample_steps import RUN, THREAD
from waiting import next_line, until

from openai_steps import AsyncStepsClient, AuthenticationError

KEY = "sk-the-servers-own-key"
TOKEN = "a-token-of-the-gateway"


async def begin(served: Served, *more: str, **environment: str) -> tuple[asyncio.subprocess.Process, str]:
    arguments = ("gateway", *served.server, "--port", "0", *more)
    process = await start(*arguments, **{"OPENAI_STEPS_API_KEY": KEY, **environment})
    line = await next_line(process)
    (base_url,) = re.findall(r" at (https?://\S+)", line)
    return process, base_url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_programs_read_through_it_until_it_is_stopped(number: signal.Signals) -> None:
    async with serving(5, api_key=KEY) as served:
        process, base_url = await begin(served, "--log", "json")
        async with AsyncStepsClient(base_url=base_url) as client:
            assert len(await client.collect_steps(THREAD, RUN)) == 5
        process.send_signal(number)
        code, out, err = await finish(process)
    assert code == 0
    assert f'AsyncStepsClient(base_url="{base_url}", api_key="unused")' in out
    assert "Every user of this machine" in out
    lines = [json.loads(line) for line in err.splitlines()]
    assert {line["status"] for line in lines} == {200}
    assert KEY not in out + err
    assert THREAD not in err


async def test_a_request_that_was_begun_is_answered_before_the_end() -> None:
    from openai_steps.emulator import Delay

    async with serving(5, api_key=KEY) as served:
        process, base_url = await begin(served, "--log", "off")
        served.emulator.inject(Delay(0.5))
        async with AsyncStepsClient(base_url=base_url) as client:
            asked = asyncio.create_task(client.list_steps_page(THREAD, RUN))
            await until(lambda: served.emulator.requests)
            process.send_signal(signal.SIGINT)
            assert len((await asked).data) == 5
        code, _, err = await finish(process)
    assert (code, err) == (0, "")


async def test_a_token_of_a_file_or_of_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    async with serving(5, api_key=KEY) as served:
        for more, environment in (
            (("--token-file", str(file)), {}),
            ((), {"OPENAI_STEPS_GATEWAY_TOKEN": TOKEN}),
        ):
            process, base_url = await begin(served, *more, **environment)
            async with AsyncStepsClient(base_url=base_url, api_key=TOKEN) as client:
                assert len(await client.collect_steps(THREAD, RUN)) == 5
            async with AsyncStepsClient(base_url=base_url, api_key=KEY) as client:
                with pytest.raises(AuthenticationError, match="its own token"):
                    await client.get_run(THREAD, RUN)
            process.send_signal(signal.SIGINT)
            code, out, err = await finish(process)
            assert code == 0
            assert TOKEN not in out + err
            assert '-H "Authorization: Bearer $OPENAI_STEPS_GATEWAY_TOKEN"' in out


@pytest.mark.parametrize(
    ("more", "shown", "note"),
    [
        ((), "127.0.0.1", "From other machines, write the name or address of this one in place of 127.0.0.1.\n"),
        (("--allow-host", "*"), "127.0.0.1", "in place of 127.0.0.1.\n"),
        (("--no-token",), "127.0.0.1", "in place of 127.0.0.1. --allow-host NAME lets them in.\n"),
        (("--allow-host", "gateway.internal"), "gateway.internal", ""),
    ],
)
async def test_on_all_addresses_it_shows_one_that_can_be_called(more: tuple[str, ...], shown: str, note: str) -> None:
    token = {} if "--no-token" in more else {"OPENAI_STEPS_GATEWAY_TOKEN": TOKEN}
    async with serving(5, api_key=KEY) as served:
        process, base_url = await begin(served, "--host", "0.0.0.0", *more, **token)
        assert re.fullmatch(rf"http://{re.escape(shown)}:\d+/v1", base_url)
        mine = base_url.replace(shown, "127.0.0.1")
        async with AsyncStepsClient(base_url=mine, api_key=TOKEN) as client:
            assert len(await client.collect_steps(THREAD, RUN)) == 5
        process.send_signal(signal.SIGINT)
        code, out, _ = await finish(process)
    assert code == 0
    assert out.count(base_url) == 3
    assert out.endswith(note)
    assert ("other machines" in out) is bool(note)


async def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serving(5, api_key=KEY) as served:
        process, base_url = await begin(served, "--socket", str(path))
        assert base_url == "http://localhost/v1"
        assert path.stat().st_mode & 0o777 == 0o600
        process.send_signal(signal.SIGINT)
        assert (await finish(process))[0] == 0
    assert not path.exists()


SERVER = ("gateway", "--provider", "compatible", "--base-url", "http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "--no-token needs none"),
        (["--tls-cert", __file__], "both --tls-cert and --tls-key"),
        (["--tls-cert", __file__, "--tls-key", __file__], "cannot be used"),
        (["--allow-host", "a b"], "not a host's name"),
        (["--allow-origin", "*"], "not an origin"),
        (["--port", "70000"], "70000"),
        (["--routes", "messages,everything"], "no routes 'everything', but messages, threads, files"),
        (["--token-file", "nowhere"], "nowhere"),
    ],
)
def test_usage_errors(arguments: list[Any], message: str) -> None:
    result = call(*SERVER, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


def test_a_weak_token_is_refused_and_not_told() -> None:
    result = call(*SERVER, OPENAI_STEPS_GATEWAY_TOKEN="hunter2")
    assert result.exit_code == 2
    assert "at least 16" in result.stderr
    assert "hunter2" not in result.stderr


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = call(*SERVER, "--port", str(port))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Cannot listen on 127.0.0.1, port {port}: ")
    logger = logging.getLogger("openai_steps.gateway")
    assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)


def test_a_token_file_of_other_bytes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(os.urandom(8) + b"\xff\xfe")
    assert call(*SERVER, "--token-file", str(file)).exit_code == 2
