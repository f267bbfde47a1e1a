"""A bar chart as SVG, readable on a light page and on a dark one."""

from __future__ import annotations

from xml.sax.saxutils import escape

WIDTH, BAR, GAP, LEFT, RIGHT, TOP = 760, 26, 14, 250, 80, 46

STYLE = """
  text { font: 15px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  rect { fill: #8c96a3 }
  .ours { fill: #2f6fde }
  @media (prefers-color-scheme: dark) { text { fill: #d0d7de } rect { fill: #6e7781 } .ours { fill: #6ea8fe } }
"""


def draw_bars(title: str, values: dict[str, float], *, ours: str = "openai_steps") -> str:
    """Return the picture of a few named values, one bar each."""
    height = TOP + len(values) * (BAR + GAP)
    scale = (WIDTH - LEFT - RIGHT) / max(values.values())
    shown = ", ".join(f"{name} {value:.0f}" for name, value in values.items())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(f"{title}: {shown}", {chr(34): "&quot;"})}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="0" y="20">{escape(title)}</text>',
    ]
    for place, (name, value) in enumerate(values.items()):
        y = TOP + place * (BAR + GAP)
        middle = y + BAR / 2 + 5
        kind = ' class="ours"' if name == ours else ""
        parts += [
            f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{escape(name)}</text>',
            f'<rect{kind} x="{LEFT}" y="{y}" width="{max(value * scale, 1):.1f}" height="{BAR}" rx="3"/>',
            f'<text x="{LEFT + value * scale + 8:.1f}" y="{middle}">{value:.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
