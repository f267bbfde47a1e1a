"""A timeline as one SVG picture that needs nothing else: no font, no script, no network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from attrs import frozen

from openai_steps import _words
from openai_steps.timeline._axis import ticks
from openai_steps.timeline._captions import hint, summary
from openai_steps.timeline._palette import PALETTE, mark, tone
from openai_steps.timeline._values import Bar, Gap, Timeline

_WIDTH: Final = 960
_MARGIN: Final = 24
_LABELS: Final = 220  # the width of the column of labels
_DURATIONS: Final = 76
_HEAD: Final = 86
_FOOT: Final = 40
_TALLEST_ROW: Final = 28.0
_FLATTEST_ROW: Final = 2.0
_ROWS_HEIGHT: Final = 1300.0  # the height that many rows share
_LABEL_NEEDS: Final = 13.0
_LABEL_COLUMNS: Final = 29

_NARROWEST_GAP: Final = 2.0
_RIGHT: Final = _WIDTH - _MARGIN - _DURATIONS


@frozen
class _Layout:
    """The layout: how high a row is, and whether there is a column of labels beside the rows."""

    timeline: Timeline
    row: float
    labelled: bool

    @classmethod
    def of(cls, timeline: Timeline) -> _Layout:
        row = min(_TALLEST_ROW, max(_FLATTEST_ROW, _ROWS_HEIGHT / max(1, len(timeline.bars))))
        return cls(timeline, row, row >= _LABEL_NEEDS)

    @property
    def left(self) -> float:
        return _MARGIN + (_LABELS if self.labelled else 0)

    @property
    def bottom(self) -> float:
        return _HEAD + self.row * max(1, len(self.timeline.bars))

    def x(self, place: float) -> float:
        return self.left + place * (_RIGHT - self.left)

    def span(self, part: Bar | Gap) -> tuple[float, float]:
        return self.x(self.timeline.place(part.start)), self.x(self.timeline.place(part.end))


def to_svg(timeline: Timeline, *, title: str | None = None) -> str:
    """Draw a timeline as an SVG picture.

    Args:
        timeline: The timeline.
        title: The title. Default: the run's id.

    Returns:
        The text of an SVG file. It follows the reader's choice of light or dark, and has each step's name, status and
        times for tooltips and screen readers. With more than 100 steps, only the failed and the slowest have labels.
    """
    layout = _Layout.of(timeline)
    height = layout.bottom + _FOOT
    heading = _words.shorten(title or timeline.run_id or "A run", 70)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" '
        f'height="{height:g}" role="img" aria-labelledby="title summary">',
        f'<title id="title">{escape(heading)}</title>',
        f'<desc id="summary">{escape(summary(timeline))}</desc>',
        f"<style>{_style()}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height:g}" rx="12"/>',
        _text(_MARGIN, 36, heading, "heading"),
        _text(_MARGIN, 57, summary(timeline), "small"),
        *_draw_axis(layout),
        *_draw_gaps(layout),
        *_draw_bars(layout),
        *(_draw_labels(layout) if layout.labelled else _draw_callouts(layout)),
        *_draw_legend(layout.bottom + 26),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _draw_axis(layout: _Layout) -> Iterator[str]:
    for tick in ticks(layout.timeline.totals.duration):
        x = layout.x(tick.place)
        yield f'<line class="grid" x1="{x:.1f}" y1="{_HEAD - 2}" x2="{x:.1f}" y2="{layout.bottom:g}"/>'
        yield _text(x, _HEAD - 8, tick.label, "small middle" if tick.place else "small")


def _draw_gaps(layout: _Layout) -> Iterator[str]:
    for gap in layout.timeline.gaps:
        left, right = layout.span(gap)
        if right - left >= _NARROWEST_GAP:
            yield (
                f'<rect class="gap" x="{left:.1f}" y="{_HEAD}" width="{right - left:.1f}" '
                f'height="{layout.bottom - _HEAD:g}"><title>Waiting: {_words.duration(gap.duration)}</title></rect>'
            )


def _draw_bars(layout: _Layout) -> Iterator[str]:
    thickness = layout.row * (0.62 if layout.labelled else 0.85)
    for bar, middle in _rows(layout):
        left, right = layout.span(bar)
        yield (
            f'<rect class="{tone(bar)}" x="{min(left, _RIGHT - 3):.1f}" y="{middle - thickness / 2:.1f}" '
            f'width="{max(right - left, 3):.1f}" height="{thickness:.1f}" rx="{min(4, thickness / 2):.1f}">'
            f"<title>{escape(hint(bar))}</title></rect>"
        )


def _draw_labels(layout: _Layout) -> Iterator[str]:
    for bar, middle in _rows(layout):
        yield _text(_MARGIN, middle + 4, _words.shorten(_marked(bar), _LABEL_COLUMNS), "label")
        yield _text(_WIDTH - _MARGIN, middle + 4, _words.duration(bar.duration), "small end")


def _draw_callouts(layout: _Layout) -> Iterator[str]:
    """Label the failed and the slowest bars, as far as there is room."""
    free_from = 0.0
    for bar, middle in _rows(layout):
        if middle < free_from or not (bar.failed or bar is layout.timeline.totals.slowest):
            continue
        free_from = middle + _LABEL_NEEDS
        left, right = layout.span(bar)
        text = f"{_words.shorten(_marked(bar), _LABEL_COLUMNS)}, {_words.duration(bar.duration)}"
        beside = left < (layout.left + _RIGHT) / 2
        yield _text(right + 10 if beside else left - 8, middle + 4, text, "label" if beside else "label end")


def _rows(layout: _Layout) -> Iterator[tuple[Bar, float]]:
    for number, bar in enumerate(layout.timeline.bars):
        yield bar, _HEAD + (number + 0.5) * layout.row


def _marked(bar: Bar) -> str:
    return f"{mark(bar)} {bar.label}" if mark(bar) else bar.label


def _draw_legend(y: float) -> Iterator[str]:
    names = {"message": "message", "tools": "tools", "other": "other", "live": "going on", "failed": "failed"}
    x = float(_MARGIN)
    for name, label in names.items():
        yield f'<rect class="{name}" x="{x:g}" y="{y - 9:g}" width="10" height="10" rx="3"/>'
        yield _text(x + 16, y, label, "small")
        x += 16 + 7.2 * len(label) + 18


def _text(x: float, y: float, text: str, css: str) -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}">{escape(_words.line(text))}</text>'


def _style() -> str:
    """Return plain rules, not custom properties, which only browsers understand."""
    return (
        "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}"
        ".heading{font-size:17px;font-weight:600}.label{font-size:13px}.small{font-size:12px}"
        ".middle{text-anchor:middle}.end{text-anchor:end}.grid{stroke-width:1}.gap{fill-opacity:.55}"
        f"{_colours('light')}@media (prefers-color-scheme:dark){{{_colours('dark')}}}"
    )


def _colours(ground: str) -> str:
    shades = {name: getattr(shade, ground) for name, shade in PALETTE.items()}
    bars = "".join(f".{name}{{fill:{shades[name]}}}" for name in shades if name not in ("ink", "muted", "grid", "card"))
    return (
        f"{bars}.heading,.label{{fill:{shades['ink']}}}.small{{fill:{shades['muted']}}}"
        f".grid{{stroke:{shades['grid']}}}.gap{{fill:{shades['grid']}}}"
    )
