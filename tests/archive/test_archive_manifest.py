"""The manifest says what it is of, and what is no manifest is refused in words."""

from pathlib import Path

import pytest
from archive_samples import ASKED, SERVER

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
