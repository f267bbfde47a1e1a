"""The picture of the walks in docs/cursors.md shows what they ask."""

from __future__ import annotations

from walks_picture import PICTURE, picture


def test_the_picture_shows_what_walks_do() -> None:
    assert PICTURE.read_text("utf-8") == picture(), "python tests/walks/walks_picture.py --write"
