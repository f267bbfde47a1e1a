"""The command ``openai-steps``. Needs the extra ``cli``: ``pip install 'openai-steps[cli]'``."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in typing, whose import alone takes longer than --version may
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    from openai_steps.cli._streams import prepare_streams

    prepare_streams()
    if sys.argv[1:] == ["--version"]:  # without click, which takes longer to import than the rest
        _show_version()
    try:
        from openai_steps.cli._app import app

        app(prog_name="openai-steps")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        sys.exit("The command line needs click and rich: pip install 'openai-steps[cli]'")


def _show_version() -> NoReturn:
    from openai_steps._version import VERSION
    from openai_steps.cli._streams import CLOSED_PIPE, forget_stdout

    try:
        print(f"openai-steps, version {VERSION}", flush=True)  # noqa: T201 - a program
    except OSError:
        forget_stdout()
        sys.exit(CLOSED_PIPE)
    sys.exit()
