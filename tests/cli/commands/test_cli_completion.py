"""The scripts that complete commands in a shell."""

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
