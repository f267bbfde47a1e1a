"""Files appear whole or not at all, and never in place of somebody else's."""

import os
from pathlib import Path

import pytest

from openai_steps.export import ExportError
from openai_steps.export._files import move, open_own, replacing


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
        with pytest.raises(ExportError, match="file has appeared meanwhile"):
            write(b"newer", fail=False)
        assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_no_link_is_written_through(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_bytes(b"precious")
    link.symlink_to(victim)
    with pytest.raises(ExportError, match="link cannot be written: it is a link"):
        open_own(link)
    (tmp_path / "file.tmp").symlink_to(victim)
    with replacing(tmp_path / "file") as temporary:
        temporary.write_bytes(b"new")
    assert victim.read_bytes() == b"precious"


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    with pytest.raises(ExportError, match="name cannot be written: Is a directory"):
        open_own(tmp_path / "name")


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
    with pytest.raises(ExportError, match="other"):
        move(target, other)
    assert (target.read_bytes(), other.read_bytes()) == (b"ours", b"theirs")


def test_a_move_that_was_broken_off_is_brought_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"ours")
    os.link(tmp_path / "source", tmp_path / "target")
    move(tmp_path / "source", tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
