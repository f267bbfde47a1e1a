"""What a look at the other end of a list, or at a page behind a cursor, proves."""

from __future__ import annotations

from typing import Any

import pytest
from laboratory import Item, ItemPage

from openai_steps import APIStatusError
from openai_steps._walks.pages import Direction, PageQuery, Script, direction_of
from openai_steps._walks.proofs import Proofs
from openai_steps._walks.stretch import Stretch
from openai_steps._walks.trust import Trust


def items(text: str) -> tuple[Item, ...]:
    return tuple(Item(word[0], int(word[1:])) for word in text.split())


def answered(script: Script[ItemPage, Any], *answers: str | int) -> tuple[Any, list[PageQuery]]:
    """Send pages, or statuses, to a script; return what it returns, and what it asked."""
    asked: list[PageQuery] = []
    try:
        asked.append(next(script))
        for answer in answers:
            if isinstance(answer, int):
                asked.append(script.throw(APIStatusError("no", status=answer)))
            else:
                asked.append(script.send(ItemPage(items(answer))))
    except StopIteration as stop:
        return stop.value, asked
    raise AssertionError(f"It asks for more: {asked[-1]}")


def claim(held: str, *answers: str | int) -> Any:
    stretch = Stretch(rising=True)
    assert stretch.begin(items(held))
    return answered(Proofs[ItemPage](Trust(), 100).end(stretch), *answers)[0]


@pytest.mark.parametrize(
    ("held", "answers", "told"),
    [
        ("a1 b2", ["b2 a1"], "proven"),
        ("a1 b2 c2", ["c2 b2 a1"], "proven"),
        ("a1 b2 c2", ["b2 c2 a1"], "proven"),
        ("a1 b2", ["c3 b2"], "more"),
        ("a1 b2", ["c2 b2"], "more"),
        ("a1 b2", ["a1 b2"], "unclear"),  # the order is ignored
        ("a1 b2 c3", ["b2 a1"], "unclear"),  # an older copy, or the order is ignored
        ("a1 b1", ["b1 a1"], "same"),
        ("a1 b1", ["b1 a1 z0"], "unclear"),  # then this was not the head of the list
        ("a1", ["a1"], "same"),
        ("a1 b2", [""], "unclear"),
        ("a1 b2", [400], "unclear"),
    ],
)
def test_what_the_other_end_tells(held: str, answers: list[Any], told: str) -> None:
    assert claim(held, *answers) == told


def test_a_time_that_fills_the_look_is_looked_at_again_in_full() -> None:
    stretch = Stretch(rising=True)
    stretch.begin(items("a1 b2"))
    told, asked = answered(Proofs[ItemPage](Trust(), 100).end(stretch), "b2 c2", "b2 c2 a1")
    assert (told, [query.limit for query in asked]) == ("more", [2])
    stretch = Stretch(rising=True)
    stretch.begin(items("a1 b2 c2"))
    assert answered(Proofs[ItemPage](Trust(), 100).end(stretch), "c2 b2 a1")[0] == "proven"


def test_errors_that_say_nothing_of_the_query_are_raised() -> None:
    with pytest.raises(APIStatusError):
        claim("a1 b2", 500)


def test_the_largest_page_that_a_server_gives_is_found() -> None:
    trust = Trust()
    (page, limit), asked = answered(Proofs[ItemPage](trust, 7).large_head(True), 400, 422, "a1")
    assert (len(page.data), limit, trust.largest_limit) == (1, 20, 20)
    assert [query.limit for query in asked] == [100, 50, 20]


def test_the_largest_page_known_is_asked_for_again() -> None:
    proofs = Proofs[ItemPage](Trust(largest_limit=7), 1)
    assert answered(proofs.large_head(True), "a1")[0][1] == 7
    (_, limit), asked = answered(proofs.large_head(True), 400, 400, "a1")
    assert (limit, [query.limit for query in asked]) == (2, [7, 5, 2])  # one could not repeat what it follows


def test_which_way_times_go() -> None:
    assert direction_of(items("a1 b1 c2"), rising=True) is Direction.RIGHT
    assert direction_of(items("a1 b1 c2"), rising=False) is Direction.WRONG
    assert direction_of(items("a1 b1"), rising=True) is Direction.NONE
    assert direction_of(items("a1 b2 c1"), rising=True) is Direction.MIXED
    assert direction_of((), rising=True) is Direction.NONE
