"""What is asked: each question once, within a bound, pages as large as the server allows."""

from __future__ import annotations

import pytest
from judging import Asked, report_on, steps_of

from openai_steps import APIStatusError
from openai_steps.doctor._evidence import MOST_REQUESTS, Answer, Question
from openai_steps.emulator import DIALECTS, Dialect


class Counting:
    """A server that counts its questions."""

    def __init__(self, server: Asked) -> None:
        self.server = server
        self.asked: list[tuple[int, str, str | None, str | None]] = []

    def __call__(self, question: Question) -> Answer:
        self.asked.append((question.limit, question.order, question.after, question.before))
        return self.server(question)


@pytest.mark.parametrize("count", [0, 1, 30, 130, 1000])
@pytest.mark.parametrize("dialect", ["contract", "window", "opengpts", "hal_9100"])
def test_each_question_is_asked_once_and_counted(count: int, dialect: str) -> None:
    server = Counting(Asked(steps_of(count, ties=2, random_ids=True), DIALECTS[dialect]))
    report = report_on(server)
    assert len(server.asked) == len(set(server.asked)) == report.requests <= MOST_REQUESTS


@pytest.mark.parametrize(("count", "most"), [(0, 8), (3, 24), (30, 120), (130, 190)])
def test_a_sound_server_is_not_asked_all_that_may_be_asked(count: int, most: int) -> None:
    assert report_on(Asked(steps_of(count))).requests <= most


def test_what_is_left_over_is_not_judged() -> None:
    server = Asked(steps_of(300, ties=2, random_ids=True), Dialect(max_limit=3, limit_over="capped"))
    report = report_on(server)
    assert report.requests == MOST_REQUESTS
    assert not report.all_clear
    assert "pages of 5" in report.checks("unknown")


def test_a_server_that_refuses_large_pages_is_asked_for_smaller_ones() -> None:
    report = report_on(Asked(steps_of(45, ties=2), Dialect(max_limit=30)))
    grades = {finding.check: finding.grade for finding in report.findings}
    assert (grades["pages of 20"], grades["pages of 5"], grades["limit"]) == ("sound", "sound", "harmless")
    assert report.steps == 45


def test_a_server_that_refuses_every_page_is_an_error() -> None:
    with pytest.raises(APIStatusError, match="no"):
        report_on(lambda question: APIStatusError("no", status=400))
    ascending = Asked(steps_of(9))
    with pytest.raises(APIStatusError, match="no desc"):
        report_on(lambda asked: ascending(asked) if asked.order == "asc" else APIStatusError("no desc", status=400))
