"""After any error in the middle of any walk, going on from its cursors yields exactly the rest."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_steps import RUN, THREAD, step_id
from serving import serving
from walk_servers import Server, make_steps, orders, read, sorted_times

from openai_steps import APIConnectionError, AsyncStepsClient, RunStep, StepsError
from openai_steps._tasks.prefetch import PageReader
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import DIALECTS, Answer, Cut, Fault, Reset

SOUND = ["contract", "window", "openai", "azure_foundry", "bee", "supercompat", "letta", "clicky_chats"]
"""Servers whose pages can be trusted, or found out."""


@frozen(kw_only=True)
class Journey:
    """What a user wants to read."""

    after: str | None
    before: str | None
    page_size: int
    max_steps: int | None


@st.composite
def journeys(draw: st.DrawFn, ids: list[str]) -> Journey:
    ends = sorted(draw(st.lists(st.integers(0, len(ids) - 1), max_size=2, unique=True))) if ids else []
    cursors = [ids[end] for end in ends]
    if len(cursors) == 1:
        cursors = draw(st.sampled_from([[cursors[0], None], [None, cursors[0]]]))
    after, before = cursors or (None, None)
    return Journey(
        after=after,
        before=before,
        page_size=draw(st.integers(1, 8)),
        max_steps=draw(st.none() | st.integers(1, 30)),
    )


async def read_with_faults(server: Server, journey: Journey, faults: Iterator[bool], *, prefetch: bool) -> list[str]:
    """Read a journey, and go on after each fault from where its error says."""

    async def fetch(query: PageQuery) -> Any:
        await asyncio.sleep(0)
        if next(faults):
            raise APIConnectionError("a fault")
        return server.answer(query)

    met: list[str] = []
    after, before, left = journey.after, journey.before, journey.max_steps
    while True:
        walk = start_walk(
            order=server.order, after=after, before=before, page_size=journey.page_size, max_steps=left, trust=Trust()
        )
        reader = PageReader(walk, fetch, prefetch=prefetch)
        try:
            while pages := await reader.read():
                for page in pages:
                    reader.start()
                    ids = [step.id for step in page.data]
                    met += reversed(ids) if walk.backward else ids
        except StepsError as error:
            after, before = error.resume_after, error.resume_before
            left = None if journey.max_steps is None else journey.max_steps - len(met)
        else:
            return met
        finally:
            await reader.aclose()


@given(st.data(), sorted_times, orders, st.sampled_from(SOUND), st.lists(st.booleans(), max_size=40), st.booleans())
def test_a_walk_continued_after_each_fault_is_the_whole_walk(
    data: st.DataObject, times: list[int], order: Any, dialect: str, faults: list[bool], prefetch: bool
) -> None:
    server = Server(make_steps(times), order, DIALECTS[dialect], [])
    journey = data.draw(journeys(server.ids))
    whole = read(
        start_walk(
            order=order,
            after=journey.after,
            before=journey.before,
            page_size=journey.page_size,
            max_steps=journey.max_steps,
        ),
        server,
    )
    endless = itertools.chain(faults, itertools.repeat(False))
    assert asyncio.run(read_with_faults(server, journey, endless, prefetch=prefetch)) == whole


# --- Over HTTP --------------------------------------------------------------------------------------------------

COUNT = 60
FAULTS: list[Fault] = [
    Reset(),
    Cut(),
    Cut(0),
    Answer(500),
    Answer(503, "<html>"),
    Answer(200, "<html>login"),
    Answer(404),
]
CURSORS = [{}, {"after": step_id(10)}, {"before": step_id(50)}, {"after": step_id(10), "before": step_id(50)}]


async def iter_steps(client: AsyncStepsClient, **cursors: Any) -> AsyncGenerator[RunStep, None]:
    async for step in client.iter_steps(THREAD, RUN, **cursors):
        yield step


async def iter_step_pages(client: AsyncStepsClient, **cursors: Any) -> AsyncGenerator[RunStep, None]:
    backward = cursors.get("before") is not None and cursors.get("after") is None
    async for page in client.iter_step_pages(THREAD, RUN, **cursors):
        for step in page.data[::-1] if backward else page.data:
            yield step


@pytest.mark.parametrize("cursors", CURSORS)
@pytest.mark.parametrize("verb", [iter_steps, iter_step_pages])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_over_http(verb: Any, cursors: dict[str, str], seed: int) -> None:
    async def go() -> tuple[list[str], list[str], int]:
        dice = random.Random(seed)
        async with serving(COUNT) as (client, emulator):
            whole = [step.id async for step in verb(client, order="asc", **cursors)]
            for fault in dice.choices(FAULTS, k=8):
                emulator.inject(fault, matching=lambda _: dice.random() < 0.5)
            met: list[str] = []
            interrupted, ways = 0, dict(cursors)
            while True:
                try:
                    async for step in verb(client, order="asc", page_size=dice.randint(1, 20), **ways):
                        met.append(step.id)  # noqa: PERF401 - what was met before the error counts
                except StepsError as error:
                    interrupted += 1
                    given = {"after": error.resume_after, "before": error.resume_before}
                    ways = {name: cursor for name, cursor in given.items() if cursor is not None}
                else:
                    return whole, met, interrupted

    whole, met, interrupted = asyncio.run(go())
    assert met == whole
    assert len(whole) >= 39
    assert interrupted > 0
