"""The command line as a whole: help, start-up, the missing extra."""

import asyncio
import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from command_line import call, finish, start

from openai_steps.cli._app import app

COMMANDS = app.list_commands(click.Context(app))


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60, check=False)


def test_help_names_every_command_in_a_whole_line() -> None:
    lines = call("--help").stdout.splitlines()
    for command in COMMANDS:
        (line,) = [line for line in lines if line.startswith(f"  {command} ")]
        assert line.endswith("."), "click cuts a text that is too long for one line"
        assert not line.endswith("...")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: openai-steps {command}")


def test_version() -> None:
    assert version("openai-steps") in call("--version").stdout


def imported_by(*arguments: str) -> set[str]:
    """Return the modules that a command line imports, besides those that Python itself starts with."""
    modules = "print(*sys.modules, file=sys.stderr)"
    before = python(f"import runpy, sys; {modules}")
    code = f"import atexit, sys; sys.argv = {['', *arguments]}\natexit.register(lambda: {modules})\n"
    after = python(f"{code}import runpy; runpy.run_module('openai_steps', run_name='__main__')")
    assert after.returncode == 0, after.stderr
    return set(after.stderr.split()) - set(before.stderr.split())


# Milliseconds depend on the machine and its mood, the modules that a start imports do not. What takes time to import:
HEAVY = {"aiohttp", "asyncio", "attr", "cattrs", "email", "importlib.metadata", "logging", "msgspec", "rich", "stamina"}


def test_the_version_is_shown_without_click() -> None:
    imported = imported_by("--version")
    assert not imported & (HEAVY | {"click", "typing"})
    assert {name for name in imported if name.startswith("openai_steps")} == {
        *("openai_steps", "openai_steps._version", "openai_steps.cli", "openai_steps.cli._streams")
    }
    assert len(imported) <= 20, sorted(imported)  # 16 on Python 3.13


def test_help_imports_no_command() -> None:
    imported = imported_by("--help")
    assert not imported & HEAVY
    assert not {name for name in imported if name.startswith("openai_steps.cli.commands")}
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names <= {"click", "openai_steps"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_nothing_that_runs_one(command: str) -> None:
    imported = imported_by(command, "--help")
    assert not imported & (HEAVY - {"attr"})
    commands = {name for name in imported if name.startswith("openai_steps.cli.commands.")}
    assert commands == {f"openai_steps.cli.commands.{command}"}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["list", "--help"]])
def test_the_package_is_the_command(arguments: list[str]) -> None:
    done = [
        subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, check=True, timeout=60).stdout
        for module in ("openai_steps", "openai_steps.cli")
    ]
    assert done[0] == done[1] != b""


def test_a_command_that_is_mistyped_is_guessed() -> None:
    result = call("lst")
    assert result.exit_code == 2
    assert "No such command 'lst'. Did you mean list?" in result.stderr
    assert "Did you mean" not in call("xyzzy").stderr


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    code = f"import sys; sys.modules['{missing}'] = None; sys.argv = ['', 'demo']"
    result = python(f"{code}; from openai_steps.cli import main; main()")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The command line needs click and rich: pip install 'openai-steps[cli]'\n"


def test_any_other_missing_module_is_a_bug_and_shown_as_one() -> None:
    code = "import sys; sys.modules['attrs'] = None; sys.argv = ['', 'demo']"
    result = python(f"{code}; from openai_steps.cli import main; main()")
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
