"""A file on its way: what is asked for next, and what is kept."""

import pytest

from openai_steps import ResponseDecodeError, ResponseTooLargeError
from openai_steps._http.downloads import Download

PATH = "/files/f/content"


def begun(tag: str | None, *, received: int = 0) -> Download:
    download = Download(max_bytes=10, path=PATH)
    download.begin(200, {} if tag is None else {"ETag": tag})
    download.take(received)
    return download


def test_the_whole_is_asked_for_as_it_is() -> None:
    assert Download(max_bytes=10, path=PATH).headers == {"Accept": "*/*", "Accept-Encoding": "identity"}


def test_what_is_missing_is_asked_for_where_the_version_is_known() -> None:
    headers = begun('"v1"', received=4).headers
    assert (headers["Range"], headers["If-Range"]) == ("bytes=4-", '"v1"')


@pytest.mark.parametrize("tag", [None, "", 'W/"v1"'])
def test_without_a_strong_tag_the_whole_is_asked_for_again(tag: str | None) -> None:
    assert "Range" not in begun(tag, received=4).headers


def test_a_part_follows_what_is_there_and_the_whole_replaces_it() -> None:
    download = begun('"v1"', received=4)
    download.begin(206, {"Content-Range": "bytes 4-9/10"})
    assert download.received == 4
    download.begin(200, {"ETag": '"v2"'})
    assert download.received == 0
    download.take(1)
    assert download.headers["If-Range"] == '"v2"'


@pytest.mark.parametrize(
    "told", ["", "bytes 3-9/10", "bytes 40-90/100", "bytes */10", "items 4-9/10", "bytes 4-", "bytes 4-x/10"]
)
def test_another_part_is_refused(told: str) -> None:
    with pytest.raises(ResponseDecodeError, match=r"Asked for the bytes from 4 on, the server sent .*/files/f/content"):
        begun('"v1"', received=4).begin(206, {"Content-Range": told})


@pytest.mark.parametrize("told", ["bytes 4-8/10", "bytes 4-10/10", f"bytes 4-{'9' * 5000}/10"])
def test_a_part_that_ends_elsewhere_is_not_taken_for_the_rest(told: str) -> None:
    with pytest.raises(ResponseDecodeError, match="Asked for the bytes from 4 on"):
        begun('"v1"', received=4).begin(206, {"Content-Range": told})


def test_a_part_that_nobody_asked_for_is_not_taken_for_the_whole() -> None:
    with pytest.raises(ResponseDecodeError, match="Asked for the bytes from 0 on"):
        Download(max_bytes=10, path=PATH).begin(206, {"Content-Range": "bytes 0-3/10"})


def test_a_part_of_unknown_whole_is_the_rest() -> None:
    download = begun('"v1"', received=4)
    download.begin(206, {"Content-Range": "bytes 4-9/*"})
    assert download.received == 4


def test_compressed_content_is_asked_for_again_as_a_whole() -> None:
    download = Download(max_bytes=10, path=PATH)
    download.begin(200, {"ETag": '"v1"', "Content-Encoding": "gzip"})
    download.take(4)
    assert "Range" not in download.headers


def test_more_than_allowed_is_refused_at_the_first_byte_too_much() -> None:
    download = begun(None, received=10)
    with pytest.raises(ResponseTooLargeError, match="more than 10 bytes: raise max_bytes"):
        download.take(1)


def test_it_can_start_anew() -> None:
    download = begun('"v1"', received=4)
    download.start_anew()
    assert download.received == 0
    assert "Range" not in download.headers
