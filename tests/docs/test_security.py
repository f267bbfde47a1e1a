"""Each threat on the page about security names the test that shows it: a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text("utf-8")
ROWS = [
    line for line in PAGE.partition("## Threats")[2].partition("## What the long")[0].splitlines() if line[:2] == "| "
]
DEFINED = {
    name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)\(", file.read_text("utf-8"))
}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+…?)`", PAGE))))
def test_a_test_that_is_named_is_there(name: str) -> None:
    beginning = name.removesuffix("…")
    assert name in DEFINED or (name != beginning and any(other.startswith(beginning) for other in DEFINED))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(?:tests/)?(\w+/[\w/]*(?:\.py)?)`", PAGE))))
def test_a_file_that_is_named_is_there(path: str) -> None:
    assert (TESTS / path).exists()


def test_no_threat_is_without() -> None:
    assert len(ROWS) > 60
    assert [
        row for row in ROWS if "`" not in row.split("|")[3] and "the same" not in row and row[2:8] != "threat"
    ] == []
