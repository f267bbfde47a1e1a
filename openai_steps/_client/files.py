"""The verbs for files: a file's object, and its content."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Final

from openai_steps._arguments import check_positive
from openai_steps._client.part_file import PartFile, PartFileError
from openai_steps._client.requests import Requests, timeouts_for
from openai_steps._errors import APIStatusError, StepsError
from openai_steps._http.downloads import Download
from openai_steps._http.requests import Request, file_request
from openai_steps._models.threads import File
from openai_steps._sending.retry import is_transient
from openai_steps._settings import Timeouts

_MAX_BYTES: Final = 512 * 1024 * 1024  # OpenAI's and Azure's own limit for a file
_PROGRESS: Final = 64 * 1024  # less progress than this counts as none


class FileVerbs(Requests):
    """Reads files."""

    async def get_file(self, file_id: str, *, timeout: Timeouts | float | None = None) -> File:
        """Read a file's object: its name, size and purpose.

        Args:
            file_id: The file's id, such as those of `Message.files`.
            timeout: Instead of the client's.

        Raises:
            NotFoundError: If there is no such file.
            StepsError: If anything else went wrong.
            ValueError: If the id is malformed, or the server has no files.
        """
        return await self._read(file_request(self.endpoint, file_id), File, timeout)

    async def download_file(
        self,
        file_id: str,
        to: str | PathLike[str],
        *,
        max_bytes: int = _MAX_BYTES,
        overwrite: bool = False,
        timeout: Timeouts | float | None = None,
    ) -> Path:
        """Write a file's content to disk.

        It is written under a temporary name beside ``to`` and moved there when it is complete. If the connection
        breaks, the rest is asked for if the server allows it, otherwise the whole file again. The server's name for the
        file is never used.

        Args:
            file_id: The file's id, such as those of `Message.files`.
            to: The path of the file to write. Its directory must exist.
            max_bytes: The most to accept; the default is 512 MiB.
            overwrite: Whether to replace an existing file.
            timeout: Instead of the client's. ``attempt`` is the longest silence, and ``total`` the time for each
                64 KiB, however long the whole takes.

        Returns:
            The path of the file.

        Raises:
            NotFoundError: If there is no such file.
            ResponseTooLargeError: If it has more than ``max_bytes`` bytes.
            StepsError: If anything else went wrong on the way.
            OSError: If the file cannot be written, or exists already.
            ValueError: If the id is malformed, or the server has no files.
        """
        request = file_request(self.endpoint, file_id, content=True)
        check_positive("max_bytes", max_bytes)
        target, download = Path(to), Download(max_bytes, request.path)
        part = PartFile(target, download, overwrite=overwrite)
        try:
            await self._receive(request, download, part, timeouts_for(timeout, self._timeouts))
            await part.finish()
        except PartFileError as error:
            raise error.cause from None
        finally:
            part.discard()
        return target

    async def _receive(self, request: Request, download: Download, part: PartFile, timeouts: Timeouts) -> None:
        """Send requests until the content is complete, as long as each one and its retries make progress."""
        is_whole = False
        while not is_whole:
            before = download.received
            try:
                await self._transport.get(request, timeouts=timeouts, sink=part)
                is_whole = True
            except StepsError as error:
                if isinstance(error, APIStatusError) and error.status == 416 and download.received:
                    download.start_anew()
                elif not is_transient(error) or download.received < before + _PROGRESS:
                    raise
