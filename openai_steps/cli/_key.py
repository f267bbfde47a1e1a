"""A key that a command prints, such as that of a password manager."""

from __future__ import annotations

import asyncio
import subprocess
import time
from typing import Final

from openai_steps._secrets import hide
from openai_steps._words import duration
from openai_steps.cli._terminal import Failure, in_words

_FRESH: Final = 300.0  # seconds: less than a token's lifetime, since an export may outlast a token
_MOST_WAITED: Final = 120.0  # seconds: a password manager may ask its owner


class KeyCommand:
    """Gives the key that a command prints; runs it again when the key is five minutes old.

    Args:
        command: Text for the shell, or a list of the program and its arguments.
        name: The connection's name, for errors.
    """

    def __init__(self, command: str | list[str], name: str) -> None:
        self._command = command
        self._name = name
        self._key = ""
        self._fresh_until = 0.0
        self._running = asyncio.Lock()

    def __repr__(self) -> str:  # as a traceback shows it: the key stays hidden
        return f"<KeyCommand of {self._name}>"

    async def __call__(self) -> str:
        """Return the key.

        Raises:
            Failure: If the command fails, or prints nothing.
        """
        async with self._running:
            if time.monotonic() >= self._fresh_until:
                self._key = hide(await asyncio.to_thread(self._run))
                self._fresh_until = time.monotonic() + _FRESH
            return self._key

    def _run(self) -> str:
        what = f"The command for the key of the connection {self._name!r}"
        try:
            # It inherits standard input and error: a password manager may ask its owner. A shell is what the owner of
            # the file asks for by writing a text.
            done = subprocess.run(  # noqa: S603
                self._command, shell=isinstance(self._command, str), stdout=subprocess.PIPE, timeout=_MOST_WAITED
            )
        except OSError as error:
            raise Failure(f"{what} could not be run: {in_words(error)}.") from None
        except subprocess.TimeoutExpired:
            raise Failure(f"{what} was still running after {duration(_MOST_WAITED)}.") from None
        if done.returncode != 0:
            raise Failure(f"{what} ended with status {done.returncode}.")
        key = done.stdout.decode(errors="replace").strip()
        if not key:
            raise Failure(f"{what} printed nothing.")
        return key
