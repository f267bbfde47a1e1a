"""The state of a download: what to ask for next, and which part of each answer to keep. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import define

from openai_steps import _words
from openai_steps._errors import ResponseDecodeError, ResponseTooLargeError


@define
class Download:
    """How far a file has come.

    It is resumed where the server allows: only if it gave the content a strong ETag, so that no two versions of a file
    are mixed (RFC 9110, section 13.1.5).

    Args:
        max_bytes: The most to accept.
        path: The path asked for, for messages.
    """

    max_bytes: int
    path: str
    received: int = 0
    _tag: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the next request: no compression, and only the missing part."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if self.received and self._tag is not None:
            headers |= {"Range": f"bytes={self.received}-", "If-Range": self._tag}
        return headers

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Note a good answer; ``received`` is then the place of its bytes in the file.

        Args:
            status: Its status, 200 or 206.
            headers: Its headers, found whatever their case.

        Raises:
            ResponseDecodeError: If it is not the part that was asked for.
        """
        if status == 206:
            sent = headers.get("Content-Range", "")
            part = re.fullmatch(rf"bytes {self.received}-([0-9]{{1,18}})/([0-9]+|\*)", sent)
            # A server may send less than what was asked for: taken for the end, the file would be cut short.
            if not part or part[2] not in ("*", str(int(part[1]) + 1)):
                raise ResponseDecodeError(
                    f"Asked for the bytes from {self.received} on, the server sent {sent[:80]!r} (GET {self.path})."
                )
            return
        self.received = 0
        # A range of compressed content counts compressed bytes, and those received are counted as they are written.
        tag = "" if headers.get("Content-Encoding") else headers.get("ETag", "")
        self._tag = tag if tag.startswith('"') else None  # a weak one may be the same for two versions

    def take(self, size: int) -> None:
        """Count received bytes.

        Raises:
            ResponseTooLargeError: If they are more than allowed.
        """
        if self.received + size > self.max_bytes:
            raise ResponseTooLargeError(f"The file has more than {_words.size(self.max_bytes)}: raise max_bytes.")
        self.received += size

    def start_anew(self) -> None:
        """Ask for the whole file next time: the server does not have the missing part."""
        self.received, self._tag = 0, None
