"""The page with the help of each command says what the commands say.

``python tests/docs/test_cli_pages.py`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from openai_steps.cli._app import app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"

HEAD = """\
# Command line

The help of each command, as `--help` prints it. The [how-to page](../howto/cli.md) shows them at work.
"""


def page() -> str:
    return "\n".join([HEAD, *(f"## {name}\n\n```text\n{text}```\n" for name, text in helps())])


def helps() -> Iterator[tuple[str, str]]:
    yield "openai-steps", help_of()
    for name in app.list_commands(click.Context(app)):
        yield f"openai-steps {name}", help_of(name)


def help_of(*command: str) -> str:
    result = CliRunner().invoke(app, [*command, "--help"], prog_name="openai-steps", terminal_width=88)
    assert result.exit_code == 0, result.output
    return "\n".join(line.rstrip() for line in result.output.splitlines()) + "\n"


def test_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text() == page(), "run: python tests/docs/test_cli_pages.py"


if __name__ == "__main__":
    PAGE.write_text(page())
