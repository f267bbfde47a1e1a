"""``openai-steps verify``: what is whole, and what is not."""

from pathlib import Path

from command_line import call, fails
from thread_samples import write_archive


def test_a_whole_archive(tmp_path: Path) -> None:
    result = call("verify", str(write_archive(tmp_path / "a")), "--threads")
    assert result.stdout.splitlines()[-1] == "a is whole."
    assert "5 runs" in result.stdout
    assert "thread_weather\t" in result.stdout


def test_a_damaged_archive_and_an_index_made_anew(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a")
    objects = archive / "objects-0001.json"
    whole = objects.read_bytes()
    objects.write_bytes(whole.replace(b"Paris", b"Pari5"))
    result = fails(1, "verify", str(archive))
    assert "Wrong: " in result.stdout
    assert "a is not whole" in result.stderr
    objects.write_bytes(whole)
    (archive / "index.sqlite").write_bytes(b"damaged")
    assert "--rebuild" in fails(1, "verify", str(archive)).stderr
    assert "a is whole." in call("verify", str(archive), "--rebuild").stdout


def test_what_is_no_archive(tmp_path: Path) -> None:
    assert "is not an archive" in fails(1, "verify", str(tmp_path)).stderr
