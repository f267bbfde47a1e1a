"""The command line as a whole: help, start-up, the missing extra."""

import asyncio
import subprocess
import sys
from importlib.metadata import version

import pytest
from command_line import call, finish, start

from openai_steps.cli._app import app

COMMANDS = ["list", "get", "follow", "timeline", "usage", "doctor", "demo", "serve", "completion"]


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command_in_a_whole_line() -> None:
    lines = call("--help").stdout.splitlines()
    for command in COMMANDS:
        (line,) = [line for line in lines if line.startswith(f"  {command} ")]
        assert line.endswith("."), "click cuts a text that is too long for one line"
        assert not line.endswith("...")


@pytest.mark.parametrize("command", list(app.commands))
def test_each_command_has_help(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: openai-steps {command}")


def test_version() -> None:
    assert version("openai-steps") in call("--version").stdout


def test_help_does_not_import_what_only_a_request_needs() -> None:
    result = python(
        "import sys; from openai_steps.cli._app import app\n"
        "try: app(['list', '--help'])\n"
        "finally: print([name for name in ('aiohttp', 'stamina', 'azure') if name in sys.modules])"
    )
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    result = python(f"import sys; sys.modules['{missing}'] = None; from openai_steps.cli import main; main()")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The command line needs click and rich: pip install 'openai-steps[cli]'\n"


def test_any_other_missing_module_is_a_bug_and_shown_as_one() -> None:
    result = python("import sys; sys.modules['attrs'] = None; from openai_steps.cli import main; main()")
    assert "ModuleNotFoundError" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["list"], ["list", "one"], ["nothing"], ["list", "a", "b", "--order", "up"]])
def test_usage_errors_exit_2(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Usage: openai-steps" in result.stderr
    assert result.stdout == ""


async def test_help_into_a_closed_pipe_is_quiet() -> None:
    process = await start("list", "--help")
    transport = process.stdout._transport  # type: ignore[union-attr]
    transport.close()
    code, _, err = await asyncio.wait_for(finish(process), 60)
    assert (code in (0, 141), err) == (True, "")
