"""The rows of the page, written without a template: with five thousand steps each microsecond counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import escape
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

from openai_steps import _words
from openai_steps._models.tokens import Tokens
from openai_steps.timeline._captions import hint
from openai_steps.timeline._palette import mark, tone
from openai_steps.timeline._values import Bar, Block, Gap, Timeline, ToolUse

LONGEST_TEXT: Final = 20_000
"""The most characters of a block in the page, so that a page of 500 steps can be opened."""

_SHOWN_GAP: Final = 0.04  # the part of the whole from which waiting has a row of its own


@frozen
class Rows:
    """The rows as HTML.

    Attributes:
        overview: The overview above the list.
        items: The items of the list.
    """

    overview: str
    items: str


Pictures: TypeAlias = Mapping[str, str]
"""URLs of pictures, by the ids of their files."""


def rows(timeline: Timeline, pictures: Pictures = MappingProxyType({})) -> Rows:
    """Return bars and the longer gaps, in order of time."""
    shown = [gap for gap in timeline.gaps if gap.duration >= timeline.totals.duration * _SHOWN_GAP]
    parts: list[tuple[Bar | Gap, int]] = [(gap, 0) for gap in shown]
    parts += [(bar, number) for number, bar in enumerate(timeline.bars, start=1)]
    parts.sort(key=lambda part: (part[0].start if part[1] else part[0].end, part[1]))
    overview, items = [], []
    for part, number in parts:
        left, right = 100 * timeline.place(part.start), 100 * timeline.place(part.end)
        place = f"--x:{left:.3f}%;--w:{right - left:.3f}%"
        took = _words.duration(part.duration)
        if isinstance(part, Gap):
            overview.append(f'<i style="{place}"></i>')
            items.append(_GAP.format(place=place, took=took))
        else:
            overview.append(_overview_bar(part, number, place))
            items.append(_item(timeline, part, number, place, took, pictures))
    return Rows("".join(overview), "".join(items))


_GAP: Final = (
    '<li class="gap"><span class="label">waiting</span><span class="track" aria-hidden="true">'
    '<i style="{place}"></i></span><span class="took">{took}</span></li>\n'
)


def _overview_bar(bar: Bar, number: int, place: str) -> str:
    classes = f"{bar.kind}-lane {tone(bar)}"
    title = escape(hint(bar))
    return f'<a tabindex="-1" href="#step-{number}" class="{classes}" style="{place}" title="{title}"></a>'


def _item(timeline: Timeline, bar: Bar, number: int, place: str, took: str, pictures: Pictures) -> str:
    assert timeline.start is not None
    label = escape(_words.shorten(bar.label, 200))
    status, shade = escape(_words.line(bar.status).replace("_", " ")), tone(bar)
    began = _words.duration(bar.start - timeline.start)
    tools = calls = ""
    if bar.tool_calls:
        tools = escape(" ".join(dict.fromkeys(_words.line(call.name).replace(" ", "_") for call in bar.tool_calls)))
        calls = "".join(_call(call, pictures) for call in bar.tool_calls)
    return (
        f'<li><details id="step-{number}" data-kind="{bar.kind}" data-status="{status}" data-tools="{tools}"'
        f' data-took="{bar.duration.total_seconds():.3f}"{" data-failed" if shade == "failed" else ""}><summary>'
        f'<span class="label"><b class="dot {shade}" aria-hidden="true">{mark(bar)}</b>'
        f'<span class="name">{label}</span></span>'
        f'<span class="track" aria-hidden="true"><i class="{shade}" style="{place}"></i></span>'
        f'<span class="took">{took}<span class="unseen">, {status}, began after {began}</span></span></summary>'
        f'<div class="body"><h3>{label}</h3><dl>{_facts(bar, status, began, took)}</dl>'
        f"{_blocks(bar.blocks, pictures)}{calls}</div></details></li>\n"
    )


def _facts(bar: Bar, status: str, began: str, took: str) -> str:
    moment = _words.moment(bar.start)
    tokens = f"<div><dt>Tokens</dt><dd>{in_and_out(bar.tokens)}</dd></div>" if bar.tokens.total else ""
    return (
        f"<div><dt>Status</dt><dd>{status}</dd></div><div><dt>Began</dt><dd>{moment} UTC, {began} in</dd></div>"
        f"<div><dt>Took</dt><dd>{took}</dd></div>{tokens}"
        f"<div><dt>Step</dt><dd>{escape(_words.line(bar.step.id))}</dd></div>"
    )


def in_and_out(tokens: Tokens) -> str:
    """Return tokens read and written, in words."""
    cached = f" ({tokens.cached:,} cached)" if tokens.cached else ""
    reasoning = f" ({tokens.reasoning:,} reasoning)" if tokens.reasoning else ""
    return f"{tokens.prompt or 0:,} in{cached}, {tokens.completion or 0:,} out{reasoning}"


def _call(call: ToolUse, pictures: Pictures) -> str:
    name = escape(_words.shorten(call.name, 200))
    kind = f" <small>{escape(_words.shorten(call.type, 200))}</small>" if call.name != call.type else ""
    return f'<section class="call"><h4>{name}{kind}</h4>{_blocks(call.blocks, pictures)}</section>'


def _blocks(blocks: Sequence[Block], pictures: Pictures) -> str:
    return "".join(
        f'<div class="block"><h5>{_title(block.title)}</h5>{"".join(_content(block, pictures))}</div>'
        for block in blocks
    )


@cache
def _title(title: str) -> str:
    """Return the escaped title of a block; there are only a few."""
    return escape(title)


def _content(block: Block, pictures: Pictures) -> Iterator[str]:
    if block.image is not None and block.image in pictures:
        yield f'<img class="picture" src="{pictures[block.image]}" alt="{escape(_words.line(block.text))}">'
    elif block.found:
        yield '<ul class="found">'
        for file in block.found:
            name = escape(_words.shorten(file.name, 200))
            yield f'<li><span class="file">{name}</span> <span class="score">{file.score:.2f}</span>'
            if file.text:
                yield _text(file.text)
            yield "</li>"
        yield "</ul>"
    elif block.title == "Found":
        yield '<p class="none">Nothing.</p>'
    elif block.text:
        yield _text(block.text)
    else:
        yield '<p class="none">Empty.</p>'


def _text(text: str) -> str:
    return f'<pre tabindex="0">{escape(_words.excerpt(text, LONGEST_TEXT))}</pre>'
