"""Which server the options mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import pytest
from click.testing import CliRunner
from connecting import connect

from openai_steps import Endpoint
from openai_steps._arguments import ArgumentError
from openai_steps.cli._connection import usage_errors

FOUNDRY = "https://res.services.ai.azure.com/api/projects/proj"


AZURE = "https://res.openai.azure.com"


SECRET = "sk-very-secret"


def endpoint_of(*arguments: str, **environment: str) -> Endpoint:
    connection, result = connect(*arguments, **environment)
    assert connection is not None, result.output
    return connection.endpoint


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {"OPENAI_API_KEY": SECRET}, {"provider": "openai", "base_url": "https://api.openai.com/v1"}),
        (["--base-url", "http://gate:1/v1/"], {}, {"base_url": "http://gate:1/v1", "api_key": None}),
        (["--organization", "o"], {"OPENAI_API_KEY": SECRET}, {"headers.OpenAI-Organization": "o"}),
        (
            ["--provider", "azure_foundry", "--base-url", FOUNDRY],
            {"AZURE_AI_TOKEN": SECRET},
            {"base_url": FOUNDRY, "query": (("api-version", "v1"),), "api_key": SECRET},
        ),
        (
            ["--provider", "azure_openai", "--base-url", AZURE, "--api-version", "2025-01-01-preview"],
            {"AZURE_OPENAI_API_KEY": SECRET},
            {"key_header": "api-key", "query": (("api-version", "2025-01-01-preview"),)},
        ),
        (
            ["--provider", "dashscope", "--region", "international", "--workspace", "w"],
            {"DASHSCOPE_API_KEY": SECRET},
            {"base_url": "https://dashscope-intl.aliyuncs.com/api/v1", "headers.X-DashScope-WorkSpace": "w"},
        ),
        (
            ["--provider", "compatible", "--base-url", "http://h", "--key-header", "X-Key", "--header", "A: b:c "],
            {"OPENAI_STEPS_API_KEY": SECRET},
            {"key_header": "X-Key", "key_prefix": "", "api_key": SECRET, "headers.A": "b:c"},
        ),
        (
            ["--provider", "foundry_local", "--base-url", "http://host:8001"],
            {},
            {"base_url": "http://host:8001", "api_key": None, "credential": None},
        ),
        (
            ["--provider", "dashscope", "--region", "ap-southeast-1", "--workspace", "w"],
            {"DASHSCOPE_API_KEY": SECRET},
            {"base_url": "https://w.ap-southeast-1.maas.aliyuncs.com/api/v1"},
        ),
        ([], {"OPENAI_STEPS_PROVIDER": "dashscope", "DASHSCOPE_API_KEY": SECRET}, {"provider": "dashscope"}),
    ],
)
def test_options_and_environment(arguments: list[str], environment: dict[str, str], expected: dict[str, Any]) -> None:
    endpoint = endpoint_of(*arguments, **environment)
    for name, value in expected.items():
        attribute, _, key = name.partition(".")
        found = getattr(endpoint, attribute)
        assert (found[key] if key else found) == value


@pytest.mark.parametrize(
    ("arguments", "environment", "source"),
    [
        ([], {"OPENAI_API_KEY": SECRET}, "the environment variable OPENAI_API_KEY"),
        (["--api-key", SECRET], {"OPENAI_API_KEY": "other"}, "the option --api-key"),
        ([], {"OPENAI_STEPS_API_KEY": SECRET, "OPENAI_API_KEY": "x"}, "the environment variable OPENAI_STEPS_API_KEY"),
        (["--base-url", "http://gate"], {}, "none"),
    ],
)
def test_it_knows_where_the_key_came_from(arguments: list[str], environment: dict[str, str], source: str) -> None:
    assert endpoint_of(*arguments, **environment).key_source == source


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {}, "--api-key is missing: pass one for OpenAI, or set OPENAI_API_KEY."),
        (["--provider", "compatible"], {}, "--provider compatible needs --base-url."),
        (["--provider", "azure_openai"], {}, "--base-url is missing: pass one of the form 'https://"),
        (["--provider", "azure_foundry"], {}, "--base-url is missing: pass one of the form 'https://"),
        (["--provider", "nobody"], {}, "'nobody' is not one of"),
        (["--region", "beijing"], {}, "--region does not go with --provider openai, but with dashscope."),
        (
            ["--provider", "dashscope", "--api-version", "v1"],
            {"DASHSCOPE_API_KEY": SECRET},
            "--api-version does not go with --provider dashscope, but with azure_openai, azure_foundry, fabric.",
        ),
        (["--base-url", "host/v1"], {}, "--base-url 'host/v1' has no http:// or https://"),
        (["--base-url", "http://h", "--header", SECRET], {}, "number 1 does not have the form NAME:VALUE"),
        (["--base-url", "http://h", "--header", f"a b:{SECRET}"], {}, "number 1 does not have the form NAME:VALUE"),
        (["--base-url", "http://h", "--header", f"a:{SECRET}\nb"], {}, "The value of the header a has a line break"),
        (["--base-url", "http://h", "--header", f"a:{SECRET}\xe4"], {}, "The value of the header a has a line break"),
        (["--base-url", "http://h", "--api-key", ""], {}, "--api-key is empty"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(arguments: list[str], environment: dict[str, str], message: str) -> None:
    connection, result = connect(*arguments, **environment)
    assert (connection, result.exit_code) == (None, 2)
    assert message in " ".join(result.stderr.split())
    assert SECRET not in result.output


def test_a_key_that_no_header_can_carry_is_a_usage_error_and_not_shown() -> None:
    async def work(_client: object) -> None:
        raise AssertionError

    connection, _ = connect("--base-url", "http://h", "--api-key", f"{SECRET}\n")
    assert connection is not None
    with pytest.raises(click.UsageError, match="line break") as caught:
        connection.run(work)
    assert SECRET not in str(caught.value)


def test_messages_name_what_the_command_calls_an_argument() -> None:
    def complain(argument: str) -> Callable[[], None]:
        def command(**_: object) -> None:
            with usage_errors():
                raise ArgumentError(argument, "is odd.")

        return command

    def told(argument: str) -> str:
        command = click.command()(click.argument("thread")(click.option("--max", "max_steps")(complain(argument))))
        return CliRunner().invoke(command, ["t"]).stderr.splitlines()[-1]

    assert told("max_steps") == "Error: --max is odd."
    assert told("thread_id") == "Error: THREAD is odd."
    assert told("OPENAI_BASE_URL") == "Error: OPENAI_BASE_URL is odd."
