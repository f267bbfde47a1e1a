"""What shells and notebooks show of a model by itself: one short line, and a table of escaped text."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser

from builders import step_body, tool_step_body

from openai_steps import Usage, structure_step
from openai_steps._models.notebook import one_line, table
from openai_steps._models.tokens import Tokens
from openai_steps.cost import CostReport, CostRow

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e&amp;\"'\n"


class Cells(HTMLParser):
    """The texts of a table's cells, and every tag that is in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_step_is_one_short_line() -> None:
    step = structure_step(tool_step_body({"id": "c", "type": "function", "function": {"name": HOSTILE * 99}}))
    assert "\n" not in repr(step)
    assert "\x1b" not in repr(step)
    assert len(repr(step)) < 400
    assert repr(structure_step(step_body())).startswith("RunStep(id='")


def test_what_is_not_known_is_left_out() -> None:
    assert one_line("X", "1 thing", none=None, empty=(), zero=0, no=False) == "X(1 thing, zero=0, no=False)"


def test_nothing_that_a_server_sent_becomes_markup() -> None:
    step = structure_step(step_body(id=HOSTILE, status=HOSTILE))
    shown = Cells(step._repr_html_())
    assert shown.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert any("<script>" in text for text in shown.texts)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", "".join(shown.texts))


def test_a_long_table_is_cut_and_says_so() -> None:
    shown = Cells(table("300 steps", ["n"], [[str(n)] for n in range(300)])).texts
    assert shown[0] == "300 steps, the first 200 of them"
    assert shown[-1] == "199"


def test_tokens() -> None:
    shown = Cells(Usage(prompt_tokens=1234, completion_tokens=1)._repr_html_()).texts
    assert shown == ["Tokens", "prompt", "completion", "total", "cached", "reasoning", "1,234", "1", "1,235"]


def test_costs() -> None:
    def row(key: str, amount: Decimal | None) -> CostRow:
        return CostRow(
            key=key, amount=amount, tokens=Tokens(total=5), requests=2, unpriced={"why": 1}, is_upper_bound=True
        )

    report = CostReport(rows=(row("run_1", Decimal("0.5")), row("", None)), total=row("", Decimal("0.5")), steps=())
    assert repr(report) == "CostReport(2 rows, total=Decimal('0.5'))"
    texts = Cells(report._repr_html_()).texts
    assert texts[5:] == ["run_1", "at most 0.500000", "2", "1", "5", "unknown", "2", "1", "5", *texts[-5:]]
    assert texts[-5:] == ["Total", "at most 0.500000", "2", "1", "5"]
