"""Files: what is known of one, and its content."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from file_server import CONTENT, MIB, CutOnDisk, asked, names, sent, serving

from openai_steps import (
    APIConnectionError,
    APITimeoutError,
    AsyncStepsClient,
    Endpoint,
    InternalServerError,
    Limits,
    NotFoundError,
    ResponseTooLargeError,
    RetryPolicy,
    Timeouts,
)
from openai_steps.emulator import Answer, Dialect, Reset, Stall


async def test_what_is_known_of_a_file() -> None:
    async with serving() as (client, _):
        file = await client.get_file("file_1")
        assert (file.id, file.filename, file.bytes) == ("file_1", "../../evil.png", len(CONTENT))
        with pytest.raises(NotFoundError, match="No file found with id 'x'"):
            await client.get_file("x")


async def test_the_content_is_written_where_the_caller_says_and_nowhere_else(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        path = await client.download_file("file_1", tmp_path / "plot.png")
    assert path == tmp_path / "plot.png"
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["plot.png"]
    assert sent(emulator, "Accept-Encoding") == ["identity"]
    assert sent(emulator, "Authorization") == ["Bearer key"]


async def test_a_path_may_be_text_and_have_a_long_name(tmp_path: Path) -> None:
    name = "n" * 255
    async with serving() as (client, _):
        path = await client.download_file("file_1", str(tmp_path / name))
    assert path.read_bytes() == CONTENT


async def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        emulator.store.add_file({"id": "empty"})
        path = await client.download_file("empty", tmp_path / "empty")
    assert path.read_bytes() == b""


async def test_a_download_that_breaks_goes_on_where_it_broke(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        emulator.inject(CutOnDisk(tmp_path))
        emulator.inject(Reset())
        emulator.inject(CutOnDisk(tmp_path))
        path = await client.download_file("file_1", tmp_path / "f")
    assert path.read_bytes() == CONTENT
    first, second, third, fourth = sent(emulator, "Range")
    assert first is None
    assert second == third
    assert offset(second) >= MIB
    assert offset(second) + MIB <= offset(fourth)


def offset(header: str | None) -> int:
    assert header is not None
    return int(header.removeprefix("bytes=").removesuffix("-"))


async def test_where_the_server_sends_no_parts_it_starts_anew(tmp_path: Path) -> None:
    async with serving(Dialect(content="whole")) as (client, emulator):
        emulator.inject(CutOnDisk(tmp_path))
        path = await client.download_file("file_1", tmp_path / "f")
    assert path.read_bytes() == CONTENT
    assert sent(emulator, "Range") == [None, None]


async def test_a_file_that_has_changed_meanwhile_is_not_mixed_with_itself(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        emulator.inject(CutOnDisk(tmp_path))
        download = asyncio.create_task(client.download_file("file_1", tmp_path / "f"))
        await asked(emulator)
        emulator.store.add_file({"id": "file_1"}, CONTENT[::-1])
        path = await download
    assert path.read_bytes() == CONTENT[::-1]


async def test_it_goes_on_beyond_the_retries_as_long_as_some_comes(tmp_path: Path) -> None:
    async with serving(retry=RetryPolicy(attempts=1)) as (client, emulator):
        emulator.inject(CutOnDisk(tmp_path), times=3)
        path = await client.download_file("file_1", tmp_path / "f")
    assert path.read_bytes() == CONTENT
    assert len(emulator.requests) == 4


async def test_it_ends_when_nothing_comes(tmp_path: Path) -> None:
    async with serving(retry=RetryPolicy(attempts=2, wait_initial=0)) as (client, emulator):
        emulator.inject(CutOnDisk(tmp_path))
        emulator.inject(Reset(), times=9)
        with pytest.raises(APIConnectionError):
            await client.download_file("file_1", tmp_path / "f")
    assert names(tmp_path) == []
    assert len(emulator.requests) == 4  # twice two: the first brought something


async def test_a_range_that_is_not_there_starts_anew_once(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        emulator.inject(CutOnDisk(tmp_path))
        emulator.inject(Answer(416, b""))
        path = await client.download_file("file_1", tmp_path / "f")
        assert path.read_bytes() == CONTENT
        assert sent(emulator, "Range")[2] is None


@pytest.mark.parametrize(
    ("fault", "error"), [(Answer(404, b""), NotFoundError), (Answer(500, b"", headers={}), InternalServerError)]
)
async def test_an_error_leaves_nothing_behind(tmp_path: Path, fault: Any, error: type[Exception]) -> None:
    async with serving() as (client, emulator):
        emulator.inject(fault, times=9)
        with pytest.raises(error):
            await client.download_file("file_1", tmp_path / "f")
    assert names(tmp_path) == []


async def test_more_than_allowed_is_refused(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        with pytest.raises(ResponseTooLargeError, match="more than 1,000 bytes: raise max_bytes"):
            await client.download_file("file_1", tmp_path / "f", max_bytes=1000)
        assert len(emulator.requests) == 1
    assert names(tmp_path) == []


async def test_the_limit_for_json_is_none_for_files(tmp_path: Path) -> None:
    async with serving(limits=Limits(max_body_bytes=100)) as (client, _):
        assert (await client.download_file("file_1", tmp_path / "f")).stat().st_size == len(CONTENT)


async def test_silence_ends_it(tmp_path: Path) -> None:
    async with serving(timeout=Timeouts(attempt=0.1, total=0.1)) as (client, emulator):
        emulator.inject(Stall(), times=9)
        with pytest.raises(APITimeoutError):
            await client.download_file("file_1", tmp_path / "f")
    assert names(tmp_path) == []


async def test_a_cancelled_download_leaves_nothing_behind(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        download = asyncio.create_task(client.download_file("file_1", tmp_path / "f"))
        await asked(emulator)
        download.cancel()
        with pytest.raises(asyncio.CancelledError):
            await download
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [0, -1, True, 1.5, "1"])
async def test_a_limit_must_be_a_number(tmp_path: Path, number: Any) -> None:
    async with serving() as (client, _):
        with pytest.raises(ValueError, match="max_bytes must be a whole number above 0"):
            await client.download_file("file_1", tmp_path / "f", max_bytes=number)


@pytest.mark.parametrize("file_id", ["", ".", "..", None])
async def test_an_id_must_be_one(tmp_path: Path, file_id: Any) -> None:
    async with serving() as (client, _):
        with pytest.raises(ValueError, match="file_id must be an id"):
            await client.download_file(file_id, tmp_path / "f")


async def test_an_id_stays_one_segment_of_the_path(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        emulator.store.add_file({"id": "a/../b"}, b"odd")
        assert (await client.download_file("a/../b", tmp_path / "f")).read_bytes() == b"odd"


async def test_a_server_without_files_is_not_asked(tmp_path: Path) -> None:
    async with AsyncStepsClient(Endpoint.dashscope(api_key="k")) as client:
        with pytest.raises(ValueError, match="dashscope has no files in this API"):
            await client.get_file("f")
        with pytest.raises(ValueError, match="dashscope has no files in this API"):
            await client.download_file("f", tmp_path / "f")
