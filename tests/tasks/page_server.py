"""A server without a network: each answer waits until the test lets it through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attrs import define, field
from sample_steps import make_steps
from walk_servers import full_trust

from openai_steps import NotFoundError, StepPage, structure_page
from openai_steps._tasks.prefetch import PageReader
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps.emulator import Query, list_steps


@define
class Server:
    """Answers from a list of steps, each request when its turn is let through."""

    count: int
    held: bool = False
    asked: list[PageQuery] = field(factory=list)
    called_off: int = 0
    let_through: asyncio.Event = field(factory=asyncio.Event)
    fail: Callable[[PageQuery], bool] = field(default=lambda _: False)

    async def fetch(self, query: PageQuery) -> StepPage:
        self.asked.append(query)
        try:
            if self.held:
                await self.let_through.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.called_off += 1
            raise
        if self.fail(query):
            raise NotFoundError("gone", status=404)
        asked = Query(limit=query.limit, order=query.order, after=query.after, before=query.before)
        return structure_page(list_steps(make_steps(self.count), asked))

    def reader(self, *, prefetch: bool = True, page_size: int = 10) -> PageReader:
        return PageReader(
            start_walk(order="asc", page_size=page_size, trust=full_trust()), self.fetch, prefetch=prefetch
        )
