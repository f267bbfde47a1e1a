"""Files appear whole or not at all, and take nobody's place unasked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openai_steps._files import move, replace, replacing, sync


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect what is synced: inodes."""
    inodes: list[int] = []

    def fsync(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    return inodes


@pytest.mark.parametrize("over", [False, True])
def test_replacing_is_all_or_nothing(tmp_path: Path, over: bool) -> None:
    target = tmp_path / "file"

    def write(content: bytes, *, fail: bool) -> None:
        with replacing(target, over=over) as temporary:
            temporary.write_bytes(content)
            if fail:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(b"half", fail=True)
    assert not target.exists()
    write(b"new", fail=False)
    assert target.read_bytes() == b"new"
    if over:
        write(b"newer", fail=False)
        assert target.read_bytes() == b"newer"
    else:
        with pytest.raises(FileExistsError, match="file"):
            write(b"newer", fail=False)
        assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_at_the_temporary_name_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "file.tmp").symlink_to(victim)
    with replacing(tmp_path / "file") as temporary:
        temporary.write_bytes(b"new")
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("over", [False, True])
def test_a_file_and_its_name_are_on_the_disk_at_the_end(tmp_path: Path, synced: list[int], over: bool) -> None:
    with replacing(tmp_path / "file", over=over) as temporary:
        temporary.write_bytes(b"new")
    assert synced == [(tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino]


def test_what_is_written_is_synced_as_a_whole(tmp_path: Path, synced: list[int]) -> None:
    with open(tmp_path / "file", "wb") as file:
        file.write(b"new")
        sync(file)
        assert (tmp_path / "file").read_bytes() == b"new"
    assert synced == [(tmp_path / "file").stat().st_ino]


@pytest.mark.parametrize("links", [True, False])
def test_a_move_takes_nobody_s_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("this file system has none")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    source, target, other = tmp_path / "source", tmp_path / "target", tmp_path / "other"
    source.write_bytes(b"ours")
    other.write_bytes(b"theirs")
    move(source, target)
    assert (source.exists(), target.read_bytes()) == (False, b"ours")
    with pytest.raises(FileExistsError, match="other"):
        move(target, other)
    assert (target.read_bytes(), other.read_bytes()) == (b"ours", b"theirs")
    replace(target, other)
    assert (target.exists(), other.read_bytes()) == (False, b"ours")


def test_a_move_that_was_broken_off_is_brought_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"ours")
    os.link(tmp_path / "source", tmp_path / "target")
    move(tmp_path / "source", tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
