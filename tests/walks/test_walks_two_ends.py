"""Reading from both ends gives what the list has, on every server, whatever the sequence of the answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any, get_args

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from laboratory import SERVERS, Cell, Item, ItemPage, Order, Server, make_items, run, truth_of
from sample_steps import RUN, THREAD, make_steps
from walk_servers import full_trust

from openai_steps import APIStatusError, AsyncStepsClient, PaginationError
from openai_steps._walks.pages import FLIPPED, Lane, PageQuery
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps._walks.two_ends import Side, TwoEnds
from openai_steps.emulator import DIALECTS, HABITS, Dialect, Emulator, Refusal


def read_both(
    server: Server,
    order: Order,
    page_size: int,
    *,
    trust: Trust | None = None,
    seed: int = 0,
    grow: Callable[[], None] = lambda: None,
) -> list[Item]:
    """Drive both ends, their answers arriving in a random sequence."""
    dice = random.Random(seed)
    trust = trust or Trust()
    walk = start_walk(order=order, page_size=page_size, trust=trust)
    ends = TwoEnds[Any](order=order, page_size=page_size, trust=trust, walk=walk)
    under_way: dict[Side, Any] = {}
    while not ends.done:
        for side, query in ends.queries.items():
            if side not in under_way:
                try:
                    under_way[side] = server.answer(query)
                except Refusal:
                    under_way[side] = APIStatusError("refused", status=400)
        assert len(server.queries) < 8 * len(server.items) + 60, "does not end"
        for side in dice.sample(sorted(under_way), dice.randint(1, len(under_way))):
            answer = under_way.pop(side)
            grow()
            if not isinstance(answer, APIStatusError):
                ends.feed(side, answer)
            elif side == "head":
                ends.refuse(answer)
            else:
                ends.drop_tail()
    return ends.items


@pytest.mark.parametrize("name", SERVERS)
def test_the_list_is_exact_or_refused_where_a_walk_from_its_head_is_too(name: str) -> None:
    dice = random.Random(name)
    trust = Trust()
    for _ in range(8):
        cell = Cell(
            server=name,
            count=dice.choice([1, 11, 25, 100, 130, 250, 400]),
            ids=dice.choice(["rising", "random"]),
            ties=dice.choice([1, 1, 2, 0]),
            page_size=dice.choice([10, 20, 100]),
            order=dice.choice(["asc", "desc"]),
            cursors="none",
        )
        server, alone = cell.serve(), deepcopy(trust)
        try:
            both = read_both(server, cell.order, cell.page_size, trust=trust, seed=dice.randrange(9))
        except (PaginationError, APIStatusError):
            assert run(cell, alone)[0] == "refused", cell
            continue
        wanted = truth_of(cell, server)
        assert len({item.id for item in both}) == len(both)
        dialect = cell.dialect
        if dialect.lag_asc or dialect.lag_desc:  # what the asked copy has, at least
            assert {item.id for item in both} >= {item.id for item in wanted}, cell
            continue
        assert {item.id for item in both} == {item.id for item in wanted}, cell
        if dialect.stamps == "kept":
            assert [item.created_at for item in both] == [item.created_at for item in wanted], cell


@given(
    st.integers(0, 300),
    st.sampled_from([1, 1, 2, 5]),
    st.sampled_from(get_args(Order)),
    st.sampled_from([10, 20, 100]),
    st.sampled_from(["reversed", "same_order"]),
    st.integers(0, 99),
)
def test_ties_in_any_order_change_nothing(
    count: int, ties: int, order: Order, page_size: int, listed: Any, seed: int
) -> None:
    server = Server(make_items(count, ids="random", ties=ties), Dialect(ties=listed))
    assert read_both(server, order, page_size, seed=seed) == server.listed(order)


@given(st.integers(0, 298), st.sampled_from(get_args(Order)), st.integers(0, 99))
def test_two_alone_that_tie_change_nothing(place: int, order: Order, seed: int) -> None:
    """Wherever they are: on a later page of the tail, too, when its first page has been found to agree."""
    items = make_items(300, ids="random", ties=1)
    items[place + 1] = Item(items[place + 1].id, items[place].created_at)
    server = Server(items, Dialect(ties="same_order"))
    assert read_both(server, order, 20, trust=full_trust(), seed=seed) == server.listed(order)


@given(st.integers(1, 250), st.sampled_from(get_args(Order)), st.booleans(), st.integers(0, 99))
def test_what_existed_at_the_start_is_there_in_order_though_the_list_grows(
    count: int, order: Order, known: bool, seed: int
) -> None:
    server = Server(make_items(count, ids="random", ties=1), Dialect())
    before = server.listed(order)
    dice = random.Random(seed)

    def grow() -> None:
        if len(server.items) < count + 40:
            last = server.items[-1].created_at + dice.randrange(2)
            server.items.append(Item(f"step_{dice.getrandbits(64):016x}", last))

    both = read_both(server, order, 10, trust=full_trust() if known else None, seed=seed, grow=grow)
    there = set(before)
    assert [item for item in both if item in there] == before


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("count", [250, 2000, 2001])
def test_two_ends_take_half_the_rounds(order: Order, count: int) -> None:
    server = Server(make_items(count, ids="random", ties=1), Dialect())
    trust = Trust()
    ends = TwoEnds[Any](
        order=order, page_size=100, trust=trust, walk=start_walk(order=order, page_size=100, trust=trust)
    )
    rounds = 0
    while not ends.done:
        rounds += 1
        for side, answer in [(side, server.answer(query)) for side, query in ends.queries.items()]:
            ends.feed(side, answer)
    assert ends.items == server.listed(order)
    assert rounds <= count // 198 + 3


@pytest.mark.parametrize(("lagging", "order"), [("desc", "asc"), ("asc", "desc")])
def test_a_copy_that_lags_behind_costs_no_step(lagging: str, order: Order) -> None:
    server = Server(make_items(450, ids="random", ties=1), HABITS[f"{lagging}_lags"])
    assert read_both(server, order, 100, trust=full_trust()) == server.listed(order)


class TwoCopies(Server):
    """A server that answers each order from a copy of its own."""

    def __init__(self, order: Order, items: list[Item], others: list[Item]) -> None:
        super().__init__(items, Dialect())
        self._copies = {order: items, FLIPPED[order]: others}

    def answer(self, query: PageQuery) -> ItemPage:
        self.items = self._copies[query.order]
        return super().answer(query)


def read_tail_first(server: Server, order: Order) -> tuple[list[Item], set[str]]:
    """Read one page of the head and then the tail for as long as it is asked for; return its ids, too."""
    trust = full_trust()
    walk = start_walk(order=order, page_size=20, trust=trust)
    ends = TwoEnds[Any](order=order, page_size=20, trust=trust, walk=walk)
    ends.feed("head", server.answer(ends.queries["head"]))
    of_tail: set[str] = set()
    while not ends.done:
        assert len(server.queries) < 8 * len(server.items), "does not end"
        side = next(side for side in ("end", "tail", "head") if side in ends.queries)
        page = server.answer(ends.queries[side])
        ends.feed(side, page)
        of_tail.update(item.id for item in page.data if side == "tail")
    return ends.items, of_tail


@pytest.mark.parametrize("order", get_args(Order))
def test_where_the_tail_reaches_into_the_head_it_has_the_same_steps_in_the_same_places(order: Order) -> None:
    for count in range(60, 80):
        items = make_items(count, ids="random", ties=1)
        for missing in items[:19] if order == "asc" else items[-19:]:
            server = TwoCopies(order, items, [item for item in items if item != missing])
            assert read_tail_first(server, order)[0] == Server(items, Dialect()).listed(order)


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("place", [25, 50, 73])
def test_no_step_of_the_head_is_in_the_rest_of_the_tail(order: Order, place: int) -> None:
    items = [Item(item.id, 10 * item.created_at) for item in make_items(100, ids="random", ties=1)]
    for moved in (items[3], items[96]):
        others = [item for item in items if item.id != moved.id]
        others.insert(place, Item(moved.id, others[place].created_at - 5))
        server = TwoCopies(order, items, others)
        assert read_both(server, order, 20, trust=full_trust()) == Server(items, Dialect()).listed(order)


@pytest.mark.parametrize("order", get_args(Order))
def test_a_single_step_in_common_does_not_suffice_and_two_do(order: Order) -> None:
    common: set[int] = set()
    for count in range(41, 82):
        listed, of_tail = read_tail_first(Server(make_items(count, ids="random", ties=1), Dialect()), order)
        common.add(len(of_tail & {item.id for item in listed[:20]}))
    assert min(common) == 2


@pytest.mark.parametrize("claim", [True, False])
def test_an_end_that_says_there_is_more_is_none(claim: bool) -> None:
    server, trust = Server(make_items(300, ids="random", ties=1), Dialect()), full_trust()
    walk = start_walk(order="asc", page_size=20, trust=trust)
    ends = TwoEnds[Any](order="asc", page_size=20, trust=trust, walk=walk)
    for side in ("head", "tail"):
        ends.feed(side, server.answer(ends.queries[side]))
    ends.feed("end", evolve(server.answer(ends.queries["end"]), has_more=claim))
    assert ("tail" in ends.queries) is not claim


def test_a_tail_that_contradicts_the_head_is_evidence_against_the_server() -> None:
    server = Server(make_items(450, ids="random", ties=1), Dialect(lag_desc=2))
    trust = full_trust()
    read_both(server, "asc", 100, trust=trust)
    assert not trust.is_end(Lane("asc", "after"), 100, 5)


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("place", [0, 449 - 1])
def test_two_that_tie_on_either_first_page_are_no_evidence_against_the_server(place: int, order: Order) -> None:
    """The servers' two orders may differ there, and so they are not compared."""
    items = make_items(450, ids="random", ties=1)
    items[place + 1] = Item(items[place + 1].id, items[place].created_at)
    trust = full_trust()
    server = Server(items, Dialect(ties="same_order"))
    assert read_both(server, order, 100, trust=trust) == server.listed(order)
    assert not any(end.lied for end in trust.ends.values())


def test_a_list_of_one_page_takes_one_request() -> None:
    server = Server(make_items(100, ids="random", ties=1), Dialect())
    assert read_both(server, "asc", 100, trust=full_trust()) == server.listed("asc")
    assert len(server.queries) == 1


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("name", ["contract", "window", "openai", "llamphouse", "bee", "opengpts"])
async def test_collect_steps_reads_as_iter_steps_does(name: str, order: Order) -> None:
    emulator = Emulator(dialect=DIALECTS[name])
    emulator.store.add_run(THREAD, RUN, steps=make_steps(350))
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        steps = await client.collect_steps(THREAD, RUN, order=order, page_size=20)
        assert steps == [step async for step in client.iter_steps(THREAD, RUN, order=order)]
