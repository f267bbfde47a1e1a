"""Draw the walks of docs/cursors.md: twelve steps, pages of four, and what a client that knows its server asks for.

Usage: walks_picture.py --write
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from attrs import frozen
from laboratory import Item, ItemPage, Order, Server
from walk_servers import full_trust

from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps.emulator import DIALECTS

PICTURE = Path(__file__).parents[2] / "docs" / "_static" / "walks.svg"
STEPS, PAGE_SIZE = 12, 4
WIDTH, PANEL, LEFT, BOX, PITCH = 760, 158, 30, 50, 58

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d" \
font-family="system-ui, sans-serif">
<title id="t">The four walks through a list of steps, and the detour</title>
<desc id="d">Twelve steps, four to a page; each page but the first begins with the last step of the \
one before. Forward walks take pages from the head. A backward walk takes the page next to its \
cursor first and reads it from its end. A window goes forward from one cursor and stops at the \
other. A detour reads the head of the list up to the cursor and turns it round.</desc>
<style>
  .panel {{ fill: #fbfbfa; stroke: #d9d9d4; }}
  .title {{ font-weight: 600; font-size: 16px; fill: #1c1e21; }}
  .ask, .out {{ font-size: 13px; font-weight: 400; fill: #5b6068; }}
  .id {{ font-size: 14px; fill: #1c1e21; }}
  .id, .out, .request {{ text-anchor: middle; }}
  .step {{ fill: #ffffff; stroke: #c3c6cb; }}
  .read {{ fill: #d5e8f7; stroke: #4e8fc4; }}
  .cursor {{ fill: #f8dfb5; stroke: #c98a1b; }}
  .page {{ fill: none; stroke: #4e8fc4; stroke-width: 2; }}
  .request {{ font-size: 12px; fill: #2f6f9f; }}
  @media (prefers-color-scheme: dark) {{
    .panel {{ fill: #1a1c1e; stroke: #3a3d41; }}
    .title, .id {{ fill: #e6e6e3; }}
    .ask, .out {{ fill: #a9aeb5; }}
    .step {{ fill: #26292c; stroke: #565b61; }}
    .read {{ fill: #1d3f58; stroke: #5fa3d8; }}
    .cursor {{ fill: #5a4115; stroke: #d9a13c; }}
    .page {{ stroke: #5fa3d8; }}
    .request {{ fill: #8cc4ee; }}
  }}
</style>
<rect class="panel" x="1" y="1" width="{panel_width}" height="{panel_height}" rx="10"/>"""


@frozen(kw_only=True)
class Drawn:
    """A walk to draw."""

    title: str
    says: str
    dialect: str = "contract"
    order: Order = "asc"
    after: str | None = None
    before: str | None = None


WALKS = (
    Drawn(title="Forward", says="no cursor, or after=…"),
    Drawn(title="Forward, the other order", says='order="desc": the same through the list turned round', order="desc"),
    Drawn(title="Backward", says="before=10: the nearest first, away from the cursor", before="10"),
    Drawn(title="Window", says="after=2, before=10: forward; the client finds the end", after="2", before="10"),
    Drawn(title="Detour", says="before=10, where the server does not lead there", dialect="window", before="10"),
)


def lead(walk: Drawn) -> tuple[list[tuple[PageQuery, ItemPage]], list[str]]:
    """Lead a walk; return what it asked and was answered, and the ids in the sequence in which they came out."""
    server = Server([Item(str(number), number) for number in range(1, STEPS + 1)], DIALECTS[walk.dialect])
    trust = full_trust()
    if walk.dialect == "window":
        trust.cursors.update({lane: "broken" for lane in trust.cursors if lane.param == "before"})
    arguments: dict[str, Any] = {"order": walk.order, "after": walk.after, "before": walk.before}
    machine = start_walk(**arguments, page_size=PAGE_SIZE, trust=trust)
    asked: list[tuple[PageQuery, ItemPage]] = []
    met: list[str] = []
    while machine.query is not None:
        asked.append((machine.query, server.answer(machine.query)))
        for page in machine.feed(asked[-1][1]):
            met += [item.id for item in (page.data[::-1] if machine.backward else page.data)]
    machine.finish()
    return asked, met


def draw(walk: Drawn, top: int) -> Iterator[str]:
    """Draw one walk below its title."""
    asked, met = lead(walk)
    listed = [str(number) for number in range(1, STEPS + 1)][:: 1 if walk.order == "asc" else -1]
    says = f'<tspan class="ask" dx="12">{escape(walk.says)}</tspan>'
    yield f'<text class="title" x="{LEFT}" y="{top + 34}">{walk.title}{says}</text>'
    for place, step in enumerate(listed):
        x, middle = LEFT + place * PITCH, LEFT + place * PITCH + BOX // 2
        kind = "cursor" if step in (walk.after, walk.before) else "read" if step in met else "step"
        yield (
            f'<rect class="{kind}" x="{x}" y="{top + 48}" width="{BOX}" height="30" rx="5"/>'
            f'<text class="id" x="{middle}" y="{top + 68}">{step}</text>'
        )
        if step in met:
            yield f'<text class="out" x="{middle}" y="{top + 94}">{met.index(step) + 1}.</text>'
    for number, (query, page) in enumerate(asked):
        places = sorted(listed.index(item.id) for item in page.data)
        first, last = LEFT + places[0] * PITCH, LEFT + places[-1] * PITCH + BOX
        y = top + 102 + number % 2 * 22  # pages overlap
        cursors = [f"{name}={value}" for name in ("after", "before") if (value := getattr(query, name)) is not None]
        label = " · ".join([str(number + 1), *cursors])
        yield (
            f'<path class="page" d="M{first} {y} v6 H{last} v-6"/>'
            f'<text class="request" x="{(first + last) // 2}" y="{y + 20}">{label}</text>'
        )


def picture() -> str:
    """Draw them all."""
    height = PANEL * len(WALKS) + 16
    lines = [HEAD.format(width=WIDTH, height=height, panel_width=WIDTH - 2, panel_height=height - 2)]
    for number, walk in enumerate(WALKS):
        lines += draw(walk, number * PANEL)
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    PICTURE.write_text(picture(), "utf-8")
