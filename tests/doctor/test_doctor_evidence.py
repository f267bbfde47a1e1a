"""The questions that a server is asked: few, and only those that its run is long enough for."""

from __future__ import annotations

import pytest
from sample_steps import make_steps

from openai_steps import structure_page
from openai_steps.doctor._evidence import FEWEST_STEPS, MOST_REQUESTS, Answer, Evidence, Question, Refusal, gather
from openai_steps.emulator import Query, list_steps
from openai_steps.emulator import Refusal as EmulatorRefusal


def ask(count: int) -> tuple[list[Question], Evidence]:
    """Return the questions to a sound server with a run of so many steps, and the evidence."""
    questions: list[Question] = []
    gathering = gather()
    question = next(gathering)
    while True:
        questions.append(question)
        try:
            question = gathering.send(answer(count, question))
        except StopIteration as end:
            evidence: Evidence = end.value
            return questions, evidence


def answer(count: int, question: Question) -> Answer:
    query = Query(limit=question.limit, order=question.order, after=question.after, before=question.before)
    try:
        return structure_page(list_steps(make_steps(count), query))
    except EmulatorRefusal as refused:
        return Refusal(refused.status)


@pytest.mark.parametrize("count", [0, 1, FEWEST_STEPS - 1])
def test_a_short_run_is_listed_both_ways_and_no_more(count: int) -> None:
    questions, evidence = ask(count)
    assert [question.order for question in questions] == ["asc", "desc"]
    assert evidence.after is None
    assert not evidence.complete


@pytest.mark.parametrize("count", [FEWEST_STEPS, 30, 100])
def test_a_run_of_one_page_gets_every_question(count: int) -> None:
    questions, evidence = ask(count)
    assert len(questions) == MOST_REQUESTS
    assert evidence.complete
    assert evidence.full_end is not None
    ascending, descending = evidence.references
    assert ascending == descending[::-1]


def test_the_end_of_a_run_of_many_pages_is_not_asked_for() -> None:
    questions, evidence = ask(101)
    assert len(questions) == MOST_REQUESTS - 1
    assert not evidence.complete
    assert evidence.full_end is None
