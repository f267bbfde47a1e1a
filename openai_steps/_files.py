"""Files that appear whole or not at all, and on the disk."""

from __future__ import annotations

import errno
import filecmp
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

# Whoever may write into the folder could have put a link there, to have us write elsewhere. Windows has no such flag.
NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def sync(file: IO[bytes]) -> None:
    """Wait until what was written to a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def move(source: Path, target: Path) -> None:
    """Move a file so that, whatever happens, either name has the whole of it; never onto another file.

    Raises:
        FileExistsError: If there is something else at ``target``.
    """
    _sync_path(source)
    try:
        os.link(source, target)  # os.replace would write over what has come meanwhile
    except FileExistsError:
        # The same file, or an equal one that was made before, is what a move that was broken off has left.
        if not filecmp.cmp(source, target, shallow=False):
            raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        os.rename(source, target)
        source = target
    if source != target:
        source.unlink()
    _sync_folder(target.parent)


def replace(source: Path, target: Path) -> None:
    """Move a file in the place of another, if there is one, so that at any time ``target`` is one of the two."""
    _sync_path(source)
    os.replace(source, target)
    _sync_folder(target.parent)


def _sync_path(path: Path) -> None:
    with open(path, "r+b") as file:  # Windows syncs only what is open for writing
        sync(file)


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
        mark: A suffix unique to this writer, where several may write the same file at once.
        over: Whether the new file may take the place of an older one.

    Yields:
        A path in the same folder. If the block fails, what is there is removed and ``path`` is left as it was.

    Raises:
        FileExistsError: If ``path`` exists at the end, and must not be written over.
    """
    temporary = path.with_name(f"{path.name}{mark}.tmp")
    temporary.unlink(missing_ok=True)  # of a process that was killed; of a link, the link alone goes
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o666))
    try:
        yield temporary
        (replace if over else move)(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
