"""An export writes on this machine, through no link, and in the place of nobody else's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from openai_steps.export import ExportError
from openai_steps.export._files import local_path, move_new, new_file, open_own


def test_a_name_that_was_taken_meanwhile_is_told(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"ours")
    target.write_bytes(b"theirs")
    with pytest.raises(ExportError, match="target has appeared meanwhile"), new_file(target):
        pass
    with pytest.raises(ExportError, match="target has appeared meanwhile"):
        move_new(source, target)
    assert (source.read_bytes(), target.read_bytes()) == (b"ours", b"theirs")
    target.unlink()
    move_new(source, target)
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_no_link_is_written_through(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_bytes(b"precious")
    link.symlink_to(victim)
    with pytest.raises(ExportError, match="link cannot be written: it is a link"):
        open_own(link)
    assert victim.read_bytes() == b"precious"


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    with pytest.raises(ExportError, match="name cannot be written: Is a directory"):
        open_own(tmp_path / "name")


@pytest.mark.parametrize("address", ["s3://bucket/out.jsonl", "https://host/out", "C+x:/y"])
def test_an_address_is_no_path(address: str) -> None:
    with pytest.raises(ValueError, match="is not a path on this machine"):
        local_path(address)
