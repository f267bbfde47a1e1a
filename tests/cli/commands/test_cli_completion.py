"""The scripts that complete commands in a shell."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from command_line import call

from openai_steps.cli._app import app


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_this_program(shell: str) -> None:
    result = call("completion", shell)
    assert result.exit_code == 0
    assert "_OPENAI_STEPS_COMPLETE=" in result.stdout
    assert "openai-steps" in result.stdout


def test_the_help_shows_a_line_for_each_shell() -> None:
    lines = call("completion", "--help").stdout.splitlines()
    assert not any("\\b" in line or "\b" in line for line in lines)
    for shell in ("bash:", "zsh:", "fish:"):
        assert sum(line.split()[:1] == [shell] for line in lines) == 1


SCRIPTS = {
    "bash": 'eval "$(openai-steps completion bash)"; COMP_WORDS=(openai-steps do); COMP_CWORD=1; '
    '_openai_steps_completion openai-steps do; echo "${COMPREPLY[@]}"',
    # No ~/.zshrc, so no compinit before.
    "zsh": 'eval "$(openai-steps completion zsh)"; echo "doctor $_comps[openai-steps]"',
    "fish": 'openai-steps completion fish | source; complete -C "openai-steps do"',
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shell_itself_completes(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    command = tmp_path / "openai-steps"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m openai_steps "$@"\n')
    command.chmod(0o755)
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [program, "-c", SCRIPTS[shell]], capture_output=True, encoding="utf-8", timeout=60, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[0] == "doctor"
    assert shell != "zsh" or "_openai_steps_completion" in done.stdout


@pytest.mark.parametrize(
    ("words", "last", "expected"),
    [
        ([], "do", {"doctor"}),
        (["list", "t", "r", "--order"], "", {"asc", "desc"}),
        (["list", "t", "r", "--provider"], "azure_", {"azure_openai", "azure_foundry"}),
    ],
)
def test_completions(words: list[str], last: str, expected: set[str]) -> None:
    found = BashComplete(app, {}, "openai-steps", "_OPENAI_STEPS_COMPLETE").get_completions(words, last)
    assert {item.value for item in found} == expected
