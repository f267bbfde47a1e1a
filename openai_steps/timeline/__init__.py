"""A run as a picture: when each step began and ended, what it did, and where time and tokens went.

    timeline = build_timeline(steps)
    timeline.totals.tool_time
    Path("run.html").write_text(to_html(timeline), encoding="utf-8")

No I/O: steps go in, values and text come out. `to_html` needs the extra ``timeline`` (Jinja2), `to_rich`
the extra ``cli`` (rich). Text from the server is escaped in the output.
"""

from openai_steps.timeline._build import build_timeline
from openai_steps.timeline._html import to_html
from openai_steps.timeline._svg import to_svg
from openai_steps.timeline._text import to_rich
from openai_steps.timeline._values import Bar, BarKind, Block, Found, Gap, Timeline, ToolUse, Totals

__all__ = [
    "Bar",
    "BarKind",
    "Block",
    "Found",
    "Gap",
    "Timeline",
    "ToolUse",
    "Totals",
    "build_timeline",
    "to_html",
    "to_rich",
    "to_svg",
]
