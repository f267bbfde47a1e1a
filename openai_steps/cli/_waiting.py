"""Progress on standard error: each request with ``-v``, or a spinner after a second of waiting."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import Final, TextIO

from openai_steps import _words
from openai_steps.cli._terminal import safe_line

_LOG: Final = logging.getLogger("openai_steps")
_PATIENCE: Final = 1.0  # seconds: a faster answer needs no spinner
_FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_FRAMES: Final = "|/-\\"
_FRAMES_PER_SECOND: Final = 10
_CLEAR_LINE: Final = "\r\x1b[K"


@contextmanager
def requests_on_stderr() -> Iterator[None]:
    """Write a line for each request, retry and wait to standard error."""
    handler = _AboveSpinner(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s.%(msecs)03d %(message)s", "%H:%M:%S"))
    with _listening(handler):
        yield


class _AboveSpinner(logging.StreamHandler[TextIO]):
    """Writes whole lines, even after a spinner has begun one."""

    def emit(self, record: logging.LogRecord) -> None:
        if _current is not None:
            _current.erase()
        super().emit(record)


class _OneLine(logging.Formatter):
    """Formats a record, which may quote the server, as a line that cannot harm the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return safe_line(super().format(record), length=2000)


@contextmanager
def _listening(handler: logging.Handler) -> Iterator[None]:
    level = _LOG.level
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        _LOG.removeHandler(handler)
        _LOG.setLevel(level)


class Spinner(logging.Handler):
    """Shows on a terminal what is waited for, if that takes longer than a second.

    Args:
        host: The host whose answer is waited for.
        stream: A terminal.
        clock: Counts seconds.
    """

    def __init__(self, host: str, *, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._host = host
        self._stream = stream
        self._clock = clock
        self._since = clock()
        self._why = ""
        self._shown = False
        self._frames = _FRAMES if "utf" in (stream.encoding or "").lower() else _ASCII_FRAMES
        self._drawn = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Take a log record: an attempt that has ended, or a coming retry."""
        if record.levelno >= logging.INFO:
            self._why = safe_line(record.getMessage().partition(": ")[2])  # without the path, which fills the line
        else:
            self.clear()

    def clear(self) -> None:
        """Start a new wait, with a clean line."""
        self._since, self._why = self._clock(), ""
        self.erase()

    def erase(self) -> None:
        """Erase the line, so that something else can be written."""
        if self._shown:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()
            self._shown = False

    def draw(self) -> None:
        """Show the next frame, if it is time."""
        waited = self._clock() - self._since
        if waited < _PATIENCE:
            return
        frame = self._frames[self._drawn % len(self._frames)]
        since, why = _words.duration(int(waited)), f"; {self._why}" if self._why else ""
        text = f"{frame} {since}  waiting for {self._host}{why}"
        self._drawn += 1
        self._shown = True
        self._stream.write(_CLEAR_LINE + _words.shorten(text, get_terminal_size().columns - 1))
        self._stream.flush()

    async def spin(self) -> None:
        """Draw until cancelled."""
        while True:
            await asyncio.sleep(1 / _FRAMES_PER_SECOND)
            self.draw()


_current: Spinner | None = None


@contextmanager
def spinning(host: str) -> Iterator[None]:
    """Show a spinner, within an event loop and on a terminal."""
    global _current
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    _current = Spinner(safe_line(host), stream=sys.stderr)
    task = asyncio.ensure_future(_current.spin())
    try:
        with _listening(_current):
            yield
    finally:
        task.cancel()
        _current.erase()
        _current = None


def make_way() -> None:
    """Erase the spinner before something is written."""
    if _current is not None:
        _current.clear()
