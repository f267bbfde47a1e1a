"""Walks from a cursor of the caller's: what touches it, and what does not exist."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from attrs import evolve
from laboratory import Cell, Item, Order, Server, drive, make_items, run

from openai_steps import APIStatusError, PaginationError
from openai_steps._errors import CALLER_OR_MOMENT
from openai_steps._walks.pages import Lane
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import DIALECTS, HABITS, Dialect

COUNT = 250


def server(dialect: Dialect | None = None, *, ties: int = 1) -> Server:
    return Server(make_items(COUNT, ids="random", ties=ties), dialect or Dialect())


def read(asked: Server, trust: Trust, *, order: Order = "asc", **arguments: Any) -> list[Item]:
    walk = start_walk(order=order, trust=trust, **arguments)
    met: list[Item] = []
    for page in drive(walk, asked, bound=2000):
        met += page.data[::-1] if walk.backward else page.data
    return met


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("name", [name for name in HABITS if name.startswith("before_")] + ["ties_in_the_same_order"])
@pytest.mark.parametrize("ties", [1, 2, 5, 0])
def test_before_means_what_is_ahead_in_the_list_on_every_server(name: str, order: Order, ties: int) -> None:
    asked, trust = server(HABITS[name], ties=ties), Trust()
    listed = asked.listed(order)
    for place, max_steps in [(7, None), (249, 10), (130, 3), (130, None), (0, None)]:
        wanted = listed[:place][::-1][:max_steps]
        assert read(asked, trust, order=order, before=listed[place].id, max_steps=max_steps) == wanted


@pytest.mark.parametrize("name", ["contract", "window", "openai", "llamphouse", "bee", "stdapi"])
def test_a_few_steps_before_a_deep_one_take_a_few_requests(name: str) -> None:
    asked = Server(make_items(5000, ids="random", ties=1), DIALECTS[name])
    listed = asked.listed("asc")
    assert read(asked, Trust(), before=listed[4000].id, max_steps=5) == listed[3995:4000][::-1]
    assert len(asked.queries) < 10


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("param", ["after", "before"])
@pytest.mark.parametrize("name", ["unknown_cursor_ignored", "unknown_cursor_empty", "before_window", "after_by_id"])
@pytest.mark.parametrize("count", [1, 50, 250])
def test_a_cursor_that_does_not_exist_is_an_error(name: str, param: str, order: Order, count: int) -> None:
    """Also for a client that has read other lists of this server."""
    asked, trust = Server(make_items(count, ids="random", ties=1), HABITS[name]), Trust()
    for known in [None, asked.listed(order)[count // 2].id]:
        if known is not None:
            assert isinstance(read(asked, trust, order=order, **{param: known}), list)
        with pytest.raises((PaginationError, APIStatusError)):
            read(asked, trust, order=order, **{param: "step_5555555555555555"})


def test_the_end_of_a_window_must_exist() -> None:
    asked = server()
    with pytest.raises(PaginationError, match="'step_gone', given as 'before'"):
        read(asked, Trust(), after=asked.items[3].id, before="step_gone")


def test_what_a_server_makes_of_unknown_cursors_is_asked_once() -> None:
    asked, trust = server(), Trust()
    for _ in range(3):
        read(asked, trust, after=asked.listed("asc")[200].id)
    ids = {item.id for item in asked.items}
    assert len([query for query in asked.queries if query.after is not None and query.after not in ids]) == 1
    assert trust.unknown_cursors[Lane("asc", "after")] == "refused"


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("after", ["exclusive", "inclusive", "later_only"])
def test_whether_a_cursor_leads_on_within_its_second_is_asked_once(after: Any, order: Order) -> None:
    asked, trust = server(Dialect(after=after), ties=2), Trust()
    listed = asked.listed(order)
    assert read(asked, trust, order=order) == listed
    for place in (99, 180, 230, 240, 240):
        asked.queries.clear()
        assert read(asked, trust, order=order, after=listed[place].id, page_size=20) == listed[place + 1 :]
    assert trust.within.get(Lane(order, "after"), False) is (after != "later_only")
    if after == "exclusive":
        assert len(asked.queries) == 1


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("ties", [1, 2, 5])
def test_a_cursor_within_a_second_takes_no_detour(ties: int, order: Order) -> None:
    """Also of a new client, and deep in a long list."""
    for place in (4950, 4951, 4952):
        asked = Server(make_items(5000, ids="random", ties=ties), Dialect())
        listed = asked.listed(order)
        assert read(asked, Trust(), order=order, after=listed[place].id) == listed[place + 1 :]
        assert len(asked.queries) <= 8


def test_nor_is_it_asked_where_no_two_share_a_second() -> None:
    asked, trust = server(), Trust()
    for place in (180, 230, 240):
        asked.queries.clear()
        assert read(asked, trust, after=asked.items[place].id) == asked.items[place + 1 :]
    assert (len(asked.queries), trust.within) == (1, {})


def test_a_page_without_ties_does_not_tell() -> None:
    """The cursor may have left out the rest of its own second: that is looked at from the other side."""
    asked, trust = server(Dialect(after="later_only"), ties=1), Trust()
    for place in (180, 230):
        read(asked, trust, after=asked.items[place].id)
    tied = Server([*asked.items[:-3], evolve(asked.items[-3], created_at=asked.items[-4].created_at)], asked.dialect)
    with_ties = server(asked.dialect, ties=5)
    assert read(with_ties, trust) == with_ties.items
    assert read(tied, trust, after=tied.items[-2].id) == tied.items[-1:]


@pytest.mark.parametrize("status", [*sorted(CALLER_OR_MOMENT), 500, 503])
def test_what_is_wrong_for_the_moment_is_not_believed_of_a_server(status: int) -> None:
    asked, trust = server(), Trust()
    with pytest.raises(APIStatusError, match="not now"):
        drive_to_an_unknown_cursor(asked, trust, APIStatusError("not now", status=status))
    assert not trust.unknown_cursors


def drive_to_an_unknown_cursor(asked: Server, trust: Trust, error: APIStatusError) -> None:
    ids = {item.id for item in asked.items}
    walk = start_walk(order="asc", after=asked.listed("asc")[200].id, trust=trust)
    while (query := walk.query) is not None:
        list(walk.feed(asked.answer(query)) if query.after in {None, *ids} else walk.refuse(error))


def test_a_known_cursor_is_not_proven_again() -> None:
    asked = server()
    cursor = asked.listed("asc")[240].id
    walk = start_walk(order="asc", after=cursor, trust=Trust(), known=True)
    (page,) = drive(walk, asked, bound=9)
    assert list(page.data) == asked.listed("asc")[241:]
    assert asked.queries[0].after == cursor
    assert len(asked.queries) <= 3


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("cursors", ["after", "before", "both"])
def test_ids_of_another_kind_in_the_next_list_are_no_trap(order: Order, cursors: str) -> None:
    """A client that has seen ids go with times meets a list where they do not, on a server that compares them."""
    trust = Trust()
    for ids in ("rising", "random", "falling", "rising"):
        cell = Cell(
            server="ids compared, same ties",
            count=COUNT,
            ids=ids,
            ties=1,
            page_size=100,
            order=order,
            cursors=cursors,
        )
        assert run(cell, trust)[0] in ("exact", "refused")


@pytest.mark.parametrize(
    ("server", "ties", "page_size", "count"),
    [
        ("after_later_only", 5, 20, 40),
        ("after_later_only", 3, 7, 40),
        ("later only, capped at 20, same ties", 2, 100, 25),
    ],
)
def test_who_knows_a_server_from_lists_without_ties_asks_whether_cursors_lead_on_within_one_time(
    server: str, ties: int, page_size: int, count: int
) -> None:
    trust = Trust()
    without = Cell(server=server, count=COUNT, ids="random", ties=1, page_size=100, order="asc", cursors="after")
    assert run(without, trust)[0] == "exact"
    for places in range(1, 90, 4):  # of the cursor: at the head of its time, within it, and at its end
        cell = evolve(without, count=count, ties=ties, page_size=page_size, places=(places, 95))
        assert run(cell, trust)[0] == "exact"
