"""The page for contributors tells the place of every kind of change: it names each module, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "openai_steps"
PAGE = (ROOT / "docs" / "contributing.md").read_text("utf-8")
MODULES = {
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py") and path.parent.name != "commands"  # a file for each command
}


def named() -> set[str]:
    """Return the paths in the tables; a bare name is in the folder that its row has named last."""
    found = set()
    for row in PAGE.splitlines():
        folder = ""
        for name in re.findall(r"`([\w./]+(?:\.py|/))`", row) if row.startswith("| ") else ():
            if "/" in name:
                folder = name.rpartition("/")[0] + "/"
            path = name if "/" in name else folder + name
            if path.endswith(".py"):
                found.add(path if (PACKAGE / path).is_file() or not (PACKAGE / name).is_file() else name)
    return found


def test_every_module_has_its_row() -> None:
    assert sorted(MODULES - named()) == []


def test_every_row_names_modules_that_there_are() -> None:
    assert sorted(named() - MODULES - {"__init__.py"}) == []
