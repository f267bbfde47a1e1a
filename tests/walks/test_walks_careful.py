"""On a server that is not known: what is asked, what is passed on before it is proven, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from laboratory import Item, Order, Server, drive, make_items
from walk_servers import full_trust

from openai_steps import APIStatusError, PaginationError
from openai_steps._walks import careful
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust
from openai_steps.emulator import DIALECTS, HABITS, Dialect


def read(server: Server, *, order: Order = "asc", trust: Trust | None = None, **arguments: Any) -> list[Item]:
    walk = start_walk(order=order, trust=trust or Trust(), **arguments)
    return [item for page in drive(walk, server, bound=4000) for item in page.data]


def served(count: int, dialect: Dialect | None = None, *, ids: str = "random", ties: int = 1) -> Server:
    return Server(make_items(count, ids=ids, ties=ties), dialect or Dialect())


def test_the_head_of_the_list_is_passed_on_at_once_and_a_larger_page_asked_for() -> None:
    server = served(250)
    walk = start_walk(order="asc", page_size=20, trust=Trust())
    assert walk.query is not None
    (first,) = walk.feed(server.answer(walk.query))
    assert list(first.data) == server.listed("asc")[:20]
    assert walk.query.limit == 100  # a larger page proves more
    rest = walk.feed(server.answer(walk.query))
    assert [item for page in rest for item in page.data] == server.listed("asc")[20:100]
    assert {len(page.data) for page in rest} == {20}
    assert walk.query is not None
    assert walk.query.after in {item.id for item in server.listed("asc")[90:99]}


def test_a_server_that_refuses_larger_pages_is_read_with_smaller_ones() -> None:
    server = served(250, Dialect(max_limit=30))
    assert read(server, page_size=20) == server.listed("asc")
    assert max(query.limit for query in server.queries[5:]) <= 20


def test_a_second_that_needs_a_larger_page_than_the_server_sends() -> None:
    """Its first page is short, so that nothing has told yet how many it sends at most."""
    trust = Trust()
    server = served(15, Dialect(max_limit=50, has_more="never"))
    assert read(server, page_size=20, trust=trust) == server.items
    assert trust.largest_limit == 100
    server = served(70, server.dialect, ties=23)
    assert read(server, page_size=20, trust=trust) == server.listed("asc")
    assert trust.largest_limit == 50


def test_a_cursor_that_is_refused_is_no_matter_of_the_page_size() -> None:
    server = served(60, Dialect(unknown_cursor="bad_request"), ties=0)
    walk = start_walk(order="asc", page_size=10, trust=full_trust())
    pages = drive(walk, server, bound=30)
    assert list(next(pages).data) == server.items[:10]
    server.items = server.items[10:]  # all that could be a cursor has been deleted
    with pytest.raises(APIStatusError):
        list(pages)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("habit", ["order_ignored", "order_newest_first"])
def test_a_list_in_the_wrong_order_is_read_whole_and_turned_round(habit: str, order: Order) -> None:
    server = served(450, HABITS[habit])
    assert read(server, order=order) == served(450).listed(order)
    assert read(server, order=order, max_steps=3) == served(450).listed(order)[:3]


def test_one_that_is_too_long_to_be_turned_round_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful, "HELD_AT_MOST", 300)
    server = served(450, HABITS["order_ignored"])
    with pytest.raises(PaginationError, match=r"ignores order='desc'.*Read it in the other order"):
        read(server, order="desc")
    assert read(server, order="asc") == server.listed("asc")


def test_the_newest_step_is_the_newest_where_order_is_ignored() -> None:
    server = served(40, HABITS["order_ignored"])
    assert [item.created_at for item in read(server, order="desc", max_steps=1)] == [server.items[-1].created_at]


@pytest.mark.parametrize("name", ["opengpts", "open_assistant_api", "llamphouse_postgres"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_lists_of_two_pages_are_read_though_cursors_compare_ids(name: str, order: Order) -> None:
    server = served(180, DIALECTS[name])
    assert read(server, order=order) == server.listed(order)


def test_longer_ones_are_refused_behind_the_first_page() -> None:
    server = served(400, DIALECTS["opengpts"])
    walk = start_walk(order="asc", trust=Trust())
    met: list[Item] = []
    with pytest.raises(PaginationError, match=r"compare ids.*doctor"):
        met.extend(item for page in drive(walk, server, bound=200) for item in page.data)
    assert walk.resume_after == server.listed("asc")[99].id


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_two_steps_a_second_on_open_assistant_api(order: Order) -> None:
    server = served(250, DIALECTS["open_assistant_api"], ids="rising", ties=2)
    assert read(server, order=order) == server.listed(order)


@pytest.mark.parametrize("count", [1, 2, 5, 99])
@pytest.mark.parametrize("name", ["supercompat_responses", "supercompat_azure", "hal_9100"])
def test_a_run_whose_first_page_holds_everything_is_read_from_any_server(name: str, count: int) -> None:
    for ties in (1, 0):
        server = served(count, DIALECTS[name], ties=ties)
        assert {item.id for item in read(server)} == {item.id for item in server.items}


def test_a_lie_at_one_page_size_is_found_out() -> None:
    server = served(130, HABITS["has_more_false_at_20"])
    trust = Trust()
    for _ in range(2):
        assert read(server, page_size=20, trust=trust) == server.listed("asc")


@pytest.mark.parametrize("bad", ["", ".", "..", "x" * 1025])
@pytest.mark.parametrize("known", [True, False])
def test_an_id_that_is_no_cursor_at_a_page_s_end_is_an_error_behind_that_page(bad: str, known: bool) -> None:
    server = served(250)
    server.items[99] = evolve(server.items[99], id=bad)
    trust = Trust()
    if known:
        assert read(served(250), trust=trust)
    walk = start_walk(order="asc", trust=trust)
    met: list[Item] = []
    with pytest.raises(PaginationError, match="cannot be sent as a cursor"):
        met.extend(item for page in drive(walk, server, bound=20) for item in page.data)
    assert met == server.listed("asc")[:100]
    assert walk.resume_after == met[98].id


def test_one_at_the_end_of_the_list_is_no_matter() -> None:
    server = served(100)
    server.items[99] = evolve(server.items[99], id="")
    assert len(read(server)) == 100


def test_a_list_of_which_the_other_order_tells_otherwise_is_no_empty_list() -> None:
    server = served(2, HABITS["asc_lags"])
    server.dialect = evolve(server.dialect, has_more="absent")
    with pytest.raises(PaginationError, match="says that the list is empty"):
        read(server)
    assert read(served(0, server.dialect)) == []


@pytest.mark.parametrize("page_size", [2, 3])
def test_a_small_page_that_happens_to_be_in_order_proves_nothing(page_size: int) -> None:
    """On a server that sorts anyhow, every second page of two is."""
    for count in range(101, 141):
        with pytest.raises(PaginationError):
            read(served(count, HABITS["order_unsteady"]), page_size=page_size, max_steps=page_size)
