"""Threads are named by ids or by an archive; those that cannot be read are told at the end, after the others."""

from pathlib import Path

from command_line import fails
from thread_samples import write_archive

AZURE = ("--format", "azure")


def test_threads_or_an_archive_must_be_named() -> None:
    assert "Name threads, or an archive" in fails(2, "evaluation", *AZURE).stderr


def test_what_an_archive_lacks_is_told_after_what_it_has(tmp_path: Path) -> None:
    archive = ["--from", str(write_archive(tmp_path / "a"))]
    result = fails(1, "evaluation", "thread_x", "thread_weather", "thread_y", *archive, *AZURE)
    assert len(result.stdout.splitlines()) == 1
    assert "a has no thread thread_x. (1 more failed)" in result.stderr


def test_a_folder_that_is_no_archive_is_told(tmp_path: Path) -> None:
    assert "is not an archive" in fails(1, "evaluation", "--from", str(tmp_path), *AZURE).stderr


def test_no_request_is_sent_for_an_archive(tmp_path: Path) -> None:
    """And so no key is needed."""
    archive = write_archive(tmp_path / "a")
    assert "OPENAI_API_KEY" in fails(2, "evaluation", "thread_weather", *AZURE).stderr
    assert "OPENAI_API_KEY" not in fails(1, "evaluation", "thread_x", "--from", str(archive), *AZURE).stderr
