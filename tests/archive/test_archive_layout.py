"""Names of files come from numbers and checksums, never from a server."""

from pathlib import Path

from openai_steps.archive._layout import content_file, objects_file


def test_files_have_names_of_ours() -> None:
    assert objects_file(Path("a"), 1) == Path("a/objects-0001.json")
    assert objects_file(Path("a"), 12_345) == Path("a/objects-12345.json")  # after 640 GB
    assert content_file(Path("a"), "0f" * 32) == Path("a/files", "0f" * 32)
