"""The page's own files: read once, and served under a path with their hash, so that a browser may cache them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from attrs import frozen

from openai_steps.timeline._palette import css_variables

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_PLACE: Final = "{{assets}}"


@frozen
class Asset:
    """A file: its bytes and its type."""

    body: bytes
    content_type: str


@frozen
class Assets:
    """The page and the files that it loads, by their paths."""

    page: bytes
    files: Mapping[str, Asset]


@cache
def load_assets() -> Assets:
    """Read the files of the package."""
    folder = files("openai_steps.console").joinpath("assets")
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith((*_TYPES,))}
    texts["palette.css"] = (
        f":root{{{css_variables('light')}}}"
        f"@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{{css_variables('dark')}}}}}"
        f":root[data-theme=dark]{{{css_variables('dark')}}}"
    )
    digest = hashlib.sha256("".join(f"{name}\0{texts[name]}\0" for name in sorted(texts)).encode()).hexdigest()[:16]
    page = folder.joinpath("index.html").read_text("utf-8").replace(_PLACE, f"/assets/{digest}")
    return Assets(
        page.encode(),
        {
            f"/assets/{digest}/{name}": Asset(text.encode(), _TYPES["." + name.rpartition(".")[2]])
            for name, text in texts.items()
        },
    )
