"""The table of what is read on which server, in docs/cursors.md, is what the walks do."""

from __future__ import annotations

import matrix


def test_the_page_says_what_walks_do() -> None:
    assert matrix.PAGE.read_text("utf-8") == matrix.page_with(matrix.table()), "python tests/walks/matrix.py --write"


def test_nothing_is_wrong_and_nothing_refused_in_vain() -> None:
    assert all("+" not in line and line.split(" | ")[3] == "0" for line in matrix.table().splitlines()[2:])
