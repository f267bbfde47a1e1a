"""The manifest says what it is of, and what is no manifest is refused in words."""

import json
from pathlib import Path

import pytest
from archive_samples import ASKED, SERVER
from flipping import flipped
from hypothesis import given
from hypothesis import strategies as st

from openai_steps.archive import Archive, ArchiveError, Manifest, Missing
from openai_steps.archive._manifest import read_manifest


def test_a_manifest_comes_back(tmp_path: Path) -> None:
    manifest = Manifest(
        server=SERVER, asked=ASKED, redacted=["$.metadata.mail"], masked=2, missing=[Missing("run", "t\ud800", "r")]
    )
    manifest.begin_session()
    manifest.write(tmp_path)
    found = read_manifest(tmp_path)
    assert not found.is_complete
    found.end_session(complete=True)
    assert found.is_complete
    assert (found.server, found.redacted, found.masked) == (SERVER, ["$.metadata.mail"], 2)
    assert found.missing[0].run_id == "r"
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


SOUND = '"openai_steps_archive": 1, "asked": {}, "server": {"provider": "x", "base_url": "y"}'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is not an archive"),
        ("[]", "says something else"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ('{"openai_steps_archive": 99}', "another layout"),
        ('{"openai_steps_archive": 1, "surprise": 1}', "is damaged"),
        ('{"openai_steps_archive": 1, "asked": {}, "server": {"provider": "x", "base_ure": "y"}}', "server lacks"),
        ('{"openai_steps_archive": 1, "asked": {}, "server": 7}', "server lacks base_url, provider"),
        (f'{{{SOUND}, "sessions": [{{"started": "", "ended": null, "resumt": ""}}]}}', "sessions lacks"),
        (f'{{{SOUND}, "sessions": [7]}}', "sessions lacks ended, result, started"),
        ('{"openai_steps_archive": 1, "server": {}, "asked": {}, "missing": [{"kind": 1, "x": 2}]}', "is damaged"),
    ],
)
def test_what_is_no_archive_is_refused_in_words(tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ArchiveError, match=told):
        Archive(tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manifest")
    missing = [Missing("run", "thread_a", "run_a", error="NotFoundError", message="404 Not Found: no such run")]
    Manifest(server=SERVER, asked=ASKED, masked=2, missing=missing).write(folder)
    return folder


@given(at=st.integers(0, 2_000), bit=st.integers(0, 6))
def test_what_a_manifest_says_cannot_change_without_being_noticed(folder: Path, at: int, bit: int) -> None:
    with flipped(folder / "manifest.json", at=at, bit=bit) as (whole, changed):
        try:
            same = json.loads(changed) == json.loads(whole)  # white space, for example
        except ValueError:
            same = False
        if same:
            read_manifest(folder)
        else:
            with pytest.raises(ArchiveError):
                read_manifest(folder)


def test_a_manifest_without_a_checksum_is_an_older_one(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "manifest.json").read_text("utf-8").splitlines()
    assert lines[2].startswith('  "sha256": ')
    (tmp_path / "manifest.json").write_text("\n".join(lines[:2] + lines[3:]), "utf-8")
    assert read_manifest(tmp_path) == read_manifest(folder)
