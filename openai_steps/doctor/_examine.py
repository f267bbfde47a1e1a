"""Ask a server the questions by which its paging is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openai_steps._errors import APIStatusError
from openai_steps.doctor._checks import Finding, examine
from openai_steps.doctor._evidence import Answer, Question, Refusal

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient

# --- How it pages -------------------------------------------------------------------------------------------------


async def examine_run(client: AsyncStepsClient, thread: str, run: str) -> tuple[list[Finding], int]:
    examination = examine()
    question = next(examination)
    requests = 0
    while True:
        requests += 1
        answer = await _ask(client, thread, run, question)
        try:
            question = examination.send(answer)
        except StopIteration as end:
            findings: list[Finding] = end.value
            return findings, requests


# These say something about the caller, not about the cursor.
_NOT_FOR_A_CURSOR: Final = frozenset({401, 403, 429})


async def _ask(client: AsyncStepsClient, thread: str, run: str, question: Question) -> Answer:
    try:
        return await client.list_steps_page(
            thread,
            run,
            limit=question.limit,
            order=question.order,
            after=question.after,
            before=question.before,
        )
    except APIStatusError as error:
        has_cursor = question.after is not None or question.before is not None
        if not has_cursor or error.status in _NOT_FOR_A_CURSOR:
            raise
        return Refusal(error.status)
