"""The pure list function: the documented contract, then each habit that departs from it."""

from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps.emulator import DIALECTS, HABITS, Dialect, Query, Refusal, list_steps
from openai_steps.emulator._dialect import Order

TEN: list[dict[str, Any]] = [{"id": f"step_{number}", "created_at": 100 + number} for number in range(10)]


def page(dialect: Dialect | None = None, **query: Any) -> Any:
    return list_steps(TEN, Query(**query), dialect or Dialect())


def numbers(body: Any) -> str:
    data = body if isinstance(body, list) else body["data"]
    return "".join(step["id"].removeprefix("step_") for step in data)


@pytest.mark.parametrize(
    ("query", "expected", "has_more"),
    [
        ({}, "9876543210", False),
        ({"limit": 3}, "987", True),
        ({"limit": 3, "order": "asc"}, "012", True),
        ({"limit": 10}, "9876543210", False),
        ({"limit": 3, "order": "asc", "after": "step_2"}, "345", True),
        ({"limit": 3, "order": "asc", "after": "step_6"}, "789", False),
        ({"limit": 3, "order": "desc", "after": "step_2"}, "10", False),
        ({"limit": 3, "order": "asc", "after": "step_9"}, "", False),
        ({"limit": 3, "order": "asc", "before": "step_7"}, "456", True),
        ({"limit": 3, "order": "asc", "before": "step_3"}, "012", False),
        ({"limit": 3, "order": "desc", "before": "step_3"}, "654", True),
        ({"limit": 3, "order": "asc", "before": "step_0"}, "", False),
        ({"limit": 3, "order": "asc", "after": "step_1", "before": "step_7"}, "234", True),
        ({"limit": 5, "order": "asc", "after": "step_1", "before": "step_7"}, "23456", False),
        ({"limit": 3, "order": "desc", "after": "step_7", "before": "step_1"}, "654", True),
        ({"limit": 3, "order": "asc", "after": "step_7", "before": "step_1"}, "", False),
    ],
)
def test_contract(query: dict[str, Any], expected: str, has_more: bool) -> None:
    body = page(**query)
    assert numbers(body) == expected
    assert body["has_more"] is has_more
    assert body["object"] == "list"
    assert body["first_id"] == (f"step_{expected[0]}" if expected else None)
    assert body["last_id"] == (f"step_{expected[-1]}" if expected else None)


def test_default_limit_is_20() -> None:
    many = [{"id": f"s{n}", "created_at": n} for n in range(30)]
    assert len(list_steps(many, Query())["data"]) == 20


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": 3, "order": "asc", "before": "step_7"}, "012"),
        ({"limit": 3, "order": "desc", "before": "step_3"}, "987"),
        ({"limit": 9, "order": "asc", "before": "step_2"}, "01"),
        ({"limit": 3, "order": "asc", "after": "step_1", "before": "step_7"}, "234"),
    ],
)
def test_window(query: dict[str, Any], expected: str) -> None:
    body = page(DIALECTS["window"], **query)
    assert numbers(body) == expected
    assert body["has_more"] is (len(expected) == query["limit"])


@pytest.mark.parametrize(
    ("before", "asc", "desc"),
    [
        ("adjacent", "345", "987"),
        ("window", "012", "987"),
        ("ignored", "012", "987"),
        ("off_by_one", "234", "98"),
        ("by_id", "012", "987"),
        ("wrong_side", "012", "543"),
        ("earlier_only", "012", "543"),
    ],
)
def test_before(before: Any, asc: str, desc: str) -> None:
    dialect = Dialect(before=before)
    assert numbers(page(dialect, limit=3, order="asc", before="step_6")) == asc
    assert numbers(page(dialect, limit=3, order="desc", before="step_6")) == desc


@pytest.mark.parametrize(
    ("after", "asc", "desc"),
    [
        ("exclusive", "678", "432"),
        ("inclusive", "567", "543"),
        ("ignored", "012", "987"),
        ("by_id", "678", "432"),
        ("wrong_side", "678", "987"),
    ],
)
def test_after(after: Any, asc: str, desc: str) -> None:
    dialect = Dialect(after=after)
    assert numbers(page(dialect, limit=3, order="asc", after="step_5")) == asc
    assert numbers(page(dialect, limit=3, order="desc", after="step_5")) == desc


def test_overlap_repeats_items_of_the_page_before_in_the_direction_of_the_walk() -> None:
    dialect = Dialect(overlap=2)
    assert numbers(page(dialect, limit=4, order="asc")) == "0123"
    assert numbers(page(dialect, limit=4, order="asc", after="step_3")) == "2345"
    assert numbers(page(dialect, limit=4, order="asc", before="step_6")) == "4567"


def test_both_cursors_can_be_refused() -> None:
    with pytest.raises(Refusal) as caught:
        page(DIALECTS["dashscope"], after="step_1", before="step_5")
    assert caught.value.status == 400


@pytest.mark.parametrize("cursor", ["after", "before"])
def test_unknown_cursor(cursor: str) -> None:
    for habit, status in (("not_found", 404), ("bad_request", 400)):
        with pytest.raises(Refusal) as caught:
            page(Dialect(unknown_cursor=habit), **{cursor: "step_x"})  # type: ignore[arg-type]
        assert (caught.value.status, caught.value.param) == (status, cursor)
        assert "step_x" in caught.value.message
    ignored = Dialect(unknown_cursor="ignored", before="window")
    assert numbers(page(ignored, limit=2, **{cursor: "step_x"})) == "98"
    assert numbers(page(Dialect(unknown_cursor="empty"), **{cursor: "step_x"})) == ""


def test_an_ignored_cursor_is_not_looked_up() -> None:
    dialect = Dialect(after="ignored", before="ignored")
    assert numbers(page(dialect, limit=2, after="step_x", before="step_y")) == "98"


@pytest.mark.parametrize(
    ("has_more", "head", "middle", "end", "before"),
    [
        # the first page, one of the middle, the last (full) one, and `before` in the middle
        ("directional", True, True, False, True),
        ("forward", True, True, False, True),
        ("window", True, True, False, False),
        ("full_page", True, True, True, True),
        ("inverted", False, False, True, False),
        ("always_with_before", True, True, False, True),
        ("always", True, True, True, True),
        ("never", False, False, False, False),
        ("null", None, None, None, None),
    ],
)
def test_has_more(has_more: Any, head: Any, middle: Any, end: Any, before: Any) -> None:
    dialect = Dialect(has_more=has_more)
    queries: tuple[dict[str, Any], ...] = (
        {},
        {"after": "step_2"},
        {"after": "step_6"},
        {"before": "step_6"},
    )
    said = [page(dialect, limit=3, order="asc", **query)["has_more"] for query in queries]
    assert said == [head, middle, end, before]


def test_has_more_at_the_cursor_of_the_head() -> None:
    said = {
        habit: page(Dialect(has_more=habit), order="asc", before="step_2")["has_more"]
        for habit in ("directional", "forward", "always_with_before", "inverted")
    }
    assert said == {
        "directional": False,
        "forward": True,
        "always_with_before": True,
        "inverted": True,
    }


def test_has_more_can_be_absent() -> None:
    assert "has_more" not in page(Dialect(has_more="absent"))


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("true", {"first_id": "step_9", "last_id": "step_8"}),
        ("last_only", {"last_id": "step_8"}),
        ("null", {"first_id": None, "last_id": None}),
        ("absent", {}),
        ("empty_text", {"first_id": "", "last_id": ""}),
        ("none_text", {"first_id": "none", "last_id": "none"}),
    ],
)
def test_ids(ids: Any, expected: dict[str, Any]) -> None:
    body = page(Dialect(ids=ids), limit=2)
    assert {name: body[name] for name in ("first_id", "last_id") if name in body} == expected


def test_unrelated_ids_are_of_no_step() -> None:
    body = page(Dialect(ids="unrelated"))
    assert not {body["first_id"], body["last_id"]} & {step["id"] for step in TEN}


def test_ids_of_an_empty_page() -> None:
    assert list_steps([], Query(), Dialect(empty_ids="empty_text"))["last_id"] == ""
    assert "last_id" not in list_steps([], Query(), Dialect(empty_ids="absent"))


def test_envelopes() -> None:
    assert page(Dialect(envelope="bare_array"), limit=1) == [TEN[9]]
    assert "object" not in page(Dialect(envelope="no_object"))
    nulls = Dialect(envelope="data_null_when_empty")
    assert list_steps([], Query(), nulls)["data"] is None
    assert numbers(page(nulls, limit=1)) == "9"
    assert page(Dialect(total="total_count"), limit=1)["total_count"] == 10


@pytest.mark.parametrize(("limit", "bound"), [(101, "<= 100"), (0, ">= 1"), (-3, ">= 1")])
def test_limit_out_of_range_is_refused(limit: int, bound: str) -> None:
    with pytest.raises(Refusal) as caught:
        page(limit=limit)
    assert caught.value.status == 400
    assert caught.value.param == "limit"
    assert bound in caught.value.message
    assert str(limit) in caught.value.message


def test_limit_out_of_range_capped_or_accepted() -> None:
    capped = Dialect(max_limit=4, limit_over="capped", limit_under="capped")
    assert numbers(page(capped, limit=5)) == "9876"
    assert numbers(page(capped, limit=0)) == "9"
    accepted = Dialect(max_limit=4, limit_over="accepted", limit_under="accepted")
    assert numbers(page(accepted, limit=5)) == "98765"
    assert page(accepted, limit=0)["data"] == []
    assert page(accepted, limit=0)["has_more"] is True
    assert page(accepted, limit=-2)["data"] == []


def test_ties() -> None:
    tied = [{"id": name, "created_at": 5} for name in "abc"]

    def order(ties: Any, direction: Any) -> str:
        body = list_steps(tied, Query(order=direction), Dialect(ties=ties))
        return "".join(step["id"] for step in body["data"])

    assert [order("reversed", "asc"), order("reversed", "desc")] == ["abc", "cba"]
    assert [order("same_order", "asc"), order("same_order", "desc")] == ["abc", "abc"]


def test_order_can_be_ignored() -> None:
    assert numbers(page(Dialect(order="ignored"), order="desc", limit=2)) == "01"


@pytest.mark.parametrize(
    ("order", "asc", "desc"),
    [("ignored", "0123", "0123"), ("newest_first", "9876", "9876"), ("stored", "3142", "3142")],
)
def test_one_order_for_both(order: Any, asc: str, desc: str) -> None:
    stored = [TEN[place] for place in (3, 1, 4, 2, 0, 9, 8, 7, 6, 5)]
    dialect = Dialect(order=order)
    assert numbers(list_steps(stored, Query(limit=4, order="asc"), dialect)) == asc
    assert numbers(list_steps(stored, Query(limit=4, order="desc"), dialect)) == desc
    behind = list_steps(stored, Query(limit=2, order="desc", after=f"step_{desc[1]}"), dialect)
    assert numbers(behind) == desc[2:]


def test_an_order_on_the_first_page_only() -> None:
    dialect = Dialect(order="first_page_only")
    assert numbers(page(dialect, limit=3, order="desc")) == "987"
    assert numbers(page(dialect, limit=3, order="desc", after="step_7")) == "89"


def test_an_unsteady_order_is_another_for_each_request_and_the_same_for_the_same() -> None:
    dialect = Dialect(order="unsteady")
    listed = [numbers(page(dialect, limit=limit)) for limit in (10, 20, 30, 40)]
    assert listed == [numbers(page(dialect, limit=limit)) for limit in (10, 20, 30, 40)]
    assert len({*listed, "9876543210", "0123456789"}) == 6
    assert {"".join(sorted(one)) for one in listed} == {"0123456789"}


def test_unstable_ties_are_sorted_anew_but_by_time() -> None:
    tied = [{"id": f"step_{n}", "created_at": n // 5} for n in range(10)]
    listed = {numbers(list_steps(tied, Query(limit=limit), Dialect(ties="unstable"))) for limit in (10, 20, 30, 40)}
    assert len(listed) > 1
    assert {"".join(sorted(one[:5])) + "".join(sorted(one[5:])) for one in listed} == {"5678901234"}


def test_a_replica_lags_in_one_order() -> None:
    assert numbers(page(Dialect(lag_asc=2), limit=3, order="asc", after="step_5")) == "67"
    assert numbers(page(Dialect(lag_asc=2), limit=3, order="desc")) == "987"
    assert numbers(page(Dialect(lag_desc=2), limit=3, order="desc")) == "765"
    with pytest.raises(Refusal):
        page(Dialect(lag_desc=2), order="desc", after="step_9")
    assert numbers(page(Dialect(lag_desc=99), order="desc")) == ""


@pytest.mark.parametrize(
    ("after", "asc", "desc"),
    [
        ("off_by_one", "456", "0"),
        ("from_time", "2345", "3210"),  # the cursor behind another step of its time
        ("later_only", "456", "10"),
    ],
)
def test_after_that_counts_wrong_or_compares_times(after: Any, asc: str, desc: str) -> None:
    steps = [{"id": f"step_{n}", "created_at": n - (n == 3)} for n in range(7)]

    def behind(order: Any) -> str:
        limit = len(asc if order == "asc" else desc)
        return numbers(list_steps(steps, Query(limit=limit, order=order, after="step_2"), Dialect(after=after)))

    assert (behind("asc"), behind("desc")) == (asc, desc)


def test_a_limit_that_is_ignored() -> None:
    body = page(Dialect(limit="ignored"), limit=2, order="asc", after="step_2")
    assert (numbers(body), body["has_more"]) == ("3456789", False)
    assert numbers(page(Dialect(limit="ignored"), limit=2, order="asc", before="step_4")) == "0123"


@pytest.mark.parametrize(
    ("habit", "capped", "at_default", "first", "last"),
    [
        # a page cut short by the server's own bound; at its default size, the first of two pages and the last
        ("full_page_as_asked", False, True, True, True),
        ("false_at_default_limit", False, False, False, False),
        ("unlike_default", False, False, False, True),
    ],
)
def test_has_more_that_lies_at_one_size_only(
    habit: Any, capped: bool, at_default: bool, first: bool, last: bool
) -> None:
    dialect = Dialect(has_more=habit, default_limit=4, max_limit=4, limit_over="capped")
    assert page(dialect, limit=8)["has_more"] is capped
    assert page(dialect, limit=4)["has_more"] is at_default
    assert page(dialect)["has_more"] is first
    assert page(dialect, limit=3, after="step_3")["has_more"] is last
    assert page(dialect, limit=3)["has_more"] is True


def test_tied_rows_get_lost_where_cursors_compare_ids() -> None:
    tied = [{"id": name, "created_at": 5} for name in "abcd"]
    dialect = DIALECTS["open_assistant_api"]
    first = list_steps(tied, Query(limit=2), dialect)
    second = list_steps(tied, Query(limit=2, after=first["last_id"]), dialect)
    assert [step["id"] for step in first["data"]] == ["a", "b"]
    assert [step["id"] for step in second["data"]] == ["a"]
    assert second["has_more"] is False


NAMED = {**DIALECTS, **HABITS}


@pytest.mark.parametrize("name", NAMED)
def test_every_named_dialect_lists_all_on_one_page(name: str) -> None:
    seen = numbers(list_steps(TEN, Query(limit=100, order="asc"), NAMED[name]))
    assert sorted(seen) == sorted("01234567" if name == "asc_lags" else "0123456789")
    if NAMED[name].order not in ("newest_first", "unsteady"):
        assert seen == "".join(sorted(seen))


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_one_departure_that_shows(name: str) -> None:
    """Some request over lists that do not flatter is answered otherwise than by the contract."""
    knobs = attrs.asdict(HABITS[name]).items() - attrs.asdict(Dialect()).items()
    beside = {"max_limit", "limit_over", "has_more"}  # a cap needs a bound, and a lie about it a second knob
    assert len({knob for knob, _ in knobs} - beside) <= 1
    steps = [{"id": f"s{n * 7 % 30:02}", "created_at": 100 + n // 2} for n in range(30)]
    cursors: list[dict[str, Any]] = [{}, *({side: at} for side in ("after", "before") for at in ("s07", "s16", "sx"))]
    queries = [
        Query(limit=limit, order=order, **cursor)
        for limit in (3, 20, 30, 100)
        for order in get_args(Order)
        for cursor in cursors
    ]
    assert any(answer(steps, query, HABITS[name]) != answer(steps, query, Dialect()) for query in queries)


def answer(steps: list[dict[str, Any]], query: Query, dialect: Dialect) -> Any:
    try:
        return list_steps(steps, query, dialect, now=999)
    except Refusal as refusal:
        return refusal.status


steps_lists = st.lists(st.integers(0, 6), max_size=12).map(
    lambda moments: [{"id": f"s{n}", "created_at": at} for n, at in enumerate(moments)]
)


@given(
    steps=steps_lists,
    limit=st.integers(1, 5),
    order=st.sampled_from(["asc", "desc"]),
    ties=st.sampled_from(["reversed", "same_order"]),
    before=st.sampled_from(["adjacent", "window"]),
)
def test_forward_pages_tile_the_list(
    steps: list[dict[str, Any]], limit: int, order: Any, ties: Any, before: Any
) -> None:
    dialect = Dialect(ties=ties, before=before)
    whole = list_steps(steps, Query(limit=100, order=order), dialect)["data"]
    assert sorted(s["id"] for s in whole) == sorted(s["id"] for s in steps)
    walked: list[Any] = []
    after = None
    more = True
    while more:
        body = list_steps(steps, Query(limit=limit, order=order, after=after), dialect)
        walked += body["data"]
        after, more = body["last_id"], body["has_more"]
    assert walked == whole


@given(
    steps=steps_lists.filter(bool),
    limit=st.integers(1, 5),
    order=st.sampled_from(["asc", "desc"]),
    ties=st.sampled_from(["reversed", "same_order"]),
)
def test_backward_pages_tile_the_list_of_an_adjacent_server(
    steps: list[dict[str, Any]], limit: int, order: Any, ties: Any
) -> None:
    dialect = attrs.evolve(DIALECTS["contract"], ties=ties)
    whole = list_steps(steps, Query(limit=100, order=order), dialect)["data"]
    walked: list[Any] = []
    before = whole[-1]["id"]
    more = True
    while more:
        body = list_steps(steps, Query(limit=limit, order=order, before=before), dialect)
        walked = body["data"] + walked
        before, more = body["first_id"], body["has_more"]
    assert walked == whole[:-1]
