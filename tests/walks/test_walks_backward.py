"""Walks against every dialect of the emulator's pure server: nothing lost, nothing repeated, never for ever."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import get_args

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st
from walk_servers import (
    HONEST_HAS_MORE,
    KNOWN_BEFORE,
    Server,
    dialects,
    is_honest,
    make_steps,
    orders,
    read,
    repeated,
    server,
    sorted_times,
)

from openai_steps import PaginationError
from openai_steps._walks.backward import BackwardWalk
from openai_steps._walks.forward import ForwardWalk
from openai_steps._walks.start import Walk, start_walk
from openai_steps.emulator import DIALECTS, Dialect
from openai_steps.emulator._dialect import After, Before, HasMore, Order, UnknownCursor
from openai_steps.emulator._refusal import Refusal


def expected(ids: list[str], after: str | None, before: str | None, max_steps: int | None = None) -> list[str]:
    start = 0 if after is None else ids.index(after) + 1
    end = len(ids) if before is None else ids.index(before)
    wanted = ids[start:end]
    if before is not None and after is None:
        wanted.reverse()
    return wanted[:max_steps]


# --- Any server -------------------------------------------------------------------------------------------------

any_dialect = dialects(
    after=st.sampled_from(get_args(After)),
    before=st.sampled_from(get_args(Before)),
    has_more=st.sampled_from(get_args(HasMore)),
    unknown_cursor=st.sampled_from(get_args(UnknownCursor)),
    order=st.sampled_from(["honoured", "ignored"]),
    overlap=st.integers(0, 2),
)


@st.composite
def walks(draw: st.DrawFn, server: Server, cursors: str = "none after before both") -> tuple[Walk, list[str]]:
    """A walk over the server's list with cursors of the kinds given, and the ids that it should meet."""
    ids = server.ids
    kind = draw(st.sampled_from(cursors.split()))
    # A page that repeats more than the cursor's own step shows that it does only if it reaches the cursor.
    assume(kind == "none" or repeated(server.dialect) < 2)
    after = before = None
    if kind != "none":
        assume(ids)
        first, last = sorted((draw(st.sampled_from(ids)), draw(st.sampled_from(ids))), key=ids.index)
        after = first if kind != "before" else None
        before = last if kind != "after" else None
        assume(after != before)
    max_steps = draw(st.none() | st.integers(1, 12))
    walk = start_walk(
        after=after,
        before=before,
        page_size=draw(st.integers(1, 10)),
        max_steps=max_steps,
        verify_paging=draw(st.booleans()),
    )
    return walk, expected(ids, after, before, max_steps)


@given(st.data(), sorted_times, orders, any_dialect)
def test_on_any_server_a_walk_ends_and_repeats_nothing(
    data: st.DataObject, times: list[int], order: Order, dialect: Dialect
) -> None:
    served = Server(make_steps(times), order, dialect, [])
    walk, _ = data.draw(walks(served))
    with suppress(PaginationError, Refusal):
        read(walk, served)


def right_or_refused(walk: Walk, served: Server, wanted: list[str]) -> None:
    try:
        met = read(walk, served)
    except PaginationError:
        return
    assert met == wanted


@given(
    st.data(),
    sorted_times,
    orders,
    dialects(
        after=st.sampled_from(["exclusive", "inclusive"]),
        before=st.sampled_from(KNOWN_BEFORE),
        has_more=st.sampled_from(HONEST_HAS_MORE),
        overlap=st.integers(0, 2),
    ).filter(is_honest),
)
def test_where_has_more_is_no_lie_a_walk_is_right_or_says_that_it_cannot_be(
    data: st.DataObject, times: list[int], order: Order, dialect: Dialect
) -> None:
    served = Server(make_steps(times), order, dialect, [])
    walk, wanted = data.draw(walks(served))
    right_or_refused(walk, served, wanted)


@given(
    st.data(),
    sorted_times,
    orders,
    dialects(
        after=st.sampled_from(["exclusive", "inclusive", "ignored"]),
        before=st.sampled_from(get_args(Before)),
        has_more=st.sampled_from(get_args(HasMore)),
        overlap=st.integers(0, 2),
    ),
    st.integers(1, 10),
)
def test_with_verify_a_walk_is_right_or_says_that_it_cannot_be_whatever_the_server_claims(
    data: st.DataObject, times: list[int], order: Order, dialect: Dialect, page_size: int
) -> None:
    served = Server(make_steps(times), order, dialect, [])
    ids = served.ids
    cursor = data.draw(st.none() | st.sampled_from(ids)) if ids else None
    after, before = data.draw(st.sampled_from([(cursor, None), (None, cursor)]))
    assume(cursor is None or repeated(dialect) < 2)
    assume(before is None or dialect.after != "ignored")  # then nothing but one page can be read at all
    max_steps = data.draw(st.none() | st.integers(1, 12))
    walk = start_walk(after=after, before=before, page_size=page_size, max_steps=max_steps, verify_paging=True)
    right_or_refused(walk, served, expected(ids, after, before, max_steps))


@given(
    st.data(),
    sorted_times,
    orders,
    dialects(
        before=st.sampled_from(KNOWN_BEFORE),
        has_more=st.sampled_from(HONEST_HAS_MORE),
    ).filter(is_honest),
)
def test_where_after_works_and_has_more_is_no_lie_a_walk_is_right(
    data: st.DataObject, times: list[int], order: Order, dialect: Dialect
) -> None:
    served = Server(make_steps(times), order, dialect, [])
    walk, wanted = data.draw(walks(served))
    assert read(walk, served) == wanted


@given(
    st.data(),
    sorted_times,
    orders,
    dialects(before=st.sampled_from(get_args(Before)), has_more=st.sampled_from(get_args(HasMore))),
    st.integers(1, 10),
)
def test_where_after_works_verify_makes_every_walk_right(
    data: st.DataObject, times: list[int], order: Order, dialect: Dialect, page_size: int
) -> None:
    served = Server(make_steps(times), order, dialect, [])
    assume(served.ids)
    cursor = data.draw(st.sampled_from(served.ids))
    after, before = data.draw(st.sampled_from([(cursor, None), (None, cursor)]))
    walk = start_walk(after=after, before=before, page_size=page_size, verify_paging=True)
    assert read(walk, served) == expected(served.ids, after, before)


@given(
    st.data(),
    sorted_times,
    orders,
    dialects(before=st.sampled_from(get_args(Before)), has_more=st.sampled_from(get_args(HasMore))),
)
def test_between_two_cursors_even_a_lying_has_more_does_no_harm(
    data: st.DataObject, times: list[int], order: Order, dialect: Dialect
) -> None:
    served = Server(make_steps(times), order, dialect, [])
    walk, wanted = data.draw(walks(served, "both"))
    assert read(walk, served) == wanted


@pytest.mark.parametrize("name", [name for name, dialect in DIALECTS.items() if dialect.order == "honoured"])
@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("cursors", [{}, {"after": 7}, {"before": 190}, {"after": 3, "before": 220}])
def test_every_server_known_is_read_exactly(name: str, order: Order, cursors: dict[str, int]) -> None:
    served = Server(make_steps(list(range(250))), order, DIALECTS[name], [])
    ids = served.ids
    after = ids[cursors["after"]] if "after" in cursors else None
    before = ids[cursors["before"]] if "before" in cursors else None
    walk = start_walk(after=after, before=before, page_size=20, verify_paging=True)
    if DIALECTS[name].after == "wrong_side" and order == "desc":  # nothing can be read there but what one page holds
        right_or_refused(walk, served, expected(ids, after, before))
        return
    assert read(walk, served) == expected(ids, after, before)


# --- Servers that keep the contract are asked no more than need be ----------------------------------------------


@given(st.data(), st.integers(0, 60), orders, st.integers(1, 20))
def test_on_a_sound_server_the_number_of_requests_is_the_minimum(
    data: st.DataObject, count: int, order: Order, page_size: int
) -> None:
    served = server(count, order)
    ids = served.ids
    cursor = data.draw(st.none() | st.sampled_from(ids)) if ids else None
    after, before = data.draw(st.sampled_from([(cursor, None), (None, cursor)]))
    wanted = expected(ids, after, before)
    assert read(start_walk(after=after, before=before, page_size=page_size), served) == wanted
    assert len(served.queries) == max(1, math.ceil(len(wanted) / page_size))


@given(st.data(), st.integers(1, 60), orders, st.integers(1, 20), st.integers(1, 60))
def test_a_walk_forward_never_asks_for_more_than_it_may_still_yield(
    data: st.DataObject, count: int, order: Order, page_size: int, max_steps: int
) -> None:
    served = server(count, order)
    met = read(start_walk(page_size=page_size, max_steps=max_steps), served)
    assert met == served.ids[:max_steps]
    left = max_steps
    for query in served.queries:
        assert query.limit == min(page_size, left)
        left -= query.limit
    assert len(served.queries) == math.ceil(min(max_steps, count) / page_size)


@pytest.mark.parametrize(("max_steps", "requests"), [(5, 2), (20, 2), (25, 2), (40, 2), (50, 3)])
def test_a_backward_walk_cut_short_is_proven_by_one_small_request(max_steps: int, requests: int) -> None:
    served = server(100)
    assert read(start_walk(before="step_0050", page_size=20, max_steps=max_steps), served) == expected(
        served.ids, None, "step_0050", max_steps
    )
    assert len(served.queries) == requests
    assert sum(query.limit for query in served.queries) <= max_steps + 1


# --- Particular traps -------------------------------------------------------------------------------------------


def test_a_window_server_is_read_backwards_from_its_middle_without_losing_one() -> None:
    served = server(250, dialect=DIALECTS["window"])
    assert read(start_walk(before="step_0170"), served) == expected(served.ids, None, "step_0170")


def test_a_step_that_is_not_in_the_list_is_reported() -> None:
    served = server(250, dialect=evolve(DIALECTS["window"], unknown_cursor="ignored"))
    with pytest.raises(PaginationError, match="'step_gone'"):
        read(start_walk(before="step_gone"), served)
    with pytest.raises(PaginationError, match=r"'step_gone'.*follows 'step_0009'"):
        read(start_walk(after="step_0009", before="step_gone"), server(250))


def test_a_server_that_ignores_after_is_found_out_at_the_second_page() -> None:
    served = server(250, dialect=Dialect(after="ignored"))
    with pytest.raises(PaginationError, match="repeats itself"):
        read(start_walk(), served)
    assert len(served.queries) == 2


def test_rows_lost_at_the_end_of_a_list_are_reported() -> None:
    # open-assistant-api with equal times in desc: page 2 is page 1 again, and says that it is the last.
    served = Server(make_steps([0] * 40), "desc", DIALECTS["open_assistant_api"], [])
    with pytest.raises(PaginationError, match="repeats itself"):
        read(start_walk(page_size=20), served)


def test_an_inclusive_server_can_be_read_one_by_one() -> None:
    served = server(5, dialect=Dialect(after="inclusive"))
    assert read(start_walk(max_steps=1, after="step_0001"), served) == ["step_0002"]
    assert read(start_walk(max_steps=3), served) == ["step_0000", "step_0001", "step_0002"]
    with pytest.raises(PaginationError):
        read(start_walk(page_size=1), served)


def test_an_id_that_is_no_cursor_is_reported() -> None:
    steps = make_steps([0, 1, 2])
    steps[1]["id"] = ""
    served = Server(steps, "asc", Dialect(), [])
    with pytest.raises(PaginationError, match="empty id"):
        read(ForwardWalk(page_size=2), served)
    with pytest.raises(PaginationError, match="empty id"):
        read(BackwardWalk(before="step_0002", page_size=1), served)


@given(st.data(), sorted_times, orders, st.sampled_from(["adjacent", "window"]), st.integers(1, 8))
def test_any_walk_can_be_continued_from_where_it_says(
    data: st.DataObject, times: list[int], order: Order, before: Before, page_size: int
) -> None:
    served = Server(make_steps(times), order, Dialect(before=before), [])
    walk, _ = data.draw(walks(served))
    ids = served.ids
    whole = expected(ids, walk.resume_after, walk.resume_before)
    walk = start_walk(after=walk.resume_after, before=walk.resume_before, page_size=page_size)
    met: list[str] = []
    for _ in range(data.draw(st.integers(0, 6))):
        if walk.query is None:
            break
        for page in walk.feed(served.answer(walk.query)):
            page_ids = [step.id for step in page.data]
            met += reversed(page_ids) if walk.backward else page_ids
    if walk.query is None:
        assert met == whole
        return
    rest = start_walk(after=walk.resume_after, before=walk.resume_before, page_size=page_size)
    assert met + read(rest, Server(served.steps, order, served.dialect, [])) == whole


# --- Lists that grow while they are read --------------------------------------------------------------------------


@given(
    st.integers(2, 40),
    st.integers(1, 10),
    st.none() | st.integers(1, 12),
    st.sampled_from(KNOWN_BEFORE),
    st.lists(st.integers(0, 3), max_size=12),
    st.data(),
)
def test_new_steps_at_the_head_prove_nothing(
    count: int, page_size: int, max_steps: int | None, before: Before, growth: list[int], data: st.DataObject
) -> None:
    # Newest first, the list grows at its head: a server that sends a window on the head sends other steps each time.
    served = server(count, "desc", Dialect(before=before, has_more="directional"))
    started_at = datetime.fromtimestamp(1_700_000_000 + count, UTC)
    ids = served.ids
    cursor = data.draw(st.sampled_from(ids))
    walk = start_walk(before=cursor, page_size=page_size, max_steps=max_steps, started_at=started_at)
    met: list[str] = []
    arriving = iter(growth)
    while walk.query is not None:
        assert len(served.queries) < 5 * (count + 40)
        page = served.answer(walk.query)
        served.steps[:] = make_steps(list(range(len(served.steps) + next(arriving, 0))))
        for passed_on in walk.feed(page):
            met += [step.id for step in reversed(passed_on.data)]
    wanted = expected(ids, None, cursor)
    assert met[: len(wanted)] == wanted[:max_steps]


def test_an_old_list_is_believed_not_to_grow() -> None:
    served = server(100, "desc")
    walk = start_walk(before=served.ids[30], page_size=20, started_at=datetime.fromtimestamp(1_800_000_000, UTC))
    assert read(walk, served) == expected(served.ids, None, served.ids[30])
    assert len(served.queries) == 2
