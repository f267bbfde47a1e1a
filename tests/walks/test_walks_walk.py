"""Driving a script, and what is passed on of what it finds."""

from __future__ import annotations

from typing import Any

import pytest
from laboratory import Item, ItemPage

from openai_steps import APIStatusError, PaginationError
from openai_steps._walks.pages import PageQuery, Script
from openai_steps._walks.walk import Sink, Walk

QUERY = PageQuery(limit=3, order="asc")


def items(*ids: str, times: str = "") -> tuple[Item, ...]:
    return tuple(Item(item_id, times[place] if times else place) for place, item_id in enumerate(ids))


def passed_on(sink: Sink[ItemPage], *batches: tuple[Item, ...]) -> list[str]:
    for batch in batches:
        sink.put(ItemPage(batch), batch)
    return ["".join(item.id for item in page.data) for page in sink.take_pages()]


def test_pages_are_no_longer_than_asked_for() -> None:
    assert passed_on(Sink(page_size=2), items(*"abcde"), items("f")) == ["ab", "cd", "e", "f"]
    assert passed_on(Sink(page_size=2, backward=True), items(*"abcde")) == ["ba", "dc", "e"]


def test_what_is_between_two_items() -> None:
    sink = Sink[ItemPage](start="b", stop="e", page_size=9)
    assert passed_on(sink, items(*"ab"), items(*"cd"), items(*"ef"), items("g")) == ["cd"]
    assert sink.done


@pytest.mark.parametrize("batches", [["abcde"], ["ab", "cde"]])
def test_an_end_ahead_of_the_start_is_an_error_before_anything_is_passed_on(batches: list[str]) -> None:
    sink = Sink[ItemPage](start="d", stop="b", page_size=9)
    with pytest.raises(PaginationError, match="lists the step 'b', given as 'before', ahead of 'd', given as 'after'"):
        passed_on(sink, *(items(*batch) for batch in batches))
    assert sink.take_pages() == []


def test_so_many_and_no_more() -> None:
    sink = Sink[ItemPage](left=3, page_size=9)
    assert sink.satisfied_by(items(*"abc"))
    assert not sink.satisfied_by(items(*"ab"))
    assert passed_on(sink, items(*"ab"), items(*"cd")) == ["ab", "c"]
    assert sink.done


def test_only_the_last_are_kept() -> None:
    assert passed_on(Sink(page_size=2, keep=3), items(*"abcdefg")) == ["ef", "g"]


def test_what_was_offered_before_is_not_offered_again() -> None:
    sink = Sink[ItemPage](page_size=9)
    for batch in (items(*"ab"), items(*"abcd"), items(*"abc")):
        sink.offer(ItemPage(batch), batch)
    assert ["".join(item.id for item in page.data) for page in sink.take_pages()] == ["ab", "cd"]


def test_the_resume_cursor_is_one_that_can_be_sent() -> None:
    sink = Sink[ItemPage](page_size=9)
    passed_on(sink, items("a", "b", "", "..", "x" * 2000))
    assert sink.cursor == "b"


@pytest.mark.parametrize("sink", [Sink[ItemPage](page_size=9, start="b"), Sink[ItemPage](page_size=9, stop="b")])
def test_a_cursor_among_items_of_its_time_is_refused_where_their_order_is_not_known(sink: Sink[ItemPage]) -> None:
    batch = items(*"abc", times="112")
    with pytest.raises(PaginationError, match="Others have the time of the step 'b'"):
        sink.put(ItemPage(batch), batch, ties_known=False)


def walk_of(script: Any, **options: Any) -> Walk[ItemPage]:
    sink = Sink[ItemPage](page_size=9)
    return Walk(script(sink), sink, **options)


def test_an_error_comes_behind_what_was_proven() -> None:
    def script(sink: Sink[ItemPage]) -> Script[ItemPage, None]:
        page: ItemPage = yield QUERY
        sink.put(page, page.data)
        raise PaginationError("here")

    walk = walk_of(script)
    (page,) = walk.feed(ItemPage(items(*"ab")))
    assert [item.id for item in page.data] == ["a", "b"]
    assert (walk.query, walk.resume_after, walk.resume_before) == (None, "b", None)
    with pytest.raises(PaginationError, match="here"):
        walk.finish()


def test_a_refusal_is_raised_again_unless_the_script_can_do_without() -> None:
    def script(_: Sink[ItemPage]) -> Script[ItemPage, None]:
        try:
            yield QUERY
        except APIStatusError:
            yield PageQuery(limit=1, order="desc")

    walk = walk_of(script)
    assert walk.refuse(APIStatusError("no", status=400)) == []
    assert walk.query == PageQuery(limit=1, order="desc")
    with pytest.raises(APIStatusError):
        walk.refuse(APIStatusError("no", status=400))


def test_a_walk_without_a_query_is_over() -> None:
    def script(_: Sink[ItemPage]) -> Script[ItemPage, None]:
        return
        yield QUERY

    walk = walk_of(script)
    assert walk.query is None
    walk.finish()
