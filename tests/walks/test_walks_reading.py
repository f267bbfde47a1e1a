"""Any walk on any server: each item once, or an error; and no refusal where a client can know that it has all."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import nullcontext
from typing import Any, get_args

import pytest
from attrs import evolve
from laboratory import CURSORS, SERVERS, Cell, Item, ItemPage, Order, Server, cells, drive, make_items, run

from openai_steps import PaginationError
from openai_steps._walks.pages import Lane, PageQuery
from openai_steps._walks.reading import Reading
from openai_steps._walks.start import start_walk
from openai_steps._walks.stretch import Cut, Stretch
from openai_steps._walks.trust import Trust
from openai_steps._walks.walk import Sink
from openai_steps.emulator import HABITS, Dialect

SAMPLE = 8
"""Cells of each server that are tried here; ``python tests/walks/matrix.py 1`` tries them all."""


def sample(server: str, seed: int) -> list[Cell]:
    dice = random.Random(f"{server} {seed}")
    return [
        Cell(
            server=server,
            page_size=(size := dice.choice([1, 2, 7, 20, 100])),
            count=(count := dice.choice([1, 2, 5, 8, size, size + 1, 2 * size, 101, 130, 250])),
            ids=dice.choice(["rising", "random", "falling", "two kinds"]),
            ties=dice.choice([1, 2, 5, 17, 30, 0]),
            order=dice.choice(["asc", "desc"]),
            cursors=dice.choice([cursors for cursors in CURSORS if cursors != "both" or count > 2]),
            verified=dice.random() < 0.3,
            max_steps=dice.choice([None, None, 1, 3, 105]),
        )
        for _ in range(SAMPLE)
    ]


@pytest.mark.parametrize("server", SERVERS)
def test_a_walk_is_exact_or_refused_and_refused_only_where_it_must_be(server: str) -> None:
    for cell in sample(server, 1):
        outcome, _ = run(cell)
        assert outcome == "exact" or (outcome == "refused" and not cell.readable()), cell


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_that_has_read_other_lists_is_exact_too(server: str) -> None:
    trust = Trust()
    for cell in sample(server, 2):
        assert run(cell, trust)[0] != "wrong", cell


FOUND: list[dict[str, Any]] = [
    # Ids are compared, and of the page those that are missing are few: they have not vanished.
    {
        "server": "ids compared, no has_more",
        "count": 130,
        "ids": "two kinds",
        "ties": 2,
        "page_size": 7,
        "order": "desc",
    },
    {
        "server": "ids compared, no has_more",
        "count": 201,
        "ids": "two kinds",
        "ties": 17,
        "page_size": 50,
        "order": "desc",
    },
    # The window on the head ends within the time that was to come again.
    {"server": "after ignored, window, same ties, no has_more", "count": 201, "ids": "random", "ties": 30},
    {
        "server": "after ignored, window, same ties, no has_more",
        "count": 200,
        "ids": "falling",
        "ties": 17,
        "order": "asc",
    },
    # Behind a cursor within one time, those that are missing stand ahead of it now.
    {
        "server": "ties unstable, at most 50",
        "count": 101,
        "ids": "two kinds",
        "ties": 17,
        "page_size": 2,
        "order": "asc",
    },
    # The same page is tried from several cursors, and none of them is forgotten meanwhile.
    {
        "server": "ties unstable, at most 50",
        "count": 200,
        "ids": "two kinds",
        "ties": 17,
        "page_size": 2,
        "cursors": "after",
    },
    # The head of the list is all of one second: a window on it looks like what is adjacent.
    {"server": "window, same ties", "count": 201, "ids": "random", "ties": 30, "page_size": 3, "order": "asc"},
    # What is missing is of the last time, and may hide others of it.
    {"server": "ids compared, capped at 7", "count": 14, "ids": "random", "ties": 2, "page_size": 7, "order": "asc"},
    # A larger first page shows what the smaller one left out.
    {"server": "order_unsteady", "count": 4, "ids": "random", "ties": 3, "page_size": 3, "order": "asc"},
    {"server": "order_unsteady", "count": 8, "ids": "random", "ties": 3, "page_size": 3, "order": "asc"},
]


@pytest.mark.parametrize("cell", FOUND)
@pytest.mark.parametrize("places", [(33, 78), (34, 86), (58, 97)])
@pytest.mark.parametrize("cursors", ["none", "before", "both"])
def test_what_was_found_stays_found(cell: dict[str, Any], places: tuple[int, int], cursors: str) -> None:
    full: dict[str, Any] = {"page_size": 20, "order": "desc", "cursors": cursors, "places": places, **cell}
    outcome, _ = run(Cell(**full))
    assert outcome != "wrong"
    assert outcome == "exact" or not Cell(**full).readable()


UNKNOWABLE: dict[str, tuple[Dialect, dict[str, Any]]] = {
    "capped in silence, greater ids in both orders": (
        evolve(HABITS["order_newest_first"], after="wrong_side", has_more="never", max_limit=20, limit_over="capped"),
        {"count": 130, "ids": "rising", "ties": 0, "page_size": 1, "order": "desc"},
    ),
    "one step a page, and cursors skip one": (
        evolve(HABITS["after_off_by_one"], ties="same_order", max_limit=1, limit_over="capped"),
        {"count": 101, "ids": "falling", "ties": 1, "page_size": 7, "order": "asc"},
    ),
    "equal times sorted anew, and cursors skip one": (
        evolve(HABITS["ties_unstable"], after="off_by_one", has_more="null"),
        {"count": 250, "ids": "random", "ties": 2, "page_size": 7, "order": "desc"},
    ),
}
"""What a walk cannot know, as the page on cursors says: servers of several habits, and a list."""


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_what_no_walk_can_know_is_no_worse_than_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dialect, cell = UNKNOWABLE[name]
    monkeypatch.setitem(SERVERS, name, dialect)
    assert run(Cell(server=name, cursors="none", **cell))[0] == "wrong"
    for habit in ({"max_limit": 100, "ties": "reversed"}, {"after": "exclusive"}):
        monkeypatch.setitem(SERVERS, name, evolve(dialect, **habit))
        assert run(Cell(server=name, cursors="none", **cell))[0] != "wrong"  # either habit alone does no harm


SHORT_AND_LONG: dict[str, tuple[Dialect, dict[str, Any]]] = {
    "all of one second, cursors that lead to later ones only": (
        Dialect(after="later_only", before="off_by_one", ties="same_order", unknown_cursor="empty"),
        {"count": 40, "ties": 0},
    ),
    "an order and cursors that are ignored": (
        Dialect(after="ignored", before="window", order="ignored", unknown_cursor="ignored"),
        {"count": 100, "ties": 1},
    ),
}


@pytest.mark.parametrize("name", SHORT_AND_LONG)
def test_no_question_tells_a_short_list_from_a_long_one(name: str) -> None:
    """Where a server caps pages in silence, and its has_more is false at that very size."""
    habits, listed = SHORT_AND_LONG[name]
    dialect = evolve(habits, has_more="false_at_default_limit", default_limit=7, max_limit=7, limit_over="capped")
    items = make_items(listed["count"], ids="random", ties=listed["ties"])
    long, short = Server(items, dialect), Server(items[:7], dialect)
    cursors = [{}, *({param: item.id} for param in ("after", "before") for item in items[:7])]
    for order in get_args(Order):
        for limit in (*range(1, 9), 20, 100):
            for cursor in [*cursors, {"after": "step_unknown"}, {"before": "step_unknown"}]:
                query = PageQuery(limit=limit, order=order, **cursor)
                assert long.answer(query) == short.answer(query)


def test_what_is_not_proven_page_by_page_is_proven_from_its_first_page_on() -> None:
    """Ids went with times, and do not here: the server compares them, and hides one at the first page already."""
    ids = [*(f"m{n:03}" for n in range(20)), "z001", "z000", "a000", *(f"z{n:03}" for n in range(2, 141))]
    lane = Lane("asc", "after")
    for dialect, whole in ((Dialect(after="by_id"), False), (Dialect(), True)):
        trust = Trust(orders={"asc"}, cursors={lane: "ordered ids"}, id_orders={lane: "rising"})
        trust.refuted[lane] = frozenset({"less"})
        server = Server([Item(item_id, time) for time, item_id in enumerate(ids)], dialect)
        walk = start_walk(order="asc", page_size=20, trust=trust)
        with nullcontext() if whole else pytest.raises(PaginationError, match="compare ids"):
            assert [item.id for page in drive(walk, server, bound=99) for item in page.data] == ids


def test_where_pages_are_capped_no_larger_ones_are_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVERS, "capped", Dialect(max_limit=7, limit_over="capped"))
    cell = Cell(server="capped", count=60, ids="random", ties=17, page_size=20, order="asc", cursors="none")
    outcome, requests = run(cell)
    assert (outcome, requests < 20) == ("exact", True)


def test_most_of_what_is_tried_is_read() -> None:
    outcomes = Counter(run(cell)[0] for server in SERVERS for cell in sample(server, 3)[:4])
    assert outcomes["exact"] > 2 * outcomes["refused"]


def test_the_matrix_has_every_server_and_kind_of_cursor() -> None:
    tried = list(cells(page_sizes=[2]))
    assert {cell.server for cell in tried} == set(SERVERS)
    assert {cell.cursors for cell in tried} == set(CURSORS)


SINGLE = "a1 b2 c3 d4 e5 f6 g7 h8"
FULL = "q7 r7 s7 t7 u7 v7 w7 x7"

DELETED: list[tuple[str, int, dict[str, str], bool]] = [
    # Held, the first cut's place, the pages behind a cursor, whether what they lack may have been deleted.
    (SINGLE, 6, {"g": "i9", "e": "f6 g7 i9"}, True),
    # Not a whole second,
    ("a1 b2 c3 d4 e5 f6 g7 h7 i7 j7 k7", 5, {"f": "x8", "e": "f6 x8"}, False),
    # nor one of the cursor's own, which may stand ahead of it now,
    ("a1 b2 c3 d3 e3 f3 g3", 3, {"d": "e3 g3 h4", "b": "c3 d3 e3 g3 h4"}, False),
    # nor what may come on the next page.
    (SINGLE, 4, {"g": FULL, "e": f"f6 g7 {FULL[:-6]}", "b": "c3 d4 e5 f6 g7 i9"}, False),
]


@pytest.mark.parametrize(("held", "place", "answers", "gone"), DELETED)
def test_what_two_pages_lack_may_have_been_deleted(held: str, place: int, answers: dict[str, str], gone: bool) -> None:
    lane = Lane("asc", "after")
    reading = Reading[ItemPage](Trust(cursors={lane: "places"}), Sink(page_size=9), lane)
    reading.longest = 8
    stretch = Stretch(rising=True)
    stretch.begin(page_of(held).data)
    cut = Cut(place, stretch.ids[place], len(stretch.ids) - 1 - place)
    script = reading.try_again(stretch, lane, page_of(answers[stretch.ids[place]]), cut)
    found, query = None, next(script)
    try:
        while True:
            query = script.send(page_of(answers.get(query.after or "", "")))
    except StopIteration as ended:
        found, _, _ = ended.value
    assert (found is not None) == gone


def page_of(text: str) -> ItemPage:
    return ItemPage(tuple(Item(word[0], int(word[1:])) for word in text.split()))
