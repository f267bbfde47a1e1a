"""Standard output and standard error, as they are and as they should be. Imports nothing: every command starts here."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper

CLOSED_PIPE = 141  # 128 + SIGPIPE, as shells count


def prepare_streams() -> None:
    """Make standard output one that can be written to, whatever the shell closed and whatever its encoding."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def forget_stdout() -> None:
    """Let what is still in the buffer go nowhere: Python writes it out at its end, and would complain."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
