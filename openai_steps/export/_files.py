"""The files that an export may write: on this machine, not through a link, and none but its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from openai_steps._files import NO_LINK, move, replacing
from openai_steps.export._failures import ExportError


def local_path(out: str | os.PathLike[str]) -> Path:
    """Return where to write.

    Raises:
        ValueError: If it is an address, such as ``s3://…``: as a path it would be a folder of that name.
    """
    if _ADDRESS.match(os.fspath(out)):
        raise ValueError(f"{out} is not a path on this machine: write to one, and copy from there.")
    return Path(out)


# A letter alone is a drive of Windows; a Path has dropped the second slash.
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+:/", re.ASCII | re.IGNORECASE)


def open_own(path: Path, *, buffering: int = 0) -> IO[bytes]:
    """Open a file of ours for reading and writing; a new one if there is none.

    Args:
        path: The file.
        buffering: See `open`; unbuffered by default.

    Raises:
        ExportError: If the name is a link, or a folder, or cannot be used for another reason.
    """
    try:
        return open(path, "r+b", buffering=buffering, opener=_create_or_open)
    except OSError as error:
        is_link = path.is_symlink()
        reason = "it is a link, which an export does not follow" if is_link else error.strerror
        raise ExportError(f"{path.name} cannot be written: {reason}. Move it away, or choose another name.") from error


def _create_or_open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | NO_LINK, 0o666)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file that gets the name ``path`` at the end, as `replacing` does, if it is still free.

    Raises:
        ExportError: If it is not.
    """
    with _still_free(path), replacing(path) as temporary:
        yield temporary


def move_new(source: Path, target: Path) -> None:
    """Move a file to a name that is still free, as `move` does.

    Raises:
        ExportError: If it is not.
    """
    with _still_free(target):
        move(source, target)


@contextmanager
def _still_free(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise ExportError(
            f"{path.name} has appeared meanwhile. Move it away, and start the same command again."
        ) from None
