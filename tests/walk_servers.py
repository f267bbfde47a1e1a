"""The emulator's pure server behind a walk, and dialects for it."""

from __future__ import annotations

from typing import Any, get_args

from attrs import frozen
from hypothesis import assume
from hypothesis import strategies as st

from openai_steps import StepPage, structure_page
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import Walk
from openai_steps.emulator import Dialect, Query, list_steps
from openai_steps.emulator._dialect import Envelope, Ids, Order

HONEST_HAS_MORE = ("directional", "forward", "window", "full_page", "always_with_before", "always", "absent", "null")
KNOWN_BEFORE = ("adjacent", "window", "ignored")


def is_honest(dialect: Dialect) -> bool:
    """Whether has_more is no lie: with adjacent pages, "what of the cut follows the page" is nothing, always."""
    return dialect.has_more in HONEST_HAS_MORE and not (dialect.before == "adjacent" and dialect.has_more == "window")


def repeated(dialect: Dialect) -> int:
    """How many steps up to its cursor a page sends again."""
    return dialect.overlap + (dialect.after == "inclusive")


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
    """The emulator's pure server, with a memory of what it was asked."""

    steps: list[dict[str, Any]]
    order: Order
    dialect: Dialect
    queries: list[PageQuery]

    def answer(self, query: PageQuery) -> StepPage:
        self.queries.append(query)
        asked = Query(limit=query.limit, order=self.order, after=query.after, before=query.before)
        return structure_page(list_steps(self.steps, asked, self.dialect))

    @property
    def ids(self) -> list[str]:
        """The ids in list order."""
        whole = Dialect(ties=self.dialect.ties, order=self.dialect.order, limit_over="accepted")
        body = list_steps(self.steps, Query(limit=10_000, order=self.order), whole)
        return [step["id"] for step in body["data"]]


def server(count: int, order: Order = "asc", dialect: Dialect | None = None) -> Server:
    return Server(make_steps(list(range(count))), order, dialect or Dialect(), [])


def read(walk: Walk, server: Server) -> list[str]:
    """Drive a walk to its end; return the ids in the order in which a user meets them."""
    met: list[str] = []
    bound = 3 * len(server.steps) + 5
    while walk.query is not None:
        assert len(server.queries) < bound, "the walk does not end"
        for page in walk.feed(server.answer(walk.query)):
            assert page.data
            ids = [step.id for step in page.data]
            met += reversed(ids) if walk.backward else ids
    assert len(met) == len(set(met))
    assert set(met) <= set(server.ids)
    return met


sorted_times = st.lists(st.integers(0, 12), max_size=30).map(sorted)
orders = st.sampled_from(get_args(Order))


@st.composite
def dialects(draw: st.DrawFn, /, **knobs: st.SearchStrategy[Any]) -> Dialect:
    knobs = {
        "ids": st.sampled_from(get_args(Ids)),
        "envelope": st.sampled_from(get_args(Envelope)),
        "ties": st.sampled_from(["reversed", "same_order"]),
        "max_limit": st.integers(1, 8),
        "limit_over": st.just("capped"),
        **knobs,
    }
    dialect = Dialect(**{name: draw(knob) for name, knob in knobs.items()})
    # A server that never sends more than it has sent before shows its end no differently from its middle.
    assume(dialect.max_limit > repeated(dialect) + (dialect.after == "ignored"))
    return dialect
