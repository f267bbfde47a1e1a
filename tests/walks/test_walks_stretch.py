"""Whether a page continues what was read, and where the next one begins."""

from __future__ import annotations

from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st
from laboratory import Item

from openai_steps._walks.stretch import Stretch


def items(text: str) -> list[Item]:
    """``a1 b1 c2``: ids with times."""
    return [Item(word[0], int(word[1:])) for word in text.split()]


def stretch(text: str, *, doubt: bool = False) -> Stretch:
    begun = Stretch(rising=True)
    begun.in_doubt = doubt
    assert begun.begin(items(text))
    return begun


def fresh(held: str, page: str, *, room: int = 9) -> str | None:
    """The ids of what is new on a page; None where it does not continue the stretch."""
    begun = stretch(held)
    verdict = begun.take(items(page), begun.cut(room))
    return "".join(item.id for item in verdict.fresh) if verdict.continues else None


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 99)), min_size=1, max_size=9, unique_by=lambda pair: pair[1])
)
def test_ids_go_with_times_if_all_of_a_time_are_on_one_side_of_all_of_the_next(pairs: list[tuple[int, int]]) -> None:
    """Within one time, each id must be on its side of the next."""
    listed = [Item(f"{number:02}", time) for time, number in sorted(pairs, key=itemgetter(0))]
    begun = Stretch(rising=True)
    assert begun.begin(listed)
    one_time = begun.single_time
    ahead = [
        (one.id, other.id)
        for place, one in enumerate(listed)
        for other in listed[place + 1 :]
        if one_time or one.created_at < other.created_at
    ]
    assert begun.goes("rising") == all(one < other for one, other in ahead)
    assert begun.goes("falling") == all(one > other for one, other in ahead)


def test_the_cut_is_behind_the_last_item_of_an_earlier_time() -> None:
    assert stretch("a1 b2 c2 d2").cut(9) == (0, "a", 3)
    assert stretch("a1 b1 c2").cut(9) == (1, "b", 1)


def test_where_a_time_fills_the_page_the_cut_is_near_the_end() -> None:
    assert stretch("a1 b2 c2 d2").cut(2).cursor == "b"
    assert stretch("a1 b1 c1 d1 e1 f1").cut(5).cursor == "c"  # three come again, so that another order shows
    assert stretch("a1 b1 c1").cut(1).cursor == "b"
    assert stretch("a1").cut(0).cursor == "a"


def test_all_of_one_time_comes_again_from_where_it_began() -> None:
    begun = stretch("a1 b1 c1")
    assert begun.cut(3) == (-1, None, 3)
    begun.origin = "x"
    assert begun.cut(3) == (-1, "x", 3)
    assert begun.take(items("b1 c1 d1 a1 e2"), begun.cut(9)).continues
    assert begun.ids == ["a", "b", "c", "d", "e"]


def test_a_page_continues_if_it_has_all_of_the_last_time() -> None:
    assert fresh("a1 b2 c2", "b2 c2 d3") == "d"
    assert fresh("a1 b2 c2", "b2 c2") == ""
    assert fresh("a1 b2 c2", "c2 d3") is None  # one place too far
    assert fresh("a1 b2 c2", "d3") is None
    assert fresh("a1 b2 c2", "") is None


def test_what_repeats_more_or_in_another_order_is_understood() -> None:
    assert fresh("a1 b2 c2", "a1 b2 c2 d3") == "d"
    assert fresh("a1 b2 c3 d3", "b2 d3 c3 e3 f4") == "ef"
    assert fresh("a1 b2 c2", "d2 b2 c2") == "d"  # a new one ahead of the echo


def test_what_does_not_belong_there_does_not_continue() -> None:
    assert fresh("a1 b2 c3", "z1 c3 d4") is None  # new, and older than what is around it: there was a hole
    assert fresh("a1 b2 c3", "a1 c3 d4") is None  # something is missing in between
    assert fresh("a1 b2 c3", "c3 e5 d4") is None  # in no order
    assert fresh("a1 b2 c3 d4 e5 f6 g7", "a1 b2 c3 d4 e5 f6 g7 h8") is None  # from far up: the cursor was ignored


def test_within_one_time_what_comes_again_stands_as_before() -> None:
    begun = stretch("a1 b1 c1 d1 e1")
    within = begun.cut(3)
    assert within.cursor == "b"
    assert not begun.take(items("d1 c1 e1 f1"), within).continues
    begun.ties_move = False
    assert [item.id for item in begun.take(items("b1 c1 d1 e1 f1"), within).fresh] == ["f"]
    assert begun.ids == ["a", "b", "c", "d", "e", "f"]


def test_where_equal_times_are_sorted_anew_a_page_must_begin_before_the_last_one() -> None:
    """Else another of that time may stand ahead of the page, whether the cursor skips one or not."""
    begun = stretch("a1 b2 c3 d4 e4")
    assert begun.cut(9).cursor == "c"
    assert not begun.take(items("e4 d4 f4 g5"), begun.cut(9)).continues
    assert begun.ties_move
    assert begun.cut(9).cursor == "b"
    assert begun.cut(2).cursor == "c"  # no more than two can come again
    assert begun.cuts_further_up(9)[0] == (-1, None, 5)
    assert not begun.take(items("d4 e4 f4 g5"), begun.cut(2)).continues
    assert begun.take(items("c3 e4 f4 d4 g5"), begun.cut(9)).continues
    assert begun.ids[-3:] == ["e", "f", "g"]


def test_a_page_with_nothing_new_changes_nothing() -> None:
    begun = stretch(" ".join(f"{letter}{ord(letter) - 96}" for letter in "abcdefghijklmnopqrstuvwxyz"))
    cuts = begun.cuts_further_up(20)
    for cut in cuts:
        begun.take(items("y25 z26"), cut)
    assert len(begun.ids) == 26


def test_cuts_between_two_times_are_tried_first() -> None:
    begun = stretch("a1 b2 c3 d3 e3 f3 g3 h3")
    assert [cut.cursor for cut in begun.cuts_further_up(99)] == ["b", "e", "g"]


def test_what_is_gone_on_two_pages_is_gone() -> None:
    begun = stretch("a1 b2 c3")
    cut = begun.cut(9)
    assert not begun.take(items("d4"), cut).continues
    further = begun.cuts_further_up(9)[-1]
    assert not begun.take(items("b2"), further, gone=frozenset("c")).continues  # it may be on the next page
    assert begun.take(items("b2 d4"), further, gone=frozenset("c")).continues
    assert begun.take(items("b2 d4"), further, gone=frozenset("c")).continues  # nor need anything be new


def test_a_telling_cut_has_lower_and_higher_ids_ahead() -> None:
    begun = stretch("m1 z2 a3 n4 p5 q6 r7 s8", doubt=True)
    cut = begun.doubtful_cut(7)
    assert cut.cursor == "p"
    assert begun.refuted_by(cut, cut.place) == {"greater", "less"}
    ordered = stretch("a1 b2 c3 d4 e5 f6 g7 h8", doubt=True)
    assert ordered.refuted_by(ordered.doubtful_cut(7), 4) == {"less"}
    assert ordered.id_order == "rising"


def test_ids_go_with_times_if_each_time_has_higher_ones() -> None:
    assert stretch("b1 a1 d2 c2 e3").goes("rising")
    assert not stretch("a1 c1 b2").goes("rising")
    assert stretch("c1 b2 a3").goes("falling")
    assert stretch("a1 b2").id_order == "rising"
    assert not stretch("a1 b2").tells_id_order  # two may be so by accident


@given(st.lists(st.integers(0, 20), min_size=2, max_size=60).map(sorted), st.integers(2, 12), st.integers(0, 2))
def test_a_list_is_read_whole_by_cuts(times: list[int], size: int, repeats: int) -> None:
    """On a server that knows places, whatever ties, as long as a page holds more than what comes again."""
    listed = [Item(chr(200 + place), time) for place, time in enumerate(times)]
    longest_tie = max(map(times.count, times))
    size += longest_tie + repeats
    begun = Stretch(rising=True)
    assert begun.begin(listed[:size])
    read = listed[:size]
    while True:
        cut = begun.cut(size - 1)
        start = next((place for place, item in enumerate(listed) if item.id == cut.cursor), -1) + 1 - repeats
        verdict = begun.take(listed[max(0, start) : max(0, start) + size], cut)
        assert verdict.continues
        if not verdict.fresh:
            break
        read += verdict.fresh
    assert read == listed
