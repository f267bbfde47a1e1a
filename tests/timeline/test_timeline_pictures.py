"""Pictures as data, by their first bytes."""

import pytest

from openai_steps.timeline._pictures import LARGEST, as_urls


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\n\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_pictures_are_known_by_their_first_bytes(content: bytes, kind: str) -> None:
    assert as_urls({"f": content})["f"].startswith(f"data:{kind};base64,")


@pytest.mark.parametrize("content", [b"", b"\x89PN", b"<svg>", b" \xff\xd8\xff", b"RIFF....WAVE", b"BM"])
def test_anything_else_is_left_out(content: bytes) -> None:
    assert as_urls({"f": content}) == {}


def test_a_picture_has_a_largest_size() -> None:
    content = b"\xff\xd8\xff".ljust(LARGEST)
    assert as_urls({"f": content, "g": content + b" "}).keys() == {"f"}
