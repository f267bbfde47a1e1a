"""Lists that change while they are read: what was there all the time comes once and in order, or the walk says that it
cannot tell."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from laboratory import Item, Order, Server, drive, make_items
from walk_servers import full_trust

from openai_steps import APIStatusError, PaginationError
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import DIALECTS, HABITS, Dialect, Refusal

STEADY = [
    DIALECTS["contract"],
    DIALECTS["window"],
    DIALECTS["openai"],
    *(
        HABITS[name]
        for name in ("unknown_cursor_ignored", "unknown_cursor_empty", "has_more_absent", "after_inclusive")
    ),
]
"""Servers whose cursors are places in the list, whatever becomes of a place."""


def knowing(dialect: Dialect) -> Trust:
    """What a client knows of the server after a long life with it."""
    trust = full_trust()
    if dialect.before != "adjacent":
        trust.cursors.update({lane: "broken" for lane in trust.cursors if lane.param == "before"})
    return trust


def new(dialect: Dialect) -> Trust:
    """What a new client knows."""
    return Trust()


class ChangingList(RuleBasedStateMachine):
    """A walk, and a list that other people change between its requests."""

    @initialize(
        dialect=st.sampled_from(STEADY),
        count=st.integers(0, 60),
        ties=st.sampled_from([1, 2, 5]),
        ids=st.sampled_from(["random", "rising"]),
        order=st.sampled_from(get_args(Order)),
        page_size=st.sampled_from([1, 3, 10, 100]),
        trust=st.sampled_from([None, new, knowing]),
        cursor=st.sampled_from([None, "after", "before"]),
        place=st.floats(0, 0.99),
    )
    def begin(
        self, cursor: str | None, place: float, count: int, ties: int, ids: str, dialect: Dialect, **options: Any
    ) -> None:
        self.server = Server(make_items(count, ids=ids, ties=ties), dialect)
        options["trust"] = options["trust"] and options["trust"](dialect)
        listed = self.server.listed(options["order"])
        given: dict[str, Any] = {cursor: listed[int(place * count)].id} if cursor is not None and listed else {}
        self.walk = start_walk(**options, **given)
        start = int(place * count)
        wanted = listed if not given else listed[start + 1 :] if cursor == "after" else listed[:start]
        self.cursor = next(iter(given.values()), None)
        self.there = {item.id for item in wanted}
        self.touched: set[str] = set()
        self.order: Order = options["order"]
        self.met: list[Item] = []
        self.failed = self.moved = False
        self.number = 0

    @property
    def going_on(self) -> bool:
        return hasattr(self, "walk") and self.walk.query is not None and not self.failed

    @precondition(lambda self: self.going_on)
    @rule(requests=st.integers(1, 3))
    def ask(self, requests: int) -> None:
        for _ in range(requests):
            if not self.going_on:
                return
            assert self.walk.query is not None
            try:
                try:
                    pages = self.walk.feed(self.server.answer(self.walk.query))
                except Refusal:
                    pages = self.walk.refuse(APIStatusError("refused", status=404))
                for page in pages:
                    self.met += page.data[::-1] if self.walk.backward else page.data
                if self.walk.query is None:
                    self.walk.finish()
            except (PaginationError, APIStatusError):
                self.failed = True

    @precondition(lambda self: self.going_on)
    @rule(seconds=st.integers(0, 1))
    def grow(self, seconds: int) -> None:
        """A step comes, perhaps in the second of the last one."""
        last = max((item.created_at for item in self.server.items), default=1_700_000_000)
        self.server.items.append(self.new(last + seconds))

    @precondition(lambda self: self.going_on and self.server.items)
    @rule(place=st.floats(0, 0.99))
    def come_late(self, place: float) -> None:
        """A step is listed that began earlier."""
        at = int(place * len(self.server.items))
        self.server.items.insert(at, self.new(self.server.items[at].created_at))

    @precondition(lambda self: self.going_on and self.server.items)
    @rule(place=st.floats(0, 0.99))
    def vanish(self, place: float) -> None:
        gone = self.server.items.pop(int(place * len(self.server.items)))
        self.touched.add(gone.id)

    @precondition(lambda self: self.going_on and len(self.server.items) > 1 and not self.moved)
    @rule(place=st.floats(0, 0.99))
    def move(self, place: float) -> None:
        """One step takes the last place, as if it had begun just now."""
        self.moved = True
        item = self.server.items.pop(int(place * len(self.server.items)))
        self.server.items.append(evolve(item, created_at=self.server.items[-1].created_at + 1))
        self.touched.add(item.id)

    @rule()
    def wait(self) -> None:
        """Nothing happens."""

    def new(self, time: int) -> Item:
        self.number += 1
        return Item(f"step_new_{self.number * 7919 % 1000:04d}", time)

    @invariant()
    def no_step_comes_twice(self) -> None:
        ids = [item.id for item in getattr(self, "met", ())]
        assert len(set(ids)) == len(ids)

    def teardown(self) -> None:
        while self.going_on:
            self.ask(1)
        if not hasattr(self, "walk") or self.failed:
            return
        if self.cursor in self.touched:
            return  # nobody knows any more what is behind it
        there = self.there - self.touched
        assert {item.id for item in self.met} >= there
        steady = [item for item in self.met if item.id in there]
        falls = (self.order == "desc") != self.walk.backward
        assert steady == sorted(steady, key=lambda item: item.created_at, reverse=falls)


TestChangingList = ChangingList.TestCase
TestChangingList.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)


@given(
    st.integers(2, 300),
    st.sampled_from([1, 2, 5]),
    st.integers(1, 120),
    st.sampled_from(STEADY),
    st.sampled_from([new, knowing]),
    st.lists(st.integers(0, 3), max_size=30),
    st.data(),
)
def test_new_steps_at_the_head_prove_nothing_of_what_is_before_a_cursor(
    count: int, ties: int, page_size: int, dialect: Any, make: Any, growth: list[int], data: st.DataObject
) -> None:
    """Newest first, a list grows at its head, which is what a window server sends again and again."""
    server = Server(make_items(count, ids="random", ties=ties), dialect)
    listed = server.listed("desc")
    place = data.draw(st.integers(0, count - 1))
    arriving = iter(growth)
    walk = start_walk(order="desc", before=listed[place].id, page_size=min(page_size, 100), trust=make(dialect))
    met: list[Item] = []
    number = 0
    while walk.query is not None:
        assert len(server.queries) < 8 * count + 200
        try:
            pages = walk.feed(server.answer(walk.query))
        except Refusal:
            pages = walk.refuse(APIStatusError("refused", status=404))
        for page in pages:
            met += page.data[::-1]
        for _ in range(next(arriving, 0)):
            number += 1
            server.items.append(Item(f"new_{number}", server.items[-1].created_at + number % 2))
    walk.finish()
    assert met[:place] == listed[:place][::-1]


def test_a_step_that_vanishes_under_the_cursor_costs_no_other() -> None:
    server = Server(make_items(250, ids="random", ties=1), DIALECTS["openai"])
    listed = server.listed("asc")
    walk = start_walk(order="asc", page_size=20, trust=full_trust())
    met: list[Item] = []
    for page in drive(walk, server, bound=100):
        met += page.data
        if len(server.queries) == 3:
            server.items = [item for item in server.items if item.id != met[-1].id]
    assert met == listed


def test_where_a_walk_starts_again_what_was_passed_on_counts() -> None:
    """The only step that could be the cursor has moved to the end meanwhile."""
    server = Server(make_items(3, ids="random", ties=1), DIALECTS["contract"])
    first, second, third = server.items
    walk = start_walk(order="asc", page_size=1, trust=full_trust())
    met: list[Item] = []
    for page in drive(walk, server, bound=10):
        met += page.data
        if len(server.queries) == 1:
            server.items = [second, third, evolve(first, created_at=third.created_at + 1)]
    assert met == [first, second, third]


@pytest.mark.parametrize("make", [new, knowing])
@pytest.mark.parametrize("size", [2, 3, 7, 100])
def test_steps_that_move_to_the_end_hide_no_others(size: int, make: Any) -> None:
    """But if all of a page of 100 do, nothing tells that there are others: the page on cursors says so."""
    for staying in {0, 1, size // 2, size - 2, size - 1}:
        server = Server(make_items(3 * size, ids="random", ties=1), DIALECTS["contract"])
        held, rest = server.items[:size], server.items[size:]
        last = server.items[-1].created_at
        moved = [evolve(item, created_at=last + number) for number, item in enumerate(held[staying:], 1)]
        walk = start_walk(order="asc", page_size=size, trust=make(server.dialect))
        met: list[Item] = []
        failed = False
        try:
            for page in drive(walk, server, bound=99):
                met += page.data
                if len(server.queries) == 1:
                    server.items = [*held[:staying], *rest, *moved]
        except PaginationError:
            failed = True
        ids = {item.id for item in met}
        assert len(ids) == len(met)
        is_told = failed or ids >= {item.id for item in rest}
        assert is_told or (size, staying) == (100, 0)
