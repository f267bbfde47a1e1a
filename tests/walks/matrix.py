"""Lead walks through servers of every habit, and write what came of them into ``docs/cursors.md``.

Usage: matrix.py --write | PART

With a PART between 0 and 1, so much of the whole matrix is run, and each cell is shown that is wrong, or refused though
all could be read. The whole, 1, takes half an hour.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from laboratory import CURSORS, SERVERS, Cell, cells, run

from openai_steps.emulator import DIALECTS, HABITS

PAGE = Path(__file__).parents[2] / "docs" / "cursors.md"
BEGIN, END = "<!-- matrix: begin -->", "<!-- matrix: end -->"

EACH = 40
"""How many cells of each server are in the table: as many verified as not."""

EXISTING = [cursors for cursors in CURSORS if "unknown" not in cursors]
"""A cursor that does not exist is always an error."""

IN_VAIN = "refused in vain"


def outcome_of(cell: Cell) -> str:
    """Run a cell; a refusal where a client can know that it has all is told apart."""
    outcome: str = run(cell)[0]
    return IN_VAIN if outcome == "refused" and cell.readable() else outcome


def sample(server: str) -> Iterable[Cell]:
    """Draw cells of a server, always the same."""
    dice = random.Random(server)
    for number in range(EACH):
        size = dice.choice([1, 2, 7, 20, 100])
        count = dice.choice([1, 2, 5, size, size + 1, 2 * size, 101, 130, 250])
        yield Cell(
            server=server,
            page_size=size,
            count=count,
            ids=dice.choice(["rising", "random"]),
            ties=dice.choice([1, 2, 5, 0]),
            order=dice.choice(["asc", "desc"]),
            cursors=dice.choice([cursors for cursors in EXISTING if cursors != "both" or count > 2]),
            verified=number % 2 == 1,
        )


def groups() -> dict[str, list[str]]:
    """The rows of the table: each server known, and all others together."""
    known = {f"{name} (server)": [f"{name} (server)"] for name in DIALECTS}
    others = [name for name in SERVERS if name not in known and name not in HABITS]
    return {**known, f"{len(HABITS)} habits, one at a time": list(HABITS), f"{len(others)} of several habits": others}


def table() -> str:
    """Run the sample, and make the table of it."""
    head = ["server", "default: exact", "refused", "wrong", "`verify_paging`: exact", "refused", "wrong"]
    lines = [head, ["---"] * len(head)]
    total: dict[bool, Counter[str]] = defaultdict(Counter)
    for title, servers in groups().items():
        found: dict[bool, Counter[str]] = defaultdict(Counter)
        for cell in (cell for server in servers for cell in sample(server)):
            found[cell.verified][outcome_of(cell)] += 1
        for how in (False, True):
            total[how] += found[how]
        lines.append([title.removesuffix(" (server)"), *figures(found)])
    lines.append(["**all**", *figures(total)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures(found: dict[bool, Counter[str]]) -> list[str]:
    """Word the figures of a row; what is refused in vain is said."""
    shown = []
    for how in (False, True):
        refused = str(found[how]["refused"]) + (f" + {found[how][IN_VAIN]}" if found[how][IN_VAIN] else "")
        shown += [str(found[how]["exact"]), refused, str(found[how]["wrong"])]
    return shown


def page_with(measured: str) -> str:
    """Return the page with this table."""
    text = PAGE.read_text("utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}"


def run_part(part: float) -> int:
    """Run so much of the whole matrix."""
    dice = random.Random(part)
    found: dict[bool, Counter[str]] = defaultdict(Counter)
    for cell in cells():
        if dice.random() < part:
            outcome = outcome_of(cell)
            found[cell.verified][outcome] += 1
            if outcome in ("wrong", IN_VAIN):
                print(outcome, cell)
    for how in (False, True):
        print("verified:" if how else "default:", dict(found[how]))
    return int(any(counts["wrong"] or counts[IN_VAIN] for counts in found.values()))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page_with(table()), "utf-8")
    elif len(sys.argv) == 2:
        sys.exit(run_part(float(sys.argv[1])))
    else:
        sys.exit(__doc__)
