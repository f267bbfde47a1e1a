"""A file on disk while it comes: nothing of anybody else's is touched, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from file_server import CONTENT, asked, names, serving

from openai_steps.emulator import Reset


async def test_what_is_there_is_not_overwritten_unless_the_caller_says_so(tmp_path: Path) -> None:
    there = tmp_path / "f"
    there.write_bytes(b"mine")
    async with serving() as (client, emulator):
        with pytest.raises(FileExistsError, match="pass overwrite=True"):
            await client.download_file("file_1", there)
        assert emulator.requests == ()
        assert there.read_bytes() == b"mine"
        await client.download_file("file_1", there, overwrite=True)
    assert there.read_bytes() == CONTENT
    assert names(tmp_path) == ["f"]


async def test_what_appears_meanwhile_is_not_overwritten_either(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        emulator.inject(Reset())
        download = asyncio.create_task(client.download_file("file_1", tmp_path / "f"))
        await asked(emulator)
        (tmp_path / "f").write_bytes(b"mine")
        with pytest.raises(FileExistsError):
            await download
    assert (tmp_path / "f").read_bytes() == b"mine"
    assert names(tmp_path) == ["f"]


async def test_a_link_at_the_temporary_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / f".f.{os.getpid()}-0.part").symlink_to(victim)
    async with serving() as (client, _):
        path = await client.download_file("file_1", tmp_path / "f")
    assert (victim.read_bytes(), path.read_bytes()) == (b"mine", CONTENT)


@pytest.mark.parametrize(
    ("name", "error"),
    [("", IsADirectoryError), ("missing/f", FileNotFoundError), ("a\0b", ValueError), ("n" * 300, OSError)],
)
async def test_a_place_where_nothing_can_be_written_is_refused_before_any_request(
    tmp_path: Path, name: str, error: type[Exception]
) -> None:
    async with serving() as (client, emulator):
        with pytest.raises(error):
            await client.download_file("file_1", tmp_path / name)
        assert emulator.requests == ()
    assert names(tmp_path) == []


@pytest.fixture
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.usefixtures("_full_disk")
async def test_a_full_disk_is_told_as_it_is_and_not_taken_for_the_network(tmp_path: Path) -> None:
    async with serving() as (client, emulator):
        with pytest.raises(OSError, match="No space left on device"):
            await client.download_file("file_1", tmp_path / "f")
        assert len(emulator.requests) == 1
    assert names(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
async def test_a_disk_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    async with serving() as (client, _):
        path = await client.download_file("file_1", tmp_path / "f", overwrite=overwrite)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["f"]
