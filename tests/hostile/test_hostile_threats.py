"""The table of threats names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text("utf-8")


def test_every_test_that_the_table_names_is_there() -> None:
    sources = {path.relative_to(TESTS).as_posix(): path.read_text("utf-8") for path in TESTS.rglob("*.py")}
    functions = set(re.findall(r"def (test_\w+)", "".join(sources.values())))
    rows = [line.rsplit("|", 2)[1] for line in PAGE.splitlines() if line.startswith("|")]
    names = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    assert len(names) > 20
    for name in names:
        if name.endswith(".py"):
            assert name in sources, name
        elif name.endswith("/"):
            assert (TESTS / name).is_dir(), name
        else:
            assert any(function.startswith(name.rstrip("_…")) for function in functions), name
