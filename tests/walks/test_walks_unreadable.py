"""Items that cannot be read: each comes once, in its place, or stops the walk there with a cursor to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from walk_servers import full_trust, make_steps

from openai_steps import APIStatusError, PaginationError, ResponseDecodeError, RunStep, StepPage, UnreadableStep
from openai_steps._json.converter import structure
from openai_steps._walks.pages import PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps._walks.unreadable import Odd, OddItems
from openai_steps.emulator import HABITS, Dialect, Query, Refusal, list_steps

CONTRACT = Dialect()
MakeTrust: TypeAlias = Callable[[], Trust] | None
STEPS = make_steps(list(range(24)))
IDS = [step["id"] for step in STEPS]


class Server:
    """Serves 24 steps, of which some lack what a step needs."""

    def __init__(self, odd: set[int], dialect: Dialect = CONTRACT, ties: int = 1) -> None:
        self.odd = odd
        self.dialect = dialect
        self.steps = make_steps([number // ties for number in range(len(STEPS))])

    def answer(self, query: PageQuery) -> StepPage:
        asked = Query(limit=query.limit, order=query.order, after=query.after, before=query.before)
        body: dict[str, Any] = list_steps(self.steps, asked, self.dialect)
        body["data"] = [self.sent(step) for step in body["data"]]
        return structure(body, StepPage)

    def sent(self, step: dict[str, Any]) -> Any:
        number = IDS.index(step["id"])
        if number not in self.odd:
            return step
        return [None, {**step, "id": 7}, {**step, "created_at": "soon"}, {"number": number}][number % 4]


def read(
    server: Server, odd: Odd, *, page_size: int, trust: MakeTrust, pages: bool = False, **cursors: Any
) -> list[Any]:
    """Return ids in the order in which a user meets them, None for what cannot be read, and the error at last."""
    walk = start_walk(order="asc", page_size=page_size, trust=trust and trust(), **cursors)
    odd_steps = OddItems[RunStep, UnreadableStep](odd, order="asc", **cursors)
    met: list[Any] = []
    try:
        while walk.query is not None:
            try:
                query, page = walk.query, server.answer(walk.query)
            except Refusal:
                answer = walk.refuse(APIStatusError("no such step", status=404))
            else:
                odd_steps.note(page, query)
                answer = walk.feed(page)
            for part in answer:
                if pages:
                    for shown in odd_steps.within(part):
                        items: list[Any] = list(shown.data)
                        for item in shown.unreadable:
                            items.insert(item.index, item)
                        met += items[::-1] if walk.backward else items
                else:
                    for one in odd_steps.among(part.data[::-1] if walk.backward else part.data):
                        met.append(one)
        met += [item for page in odd_steps.last_page() for item in page.unreadable] if pages else odd_steps.rest()
    except (PaginationError, ResponseDecodeError) as error:
        met.append(error)
    return [one if isinstance(one, Exception) else None if isinstance(one, UnreadableStep) else one.id for one in met]


def longest_row(odd: set[int]) -> int:
    rows = "".join("x" if number in odd else " " for number in range(len(IDS))).split()
    return max(map(len, rows), default=0)


odd_places = st.sets(st.integers(0, len(IDS) - 1), max_size=12)
trusts = st.sampled_from([None, Trust, full_trust])


@given(odd_places, st.integers(1, 9), trusts, st.booleans(), st.none() | st.integers(0, 23), st.booleans())
def test_each_comes_once_in_its_place(
    odd: set[int], page_size: int, trust: MakeTrust, pages: bool, start: int | None, backward: bool
) -> None:
    readable = [number for number in range(len(IDS)) if number not in odd]
    start = None if start is None else readable[start % len(readable)]
    wanted = [None if number in odd else IDS[number] for number in range(len(IDS))]
    cursors: dict[str, Any] = {}
    if start is not None:
        cursors = {"before" if backward else "after": IDS[start]}
        wanted = wanted[:start][::-1] if backward else wanted[start + 1 :]
    met = read(Server(odd), "keep", page_size=page_size, trust=trust, pages=pages, **cursors)
    if met and isinstance(met[-1], Exception):
        assert longest_row(odd) >= page_size
        *met, _ = met
        assert met == wanted[: len(met)]
    else:
        assert met == wanted


@given(
    odd_places,
    st.integers(1, 30),
    trusts,
    st.sampled_from(
        [
            HABITS["order_ignored"],
            HABITS["order_newest_first"],
            HABITS["after_by_id"],
            HABITS["after_ignored"],
            Dialect(ties="same_order"),
            CONTRACT,
        ]
    ),
    st.sampled_from([1, 2, 5, 24]),
)
def test_each_comes_once_where_the_other_order_shows_it_elsewhere(
    odd: set[int], page_size: int, trust: MakeTrust, dialect: Dialect, ties: int
) -> None:
    met = read(Server(odd, dialect, ties), "keep", page_size=page_size, trust=trust)
    if met and isinstance(met[-1], Exception):
        assert met.pop().args
        assert met.count(None) <= len(odd)
    else:
        assert met.count(None) == len(odd)
        assert len(met) == len(STEPS)


@given(odd_places.filter(bool), st.integers(1, 9), trusts, st.booleans(), st.booleans())
def test_the_walk_stops_at_the_first_with_a_cursor_to_go_on(
    odd: set[int], page_size: int, trust: MakeTrust, pages: bool, backward: bool
) -> None:
    readable = [number for number in range(len(IDS)) if number not in odd]
    start = readable[-1] if backward else None
    ahead = [number for number in odd if start is None or number < start]
    cursors = {} if start is None else {"before": IDS[start]}
    *met, error = [*read(Server(odd), "raise", page_size=page_size, trust=trust, pages=pages, **cursors), None]
    if not ahead:
        assert error is None
        return
    error = met.pop()
    assert isinstance(error, ResponseDecodeError)
    wanted = IDS[max(ahead) + 1 : start][::-1] if backward else IDS[: min(ahead)]
    assert met == wanted[: len(met)]
    if longest_row(odd) < page_size:  # otherwise a page may be no cursor, and its reader says where to go on
        assert met == wanted
        last = met[-1] if met else cursors.get("before")
        assert (error.resume_after, error.resume_before) == ((None, last) if backward else (last, None))
    assert error.path.startswith("$.data[")
    assert 'odd="keep"' in error.message


def test_a_walk_of_so_many_steps_does_not_look_behind_the_last() -> None:
    server = Server({2, 5})
    walk = start_walk(order="asc", page_size=10, max_steps=2, trust=full_trust())
    odd_steps = OddItems[RunStep, UnreadableStep]("raise", order="asc", max_items=2)
    assert walk.query is not None
    page = server.answer(walk.query)
    odd_steps.note(page, walk.query)
    (part,) = walk.feed(page)
    assert [step.id for step in odd_steps.among(part.data)] == IDS[:2]
    assert not list(odd_steps.rest())


@pytest.mark.parametrize(("has_more", "stops"), [(True, True), (None, True), (False, False)])
def test_a_page_of_nothing_else_is_no_end(has_more: bool | None, stops: bool) -> None:
    page = structure({"data": [{}, {}], "has_more": has_more}, StepPage)
    odd_steps = OddItems[RunStep, UnreadableStep]("keep", order="asc")
    if stops:
        with pytest.raises(ResponseDecodeError, match=r"^\$\.data\[0\]\.id should be text"):
            odd_steps.note(page, PageQuery(limit=2, order="asc"))
    else:
        odd_steps.note(page, PageQuery(limit=2, order="asc"))
        assert [item.data for item in odd_steps.rest()] == [{}, {}]


def test_the_choice_is_checked() -> None:
    with pytest.raises(ValueError, match=r"^odd must be 'raise' or 'keep', not 'skip'\.$"):
        OddItems("skip", order="asc")  # type: ignore[arg-type]
