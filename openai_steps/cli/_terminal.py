"""Text that cannot harm a terminal, and exit statuses."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from openai_steps._errors import StepsError
from openai_steps._words import UNSAFE
from openai_steps.cli._streams import CLOSED_PIPE, forget_stdout


def safe(text: str) -> str:
    r"""Return the text with every character that a terminal would obey written as its escape, such as ``\x1b``."""
    return UNSAFE.sub(_python_escape, text)


def safe_lines(text: str) -> str:
    """Return the same, with line ends and tabs left as they are."""
    return "\n".join(safe(line.expandtabs(4)) for line in text.split("\n"))


def safe_json(text: str) -> str:
    r"""Return equivalent JSON, with such characters as JSON's own escapes, ``\u009b``."""
    return UNSAFE.sub(_json_escape, text)


def safe_line(text: str, *, length: int = 500) -> str:
    """Return the beginning of a text as one safe line."""
    return safe(" ".join(text[:length].split()))


def _python_escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def write_line(line: bytes) -> None:
    """Write one line of JSON to standard output and flush it, so that a reader of the pipe has it."""
    stream = sys.stdout.buffer
    stream.write(safe_json(line.decode()).encode() + b"\n")
    stream.flush()


class Failure(click.ClickException):
    """The end of a command that could not do its work: one line on standard error.

    Args:
        message: What happened.
        hint: What to do next, in words.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(safe_line(f"{message} {hint}", length=2000))


class Interrupted(Failure):
    """The end of a command that was stopped by Ctrl-C."""

    exit_code = 130  # 128 + SIGINT, as shells count

    def show(self, file: IO[Any] | None = None) -> None:
        """Print how to go on, if there is a way."""
        if self.message:
            click.echo(self.message, err=True)


def in_words(error: OSError) -> str:
    """Return the system's message, after the name of its file."""
    what = error.strerror or str(error)
    return what if error.filename is None else f"{os.fsdecode(error.filename)}: {what}"


@contextmanager
def exit_codes() -> Iterator[None]:
    """End as programs do: 1 with one line for an error, 130 for Ctrl-C, 141 silently for a closed pipe."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # here, so that a full disk is reported in one line, not by Python at its end
    except StepsError as error:
        raise Failure(error.message) from error
    except KeyboardInterrupt:
        raise Interrupted("") from None
    except OSError as error:
        forget_stdout()
        if error.errno != errno.EPIPE:
            raise Failure(in_words(error)) from error
        raise click.exceptions.Exit(CLOSED_PIPE) from None
