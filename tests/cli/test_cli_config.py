"""Connections by name: what the file may say, and what counts for more than it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from command_line import call, invoke, serving

from openai_steps import Endpoint
from openai_steps.cli._config import config_file
from openai_steps.cli._connection import Connection
from openai_steps.cli._options import connection_options
from openai_steps.emulator import Answer, Stall

SECRET = "sk-very-secret"
FOUNDRY = "https://res.services.ai.azure.com/api/projects/proj"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def write(text: str) -> Path:
    file = config_file()
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def connect(*arguments: str, **environment: str) -> tuple[Endpoint | None, str]:
    """Return the server that a command line means, or None, and what it says on standard error."""
    caught: list[Endpoint] = []

    @click.command()
    @connection_options
    def command(connection: Connection) -> None:
        caught.append(connection.endpoint)

    result = CliRunner().invoke(command, arguments, env=environment)
    return (caught[0] if caught else None), " ".join(result.stderr.split())


def endpoint_of(*arguments: str, **environment: str) -> Endpoint:
    endpoint, error = connect(*arguments, **environment)
    assert endpoint is not None, error
    return endpoint


ONE = f"""
[connections.one]
provider = "compatible"
base_url = "http://one/v1"
api_key_env = "KEY_OF_ONE"
headers = {{ x-tenant = "bakery" }}
[connections.two]
provider = "azure_foundry"
base_url = "{FOUNDRY}"
api_version = "v2"
"""


def test_a_connection_is_found_by_its_name() -> None:
    write(ONE)
    one = endpoint_of("--connection", "one", KEY_OF_ONE=SECRET)
    assert (one.provider, one.base_url, one.api_key) == ("compatible", "http://one/v1", SECRET)
    assert one.headers["x-tenant"] == "bakery"
    assert one.key_source == "the environment variable KEY_OF_ONE"
    two = endpoint_of("--connection", "two", AZURE_AI_TOKEN=SECRET)
    assert (two.provider, two.base_url, two.query) == ("azure_foundry", FOUNDRY, (("api-version", "v2"),))


def test_a_variable_names_one_and_a_default_is_taken_unless_another_server_is_named() -> None:
    write(f'default = "one"\n{ONE}')
    key = {"KEY_OF_ONE": SECRET}
    assert endpoint_of(**key).base_url == "http://one/v1"
    assert endpoint_of(OPENAI_STEPS_CONNECTION="two", AZURE_AI_TOKEN=SECRET).base_url == FOUNDRY
    assert endpoint_of("--base-url", "http://other/v1", **key).base_url == "http://other/v1"
    assert endpoint_of("--base-url", "http://other/v1", OPENAI_STEPS_CONNECTION="one").base_url == "http://other/v1"
    assert endpoint_of(OPENAI_STEPS_PROVIDER="dashscope", DASHSCOPE_API_KEY="x", **key).provider == "dashscope"
    assert endpoint_of("--connection", "one", OPENAI_STEPS_PROVIDER="dashscope", **key).provider == "compatible"


def test_options_are_added_to_a_connection_and_count_for_more() -> None:
    write(ONE)
    one = endpoint_of("--connection", "one", "--header", "x-more: 1", "--api-key", "typed", KEY_OF_ONE=SECRET)
    assert (one.headers["x-tenant"], one.headers["x-more"], one.api_key) == ("bakery", "1", "typed")
    two = endpoint_of("--connection", "two", "--api-version", "v3", AZURE_AI_TOKEN=SECRET)
    assert two.query == (("api-version", "v3"),)


def test_a_connections_key_goes_to_no_other_server_and_no_other_key_to_it() -> None:
    write(ONE)
    both = connect("--connection", "one", "--base-url", "http://evil", KEY_OF_ONE=SECRET)
    assert both[0] is None
    assert "--base-url and --connection name a server each: give one of them." in both[1]
    assert endpoint_of("--connection", "one", KEY_OF_ONE=SECRET, OPENAI_STEPS_API_KEY="other").api_key == SECRET
    assert endpoint_of("--base-url", "http://evil", OPENAI_STEPS_CONNECTION="one", KEY_OF_ONE=SECRET).api_key is None


@pytest.mark.parametrize("as_list", [False, True])
async def test_a_command_gives_the_key(as_list: bool) -> None:
    program = [sys.executable, "-c", f"print('{SECRET}')"]
    command = repr(program) if as_list else f"'''{shlex.join(program)}'''"
    async with serving(2, api_key=SECRET) as served:
        write(
            f'[connections.c]\nprovider = "compatible"\nbase_url = "{served.base_url}"\napi_key_command = {command}\n'
        )
        result = await invoke("list", *served.run[:2], "--connection", "c", "--json", "id")
        asked = served.emulator.requests
        told = await invoke("doctor", "--connection", "c")
        assert served.emulator.requests == asked
    assert {request.headers["Authorization"] for request in asked} == {f"Bearer {SECRET}"}
    assert (result.exit_code, result.stderr) == (0, "")
    assert SECRET not in result.output + told.output


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["-c", "raise SystemExit(7)"], "ended with status 7."),
        (["-c", ""], "printed nothing."),
        (None, "could not be run: /nowhere/to/be/found: No such file or directory."),
    ],
)
async def test_a_command_that_gives_no_key(command: list[str] | None, message: str) -> None:
    program = ["/nowhere/to/be/found"] if command is None else [sys.executable, *command]
    write(
        f'[connections.c]\nprovider = "compatible"\nbase_url = "http://127.0.0.1:1/v1"\napi_key_command = {program!r}\n'
    )
    result = await invoke("list", "t", "r", "--connection", "c")
    assert result.exit_code == 1
    assert result.stderr == f"Error: The command for the key of the connection 'c' {message}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[connections.c]\napi_key = "sk-very-secret"', "connection 'c': No keys in this file"),
        ('[connections.c]\nheaders = { Authorization = "sk-very-secret" }', "connection 'c': No keys in this file"),
        (
            '[connections.c]\nkey_header = "X"\nheaders = { x = "sk-very-secret" }',
            "connection 'c': No keys in this file",
        ),
        ("[connections.c]\nheaders = { x = 1 }", "connection 'c': headers are text."),
        ("[connections.c]\nbase_uri = 1", "connection 'c' says 'base_uri', which is not one of provider, base_url"),
        ("[connections.c]\nbase_url = 1", "connection 'c': base_url is of the wrong type."),
        ("[connections.c]\nretries = true", "connection 'c': retries is of the wrong type."),
        ('[connections.c]\nproxy = "http://u:very-secret@p:3128"', "No password of a proxy in this file"),
        ('[connections.c]\napi_key_env = "NOT_SET"', "the environment variable NOT_SET, which is not set."),
        ('[connections.c]\napi_key_env = "A"\napi_key_command = "b"', "one of them is enough"),
        ("[connections.d]\n[connections.e]", "has no connection 'c'; it has d, e."),
        ("", "has no connection 'c'; it has no connections."),
        ("connections = 1", "may hold default"),
        ("default = 1", "may hold default"),
        ("other = 1", "may hold default"),
        ("[connections", "Expected ']'"),
        ('[connections.c]\nprovider = "nobody"', "The provider 'nobody' is not one of openai"),
    ],
)
def test_what_the_file_may_not_say(text: str, message: str) -> None:
    write(text)
    endpoint, error = connect("--connection", "c")
    assert endpoint is None
    assert message in error
    assert SECRET not in error


def test_a_file_that_is_not_there() -> None:
    assert (
        connect("--connection", "c")[1] == f"Error: There are no connections by name: {config_file()} does not exist."
    )
    assert endpoint_of("--base-url", "http://h").base_url == "http://h"


@pytest.mark.skipif(sys.platform == "win32", reason="this system has other permissions")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(mode: int) -> None:
    file = write(ONE)
    file.chmod(mode)
    assert connect("--connection", "one")[1].endswith(f"which may name commands to run. chmod go-w {file}")
    file.chmod(0o644)
    assert connect("--connection", "one", KEY_OF_ONE="x")[0] is not None


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_refused() -> None:
    os.chown(write(ONE), 12345, 12345)
    # root trusts root only
    assert "belongs to another user" in connect("--connection", "one")[1]


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert config_file() == tmp_path / "openai-steps" / "config.toml"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for relative in ("", "relative/path"):  # the specification of XDG: such a path is to be ignored
        monkeypatch.setenv("XDG_CONFIG_HOME", relative)
        assert config_file() == tmp_path / "home" / ".config" / "openai-steps" / "config.toml"


def test_names_are_completed() -> None:
    write(ONE)
    environment = {
        "_OPENAI_STEPS_COMPLETE": "bash_complete",
        "COMP_WORDS": "openai-steps list --connection ",
        "COMP_CWORD": "3",
    }
    assert call(**environment).stdout.splitlines() == ["plain,one", "plain,two"]


async def test_timeout_and_retries() -> None:
    async with serving(1) as served:
        served.emulator.inject(Answer(503, headers={"retry-after": "0"}), times=9)
        assert (await invoke("list", *served.run, "--retries", "0")).exit_code == 1
        assert len(served.emulator.requests) == 1
        assert (await invoke("list", *served.run, "--retries", "1")).exit_code == 1
        assert len(served.emulator.requests) == 3
        write(f'[connections.c]\nprovider = "compatible"\nbase_url = "{served.base_url}"\nretries = 0\n')
        assert (await invoke("list", *served.run[:2], "--connection", "c")).exit_code == 1
        assert len(served.emulator.requests) == 4


async def test_a_server_that_hangs_is_left_after_the_timeout() -> None:
    async with serving(1) as served:
        served.emulator.inject(Stall())
        result = await invoke("list", *served.run, "--timeout", "0.2", "--retries", "0")
    assert result.exit_code == 1
    assert "No complete answer within 200ms" in result.stderr


FOUND = [
    ({}, None, "--api-key is missing: pass one for OpenAI"),
    ({"AZURE_AI_TOKEN": "k"}, None, "or set PROJECT_ENDPOINT"),
    ({"AZURE_OPENAI_API_KEY": "k"}, None, "or set AZURE_OPENAI_ENDPOINT"),
    ({"DASHSCOPE_HTTP_BASE_URL": "http://h"}, None, "or set DASHSCOPE_API_KEY"),
    ({"OPENAI_API_KEY": "k"}, "openai", ""),
    ({"PROJECT_ENDPOINT": FOUNDRY, "AZURE_AI_TOKEN": "k"}, "azure_foundry", ""),
    ({"DASHSCOPE_API_KEY": "k"}, "dashscope", ""),
    ({"AZURE_OPENAI_ENDPOINT": "https://gate.example", "AZURE_OPENAI_API_KEY": "k"}, "azure_openai", ""),
    # OpenAI's own host has stopped serving runs: whoever reads runs means the other.
    ({"OPENAI_API_KEY": "k", "PROJECT_ENDPOINT": FOUNDRY, "AZURE_AI_TOKEN": "k"}, "azure_foundry", ""),
    ({"OPENAI_BASE_URL": "http://gate/v1", "DASHSCOPE_API_KEY": "k"}, "openai", ""),
    (
        {"DASHSCOPE_API_KEY": "k", "PROJECT_ENDPOINT": FOUNDRY, "AZURE_AI_TOKEN": "k"},
        None,
        "The environment points to azure_foundry and dashscope: name one with --provider.",
    ),
]


@pytest.mark.parametrize(("environment", "provider", "message"), FOUND)
def test_the_environment_chooses_the_provider(environment: dict[str, str], provider: str | None, message: str) -> None:
    endpoint, error = connect(**environment)
    assert (endpoint and endpoint.provider) == provider
    assert message in error


async def test_a_missing_path_is_told() -> None:
    async with serving(1) as served:
        root = served.base_url.removesuffix("/v1")
        result: Any = await invoke("list", *served.run[:2], "--base-url", root)
    assert result.exit_code == 1
    assert f"The base URL has no path: {root}/v1 may be meant." in result.stderr
