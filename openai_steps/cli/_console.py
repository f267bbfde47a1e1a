"""Rich's console, on which tables and pictures are printed."""

from __future__ import annotations

import errno
import os
from typing import IO, Any, Final

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> None:  # rich's own would exit with 1
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


_ENDLESS: Final = 1_000_000  # columns


def unbroken(console: Console) -> Console:
    """Return a console that does not wrap values, unless it is a terminal."""
    if not console.is_terminal:
        console.width = _ENDLESS
    return console


def make_console(file: IO[str] | None = None, **options: Any) -> Console:
    """Return a console that reads no markup, and follows NO_COLOR, COLUMNS and pipes.

    Args:
        file: Where to write. Default: standard output.
        **options: Options of `rich.console.Console`.
    """
    return _Console(file=file, markup=False, emoji=False, highlight=False, **options)
