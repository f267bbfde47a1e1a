"""Reads a whole list: page by page, or from both ends at once."""

from __future__ import annotations

import asyncio

from openai_steps._errors import APIStatusError
from openai_steps._models.pages import StepPage
from openai_steps._models.steps import RunStep
from openai_steps._tasks.prefetch import Fetch, PageReader, call_off
from openai_steps._walks.two_ends import Side, TwoEnds
from openai_steps._walks.walk import Walk


async def read_all(walk: Walk[StepPage], fetch: Fetch) -> list[RunStep]:
    """Read a walk's steps into a list, in the walk's direction."""
    steps: list[RunStep] = []
    reader = PageReader(walk, fetch, prefetch=False)
    while pages := await reader.read():
        for page in pages:
            steps.extend(page.data[::-1] if walk.backward else page.data)
    return steps


async def read_both_ends(ends: TwoEnds[StepPage], fetch: Fetch) -> list[RunStep]:
    """Read a whole list from both ends.

    Args:
        ends: Says which pages are next.
        fetch: Gets a page. After a failure at the tail the head goes on alone.

    Raises:
        StepsError: If the head could not be read.
    """
    tasks: dict[Side, asyncio.Future[StepPage]] = {}
    try:
        while not ends.done:
            for side, query in ends.queries.items():
                if side not in tasks:
                    tasks[side] = asyncio.ensure_future(fetch(query))
            await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
            for side in [side for side, task in tasks.items() if task.done()]:
                _feed(ends, side, tasks.pop(side))  # pyright: ignore[reportArgumentType]
    finally:
        await call_off(*tasks.values())
    return ends.items


def _feed(ends: TwoEnds[StepPage], side: Side, task: asyncio.Future[StepPage]) -> None:
    if task.exception() is None:
        ends.feed(side, task.result())
    elif side != "head":
        ends.drop_tail()
    elif isinstance(error := task.exception(), APIStatusError):
        ends.refuse(error)
    else:
        task.result()
