"""Asks a server the questions by which its paging is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openai_steps._errors import ARGUMENT_REFUSED, CALLER_OR_MOMENT, APIStatusError
from openai_steps.doctor._checks import examination
from openai_steps.doctor._evidence import Answer, Question
from openai_steps.doctor._report import Report

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient


async def examine(client: AsyncStepsClient, thread_id: str, run_id: str) -> Report:
    """Judge the paging of a client's server by one of its runs.

    The run should be finished, and the longer it is, up to some hundreds of steps, the more it shows; some of its steps
    should share a second. At most 200 requests are sent, one after the other.

    Args:
        client: Asks the server.
        thread_id: The run's thread.
        run_id: The run.

    Returns:
        The findings, even if walks over this run are errors. ``report.verdict`` is the worst of them.

    Raises:
        StepsError: If the server does not answer, or refuses even the first page, as for an unknown run or a wrong key.
        ValueError: If an id is empty or malformed.
    """
    questions = examination(thread_id, run_id)
    question = next(questions)
    while True:
        answer = await _ask(client, thread_id, run_id, question)
        try:
            question = questions.send(answer)
        except StopIteration as end:
            report: Report = end.value
            return report


async def _ask(client: AsyncStepsClient, thread_id: str, run_id: str, question: Question) -> Answer:
    try:
        return await client.list_steps_page(
            thread_id,
            run_id,
            limit=question.limit,
            order=question.order,
            after=question.after,
            before=question.before,
            odd="keep",
        )
    except APIStatusError as error:
        has_cursor = question.after is not None or question.before is not None
        is_answer = error.status not in CALLER_OR_MOMENT if has_cursor else error.status in ARGUMENT_REFUSED
        if not is_answer:
            raise
        return error
