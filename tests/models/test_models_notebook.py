"""What shells and notebooks show of a model by itself: one short line, and a table of escaped text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from builders import page_body, step_body, tool_step_body
from hypothesis import example, given
from hypothesis import strategies as st
from thread_bodies import file_body, message_body, run_body, text_content, thread_body

from openai_steps import (
    MessagePage,
    Misfit,
    PromptTokenDetails,
    RunPage,
    RunSteps,
    ThreadPage,
    UnreadableItem,
    UnreadableStep,
    Usage,
    _words,
    structure_file,
    structure_message,
    structure_page,
    structure_run,
    structure_step,
    structure_thread,
)
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
    assert len(repr(step)) <= 200
    assert repr(structure_step(step_body())).startswith("RunStep(id='")


def everything_of(text: str) -> list[Any]:
    """Return one of all that has a line of its own, with the same text wherever a server may send one."""
    call = {"id": text, "type": "function", "function": {"name": text}}
    error = {"code": text, "message": text}
    step = tool_step_body(*[call] * 20, id=text, status=text, last_error=error)
    run = run_body(id=text, thread_id=text, status=text, model=text, last_error=error)
    message = message_body(id=text, role=text, content=[text_content(text)])
    thread = thread_body(id=text, title=text)
    pages = ((run, RunPage), (message, MessagePage), (thread, ThreadPage))
    read = structure_step(step)
    return [
        read,
        structure_run(run),
        structure_message(message),
        structure_thread(thread),
        structure_file(file_body(id=text, filename=text, purpose=text, status=text)),
        structure_page(page_body(step, step)),
        *(structure_page(page_body(item, item, has_more=True), kind) for item, kind in pages),
        RunSteps(thread_id=text, run_id=text, steps=(read,) * 20, error=ValueError(text)),
        UnreadableStep(
            {"id": text, text: [{text: text}] * 9}, Misfit(f"$.{text}", text), raw=text.encode("utf-8", "replace")
        ),
        UnreadableItem(text, Misfit("$", "an object")),
        structure_step(step_body(usage={**EVERY_COUNT, text: text})).usage,
    ]


@given(st.text(st.characters(), min_size=1))
@example(HOSTILE * 99)
@example("\ud800\U0010ffff" * 99)
def test_whatever_a_server_sends_a_repr_is_one_short_line_and_a_table_is_plain_text(text: str) -> None:
    for value in everything_of(text):
        assert len(repr(value)) <= 200
        assert repr(value).isprintable()
        assert repr(value).startswith(f"{type(value).__name__}(")
        assert repr(value).endswith(")")
        if hasattr(value, "_repr_html_"):
            shown = Cells(value._repr_html_())
            assert shown.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
            assert not _words.UNSAFE.search("".join(shown.texts))


EVERY_COUNT = {
    "prompt_tokens": 10**400,
    "completion_tokens": 2,
    "total_tokens": 10**400,
    "prompt_token_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 10**400},
}

AT = "2023-11-14T22:13:20+00:00"
SOON = {"created_at": 1700000000}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (
            structure_run(run_body(id="run_1", thread_id="t", status="queued", model="m", last_error=None, **SOON)),
            f"Run(id='run_1', thread_id='t', status='queued', created_at={AT}, model='m')",
        ),
        (
            structure_message(message_body(id="msg_1", role="user", content=[text_content("Hi\n")], **SOON)),
            f"Message(id='msg_1', role='user', created_at={AT}, text='Hi\\n')",
        ),
        (
            structure_thread(thread_body(id="t", title="Trip", **SOON)),
            f"Thread(id='t', created_at={AT}, title='Trip')",
        ),
        (
            structure_file(file_body(id="f", filename="a.png", bytes=0, purpose="vision", status=None, **SOON)),
            f"File(id='f', filename='a.png', created_at={AT}, bytes=0, purpose='vision')",
        ),
        (
            RunSteps(thread_id="t", run_id="r", steps=(structure_step(step_body()),), error=ValueError("no")),
            "RunSteps(1 step, thread_id='t', run_id='r', error=ValueError('no'))",
        ),
        (
            Usage(prompt_tokens=3, total_tokens=5, prompt_token_details=PromptTokenDetails(cached_tokens=2)),
            "Usage(prompt_tokens=3, total_tokens=5, cached_tokens=2)",
        ),
        (Usage(extra={"x": 1}), "Usage(extra={'x': 1})"),
        (
            UnreadableStep({"id": "s"}, Misfit("$.created_at", "a time"), index=2),
            "UnreadableStep(id='s', path='$.created_at', expected='a time', index=2, data={'id': 's'})",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_lines_of_other_models(value: Any, line: str) -> None:
    assert repr(value) == line


def test_what_a_line_has_no_room_for_is_cut_at_its_end() -> None:
    assert len(one_line("X", "y" * 197)) == 200
    assert one_line("X", "y" * 197).endswith("y)")
    assert one_line("X", "y" * 198) == f"X({'y' * 196}…)"


def test_times_are_short() -> None:
    moment = datetime(2026, 11, 28, 5, 0, 7, tzinfo=UTC)
    assert one_line("X", at=moment) == "X(at=2026-11-28T05:00:07+00:00)"
    assert _words.moment(moment) == "2026-11-28 05:00:07"


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        (
            structure_run(run_body(status="completed", created_at=1700000000, completed_at=1700000065, model="m")),
            ["2023-11-14 22:13:20", "m", "completed", "1m 05s"],
        ),
        (
            structure_message(message_body(role="user", created_at=1700000000, content=[text_content("Hi\nthere")])),
            ["2023-11-14 22:13:20", "user", "Hi there"],
        ),
        (structure_thread(thread_body(created_at=1700000000, title="Trip")), ["2023-11-14 22:13:20", "Trip"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_runs_messages_and_threads_have_rows(value: Any, cells: list[str]) -> None:
    texts = Cells(value._repr_html_()).texts
    start = texts.index(value.id) + 1
    assert texts[start : start + len(cells)] == cells


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
