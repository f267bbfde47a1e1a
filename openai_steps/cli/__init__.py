"""The command ``openai-steps``. Needs the extra ``cli``: ``pip install 'openai-steps[cli]'``."""

from __future__ import annotations

import logging
import sys


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        from openai_steps.cli._app import app
        from openai_steps.cli._terminal import prepare_streams
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        sys.exit("The command line needs click and rich: pip install 'openai-steps[cli]'")
    # Without a handler, logging writes warnings to standard error, such as a line for each retry.
    logging.getLogger().addHandler(logging.NullHandler())
    prepare_streams()
    app(prog_name="openai-steps")
