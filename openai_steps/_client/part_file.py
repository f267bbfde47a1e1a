"""A download's file, under a temporary name until it is complete."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from openai_steps._files import move, replace
from openai_steps._http.downloads import Download

_AT_ONCE: Final = 1024 * 1024


class PartFileError(Exception):
    """A failure of the disk. It is not an OSError, which would be taken for one of the network."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class PartFile:
    """Writes a download, and moves it to its place when it is complete.

    The temporary name is made here, beside the target, and opened only if it is new, so that no planted link is
    followed. Writing is done in a thread, so that a slow disk does not block the event loop.

    Args:
        target: The path of the complete file.
        download: Says what to ask for, and counts.
        overwrite: Whether an existing file may be replaced.
    """

    def __init__(self, target: Path, download: Download, *, overwrite: bool) -> None:
        self._target = target
        self._download = download
        self._overwrite = overwrite
        self._waiting: list[bytes] = []
        self._size = 0
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Name the file, not its directory", str(target))
        if not overwrite and target.exists():
            raise self._exists()
        self._path, self._file = _open_beside(target)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the next request."""
        return self._download.headers

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Note an answer: its bytes follow those received, or replace them."""
        await self._flush()
        self._download.begin(status, headers)
        await self._do(self._cut)

    async def write(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._download.take(len(chunk))
        self._waiting.append(chunk)
        self._size += len(chunk)
        if self._size >= _AT_ONCE:
            await self._flush()

    async def finish(self) -> None:
        """Move the complete file to its place."""
        await self._flush()
        await self._do(self._move)

    def discard(self) -> None:
        """Delete the temporary file; after `finish` there is none."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    async def _flush(self) -> None:
        data, self._waiting, self._size = b"".join(self._waiting), [], 0
        if data:
            await self._do(lambda: self._file.write(data))

    def _cut(self) -> None:
        self._file.seek(self._download.received)
        self._file.truncate()

    def _move(self) -> None:
        self._file.close()
        try:
            (replace if self._overwrite else move)(self._path, self._target)
        except FileExistsError:
            raise self._exists() from None

    async def _do(self, work: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(work)
        except OSError as error:
            raise PartFileError(error) from error

    def _exists(self) -> FileExistsError:
        return FileExistsError(
            errno.EEXIST, "There is a file already: pass overwrite=True to replace it", str(self._target)
        )


def _open_beside(target: Path) -> tuple[Path, BinaryIO]:
    for number in count():
        path = target.with_name(f".{target.name[:200]}.{os.getpid()}-{number}.part")
        try:
            return path, path.open("xb")
        except FileExistsError:
            continue
    raise AssertionError
