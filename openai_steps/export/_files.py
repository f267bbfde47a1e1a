"""Files that appear whole or not at all, and replace only files of this package."""

from __future__ import annotations

import filecmp
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from openai_steps.export._failures import ExportError

# Whoever may write into the folder could have put a link there, to have us write elsewhere. Windows has no such flag.
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


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
        buffering: As for `open`; unbuffered unless said otherwise.

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
    return os.open(path, flags | os.O_CREAT | _NO_LINK, 0o666)


def sync(file: IO[bytes]) -> None:
    """Wait until what was written to a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def move(source: Path, target: Path) -> None:
    """Move a file so that, whatever happens, either name has the whole of it; never onto another file.

    Raises:
        ExportError: If there is something else at ``target``.
    """
    with open(source, "r+b") as file:  # Windows syncs only what is open for writing
        sync(file)
    try:
        os.link(source, target)  # os.replace would write over what has come meanwhile
    except FileExistsError:
        # The same file, or an equal one that was made before, is what a move that was broken off has left.
        if not filecmp.cmp(source, target, shallow=False):
            raise ExportError(
                f"{target.name} has appeared meanwhile. Move it away, and start the same command again."
            ) from None
    except OSError:  # a file system without hard links
        if target.exists():
            raise ExportError(f"{target.name} exists. Move it away, and start the same command again.") from None
        os.rename(source, target)
        source = target
    if source != target:
        source.unlink()
    _sync_folder(target.parent)


def _sync_folder(path: Path) -> None:
    if sys.platform != "win32":  # a folder can be synced, and needs to be: the name is an entry of it
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def replacing(path: Path, *, mark: str = "", over: bool = False) -> Iterator[Path]:
    """Give the name of a new, empty file that takes the name ``path``, at once and on the disk, at the end.

    Args:
        path: The file to write.
        mark: Something of one's own, where several may write the same file at once.
        over: Whether the new file may take the place of an older one.

    Yields:
        A path in the same folder. If the block fails, what is there is removed and ``path`` is left as it was.

    Raises:
        ExportError: If ``path`` exists at the end, and must not be written over.
    """
    temporary = path.with_name(f"{path.name}{mark}.tmp")
    temporary.unlink(missing_ok=True)  # of a process that was killed; of a link, the link alone goes
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666))
    try:
        yield temporary
        if over:
            with open(temporary, "r+b") as file:
                sync(file)
            os.replace(temporary, path)
            _sync_folder(path.parent)
        else:
            move(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
