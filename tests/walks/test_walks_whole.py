"""One page as the whole list, where neither times nor cursors lead on: what is believed then, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from laboratory import Item, ItemPage

from openai_steps import APIStatusError
from openai_steps._walks.pages import Lane, PageQuery
from openai_steps._walks.proofs import Proofs
from openai_steps._walks.trust import Trust
from openai_steps._walks.whole import is_whole

LANE = Lane("asc", "after")
ORDERS, LIMITS = ["asc", "desc"] * 3, [99, 99, 98, 98, 97, 97]
LISTED = tuple(Item(item_id, 7) for item_id in ("c", "a", "d", "b"))


class Answers:
    """Answers by what is asked for; anything else with all there is, which tells nothing."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def answer(self, query: PageQuery) -> ItemPage:
        cursor = f"{'after' if query.after else 'before'}_{query.after or query.before}"
        key = "head" if query.after is query.before is None else cursor
        for name in (f"{key}_{query.order}_{query.limit}", f"{key}_{query.order}", f"{key}_{query.limit}", key):
            if name in self.answers:
                ids, has_more = (
                    self.answers[name] if isinstance(self.answers[name], tuple) else (self.answers[name], None)
                )
                if ids == "refused":
                    raise APIStatusError("refused", status=404)
                return ItemPage(tuple(Item(item_id, 7) for item_id in ids), has_more)
        return ItemPage(LISTED)


def judged(
    server: Answers,
    items: tuple[Item, ...] = LISTED,
    *,
    says: bool | None = None,
    trust: Trust | None = None,
    **how: Any,
) -> bool:
    script = is_whole(Proofs(trust or Trust(), 20), ItemPage(items, says), LANE, full=how.pop("full", False))
    try:
        query = next(script)
        while True:
            try:
                answer = server.answer(query)
            except APIStatusError as error:
                query = script.throw(error)
            else:
                query = script.send(answer)
    except StopIteration as stop:
        whole: bool = stop.value
        return whole


def test_the_other_order_must_have_the_same() -> None:
    assert not judged(Answers(head_desc="cad"))
    assert not judged(Answers(head_desc="cadbe"))


def test_a_server_without_a_limit_has_sent_all() -> None:
    assert judged(Answers(head_desc="cadb", head_asc_1="cadb"), full=True)


def test_a_full_page_may_go_on() -> None:
    assert not judged(Answers(head_desc="cadb", head_asc_1="c", after_b="", after_c="adb"), full=True)


def test_places_show_it() -> None:
    """Nothing is behind the last, and all others are behind the first; the cursor may be repeated, or skip one."""
    for behind_first, behind_second, behind_last in (("adb", "db", ""), ("cadb", "adb", "b"), ("db", "b", "")):
        server = Answers(head="cadb", head_asc_1="c", after_b=behind_last, after_a=behind_second, after_c=behind_first)
        assert judged(server)


@pytest.mark.parametrize("behind_first", ["", "ad", "b", "abd", "refused"])
def test_a_cursor_that_leads_to_something_else_does_not(behind_first: str) -> None:
    server = Answers(head="cadb", head_asc_1="c", after_b="", after_c=behind_first, after_a="", before_a="")
    assert not judged(server)


def test_what_seems_to_be_skipped_may_be_an_id_that_compares_otherwise() -> None:
    server = Answers(head="cadb", head_asc_1="c", after_b="", after_c="db", after_a="cdb")
    assert not judged(server)


def test_in_one_of_the_orders_is_enough() -> None:
    server = Answers(
        head_desc="bdac", head_asc_1="c", after_b_asc="refused", after_b_desc="dac", after_c_desc="", after_b="dac"
    )
    assert judged(server)


def test_what_is_compared_shows_it_by_both_sides() -> None:
    assert judged(Answers(head="cadb", head_asc_1="c", after_b_asc="cd", after_b_desc="a"))
    server = Answers(
        head="cadb", head_asc_1="c", after_b_asc="cd", after_b_desc="", after_c="", after_a="", before_a=""
    )
    assert not judged(server)


def test_ids_that_are_compared_one_way_show_it_by_the_least_and_the_greatest() -> None:
    answers: dict[str, Any] = {"head": "cadb", "head_asc_1": "c", "after_b": "cd", "after_a": "cdb", "after_d": ""}
    assert judged(Answers(**answers, before_a=""))
    assert judged(Answers(**answers, before_a="refused"))
    assert not judged(Answers(**answers, before_a="0"))
    assert not judged(Answers(**{**answers, "after_d": "b"}, before_a=""))
    assert not judged(Answers(**{**answers, "after_a": "cd"}, before_a=""))
    apart = (*LISTED[:3], Item("b", 8))
    assert not judged(Answers(**answers, before_a=""), apart)


@pytest.mark.parametrize("side", ["after_b_asc", "after_b_desc"])
def test_another_item_on_any_side_tells_that_it_is_not_all(side: str) -> None:
    answers = {"after_b_asc": "", "after_b_desc": "", side: "e", "after_c": "adb"}
    assert not judged(Answers(head="cadb", head_asc_1="c", **answers))


def test_has_more_is_believed_where_it_tells_pages_that_end_from_those_that_do_not() -> None:
    cursors: dict[str, Any] = {"head": "cadb", "after_b": "cadb", "after_a": "cadb"}
    assert judged(Answers(**cursors, head_asc_1=("c", True), head_asc_4=("cadb", False)), says=False)
    # A page that is capped in silence: it is shorter than was asked for.
    assert not judged(Answers(**cursors, head_asc_1=("c", True), head_asc_4=("cadb", True)), says=False)
    for smallest, says in ((False, False), (None, False), (True, None), (True, True)):
        server = Answers(**cursors, head_asc_1=("c", smallest), head_asc_4=("cadb", False))
        assert not judged(server, says=says)


def test_a_list_of_one_item_is_believed_unless_the_server_says_that_more_follows() -> None:
    one = LISTED[:1]
    assert judged(Answers(head="c", after_c=""), one, says=True)
    assert judged(Answers(head="c", after_c="c"), one, says=False)
    assert judged(Answers(head="c", after_c="c"), one)
    assert not judged(Answers(head="c", after_c="c"), one, says=True)


LOOKS = ["cadb", "dbca", "abcd", "acdb", "bdca", "dacb"]


def test_all_is_shown_by_looks_that_list_it_in_another_order_each_time() -> None:
    looks = {f"head_{order}_{limit}": look for order, limit, look in zip(ORDERS, LIMITS, LOOKS, strict=False)}
    assert judged(Answers(head="cadb", head_desc_100="bcad", after_b="cadb", head_asc_1="c", **looks))
    # The other order is no other one in itself, and what comes twice may be fixed.
    assert not judged(Answers(head="cadb", head_desc="bcad", after_b="cadb", head_asc_1="c"))
    # A page that is capped leaves out others at one look or another.
    looks["head_desc_97"] = "cade"
    assert not judged(Answers(head="cadb", head_desc_100="bcad", after_b="cadb", head_asc_1="c", **looks))


def test_two_items_need_one_side_without_any() -> None:
    two = LISTED[:2]
    assert judged(Answers(head="ca", head_asc_1="c", after_a=""), two)
    assert not judged(Answers(head="ca", head_asc_1="c", after_a="ca"), two)
    three = LISTED[:3]
    assert not judged(Answers(head="cad", head_asc_1="c", after_d="", after_c="", after_a=""), three)


def test_where_order_means_nothing_few_items_must_at_least_stand_as_before() -> None:
    answers: dict[str, Any] = {"head_asc_1": ("c", True), "after_b": "", "after_c": "adb"}
    unsteady = Trust(believing=False, unsteady=True)
    assert judged(Answers(**answers, head_desc="cadb"), trust=unsteady)
    assert not judged(Answers(**answers, head_desc="cabd", head_asc_4=("abcd", False)), says=False, trust=unsteady)
    assert judged(Answers(head_desc="cabd", head_asc_1="dabc"), trust=unsteady)


def test_many_need_not_but_then_cursors_tell_nothing() -> None:
    many = tuple(Item(item_id, 7) for item_id in "hgfedcba")
    answers: dict[str, Any] = {"head_desc": "abcdefgh", "head_asc_1": ("c", True), "after_a": "", "after_h": "gfedcba"}
    unsteady = Trust(believing=False, unsteady=True)
    assert not judged(Answers(**answers), many, trust=unsteady)
    assert judged(Answers(**answers, head_asc_8=("cabdefgh", False)), many, says=False, trust=unsteady)
    assert not judged(Answers(**answers, head_asc_8=("xabdefgh", False)), many, says=False, trust=unsteady)
