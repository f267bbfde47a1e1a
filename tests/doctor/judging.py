"""The doctor before the emulator's pure server: no sockets."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from sample_steps import RUN, THREAD, make_step

from openai_steps import APIStatusError, structure_page
from openai_steps.doctor import Finding, Report
from openai_steps.doctor._checks import examination
from openai_steps.doctor._evidence import Answer, Question
from openai_steps.emulator import DIALECTS, HABITS, Dialect, Query, Refusal, list_steps

Steps = list[dict[str, Any]]
Server = Callable[[Question], Answer]

NAMED = {**DIALECTS, **HABITS}


def steps_of(count: int, *, ties: int = 1, random_ids: bool = False) -> Steps:
    """Steps of which so many share each second; their ids rise with time, or are random."""
    dice = random.Random(count)
    ids = [f"step_{dice.getrandbits(64):016x}" if random_ids else f"step_{number:04d}" for number in range(count)]
    return [make_step(number, id=ids[number], created_at=1_700_000_000 + number // ties) for number in range(count)]


@frozen
class Asked:
    """A server of these steps, in this dialect."""

    steps: Sequence[dict[str, Any]]
    dialect: Dialect = Dialect()

    def __call__(self, question: Question) -> Answer:
        query = Query(limit=question.limit, order=question.order, after=question.after, before=question.before)
        try:
            return structure_page(list_steps(self.steps, query, self.dialect, now=1_800_000_000))
        except Refusal as refusal:
            return APIStatusError(refusal.message, status=refusal.status)


def report_on(answer: Server) -> Report:
    """Let the doctor ask a server."""
    questions = examination(THREAD, RUN)
    question = next(questions)
    while True:
        try:
            question = questions.send(answer(question))
        except StopIteration as end:
            report: Report = end.value
            return report


def judge(steps: Steps, dialect: Dialect | None = None) -> dict[str, Finding]:
    """Return the findings by their names."""
    return {finding.check: finding for finding in report_on(Asked(steps, dialect or Dialect())).findings}
