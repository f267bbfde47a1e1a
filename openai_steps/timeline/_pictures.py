"""Pictures as data in the page, so that it need not load them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

LARGEST: Final = 8 * 1024 * 1024
"""The most bytes of a picture in the page."""

# By their first bytes (https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern), whatever type a server
# names. SVG is not among them: it is a document, not a picture.
_TYPES: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBPVP", re.DOTALL), "image/webp"),
)


def as_urls(images: Mapping[str, bytes]) -> dict[str, str]:
    """Return ``data:`` URLs of the images, by their file ids, without other files and too large ones."""
    found = {}
    for file_id, content in images.items():
        kind = next((kind for pattern, kind in _TYPES if pattern.match(content)), None)
        if kind is not None and len(content) <= LARGEST:
            found[file_id] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return found
