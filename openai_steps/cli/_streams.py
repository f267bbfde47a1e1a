"""Repairs standard output and standard error. Imports little: every command starts here."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

CLOSED_PIPE = 141  # 128 + SIGPIPE, as shells count

_SPELLED = "openai_steps.spelled"
_ELLIPSIS = "\u2026"


def prepare_streams() -> None:
    """Make standard output writable, whatever the shell closed and whatever its encoding."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_SPELLED)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Return the replacement for characters that the terminal's encoding lacks.

    It is their code, except for the sign at which tables cut texts: a table must stay as wide as the terminal.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join("~" if sign == _ELLIPSIS else _code(sign) for sign in lacking), error.end


def _code(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode("ascii")


codecs.register_error(_SPELLED, _spelled)


def forget_stdout() -> None:
    """Discard the buffer, which Python would write at its end, with an error."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
