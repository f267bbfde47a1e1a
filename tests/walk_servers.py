"""The emulator's pure server behind a walk over run steps, and what a client knows of one that keeps the contract."""

from __future__ import annotations

from typing import Any, get_args

from attrs import frozen
from hypothesis import strategies as st

from openai_steps import APIStatusError, StepPage, structure_page
from openai_steps._walks.pages import Lane, PageQuery
from openai_steps._walks.trust import End, Trust
from openai_steps._walks.walk import Walk
from openai_steps.emulator import Dialect, Query, list_steps
from openai_steps.emulator._dialect import Order
from openai_steps.emulator._refusal import Refusal

LANES = [Lane(order, param) for order in ("asc", "desc") for param in ("after", "before")]


def full_trust() -> Trust:
    """What a client knows after a long life with a server that keeps the contract."""
    return Trust(
        orders={"asc", "desc"},
        cursors=dict.fromkeys(LANES, "places"),
        unknown_cursors=dict.fromkeys(LANES, "refused"),
        ends={(lane, limit): End(kept=True) for lane in LANES for limit in range(1, 101)},
    )


def make_steps(times: list[int]) -> list[dict[str, Any]]:
    """Steps in order of creation; ids rise with it."""
    return [
        {
            "id": f"step_{number:04d}",
            "object": "thread.run.step",
            "thread_id": "thread_1",
            "run_id": "run_1",
            "assistant_id": "asst_1",
            "type": "tool_calls",
            "status": "completed",
            "created_at": 1_700_000_000 + time,
            "step_details": {"type": "tool_calls", "tool_calls": []},
        }
        for number, time in enumerate(times)
    ]


@frozen
class Server:
    """The emulator's pure server, with a memory of what it was asked. ``order`` is that of `ids`."""

    steps: list[dict[str, Any]]
    order: Order
    dialect: Dialect
    queries: list[PageQuery]

    def answer(self, query: PageQuery) -> StepPage:
        self.queries.append(query)
        asked = Query(limit=query.limit, order=query.order, after=query.after, before=query.before)
        try:
            return structure_page(list_steps(self.steps, asked, self.dialect))
        except Refusal:
            raise APIStatusError("refused", status=404) from None

    @property
    def ids(self) -> list[str]:
        """The ids in list order."""
        whole = Dialect(ties=self.dialect.ties, order=self.dialect.order, limit_over="accepted")
        body = list_steps(self.steps, Query(limit=10_000, order=self.order), whole)
        return [step["id"] for step in body["data"]]


def server(count: int, order: Order = "asc", dialect: Dialect | None = None) -> Server:
    return Server(make_steps(list(range(count))), order, dialect or Dialect(), [])


def read(walk: Walk[StepPage], server: Server) -> list[str]:
    """Drive a walk to its end; return the ids in the order in which a user meets them."""
    met: list[str] = []
    bound = 8 * len(server.steps) + 60
    while walk.query is not None:
        assert len(server.queries) < bound, "the walk does not end"
        try:
            answer = server.answer(walk.query)
        except APIStatusError as error:
            pages = walk.refuse(error)
        else:
            pages = walk.feed(answer)
        for page in pages:
            assert page.data
            ids = [step.id for step in page.data]
            met += reversed(ids) if walk.backward else ids
    walk.finish()
    assert len(met) == len(set(met))
    assert set(met) <= set(server.ids)
    return met


sorted_times = st.lists(st.integers(0, 12), max_size=30).map(sorted)
orders = st.sampled_from(get_args(Order))
