"""The strict readers of JSON's leaves."""

from datetime import UTC, datetime
from typing import Any

import pytest
from builders import json_values
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import Misfit, RunStep
from openai_steps._json import scalars
from openai_steps._json.scalars import Mismatch

READERS = {
    scalars.text: str,
    scalars.whole_number: int,
    scalars.number: float,
    scalars.boolean: bool,
    scalars.json_object: dict,
}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@given(value=json_values.filter(lambda value: value != [] and not (isinstance(value, float) and value.is_integer())))
def test_takes_its_own_type_and_refuses_all_others(reader: Any, value: Any) -> None:
    kind = READERS[reader]
    if type(value) is kind or (kind is float and type(value) is int):
        assert reader(value) == value
        assert type(reader(value)) is kind
    else:
        with pytest.raises(Mismatch) as caught:
            reader(value, ((None, "data"), 3))
        assert caught.value.value is value
        assert caught.value.path == "$.data[3]"
        assert caught.value.misfit == Misfit("$.data[3]", str(caught.value))


@pytest.mark.parametrize("value", [12.0, 1e15, -3.0])
def test_a_whole_number_may_be_written_as_lua_does(value: float) -> None:
    assert scalars.whole_number(value) == value
    assert type(scalars.whole_number(value)) is int


@pytest.mark.parametrize("value", [0.5, float("inf"), float("nan")])
def test_no_other_float_is_a_whole_number(value: float) -> None:
    with pytest.raises(Mismatch):
        scalars.whole_number(value)


def test_an_empty_object_may_be_written_as_php_does() -> None:
    assert scalars.json_object([]) == {}
    assert scalars.text_or_object([]) == {}


def test_a_whole_number_too_big_for_a_float_is_a_mismatch() -> None:
    with pytest.raises(Mismatch):
        scalars.number(10**400)


@pytest.mark.parametrize(
    ("wire", "moment"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1700000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1700000000.25, datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)),
        (1712909007434, datetime(2024, 4, 12, 8, 3, 27, 434_000, UTC)),
        ("2024-04-12T08:03:27Z", datetime(2024, 4, 12, 8, 3, 27, tzinfo=UTC)),
        ("2024-04-12T10:03:27+02:00", datetime(2024, 4, 12, 8, 3, 27, tzinfo=UTC)),
        ("2024-04-12T08:03:27.5", datetime(2024, 4, 12, 8, 3, 27, 500_000, UTC)),
        ("2024-04-12 08:03:27", datetime(2024, 4, 12, 8, 3, 27, tzinfo=UTC)),
    ],
)
def test_time_in_all_spellings(wire: Any, moment: datetime) -> None:
    assert scalars.time(wire) == moment
    assert scalars.time(wire).tzinfo is UTC


@pytest.mark.parametrize(
    "wire",
    [
        *[True, "", "soon", "1700000000", {}, [], None],
        *[10**18, -(10**18), 1e300, float("nan"), float("inf"), 10**400],
        *["2024-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "\ud800"],
    ],
    ids=repr,
)
def test_time_refuses(wire: Any) -> None:
    with pytest.raises(Mismatch, match=r"a (time|number)"):
        scalars.time(wire)


@pytest.mark.parametrize("unset", [-1, -1.0])
def test_minus_one_is_no_time(unset: Any) -> None:
    assert scalars.time_or_unset(unset) is None
    assert scalars.time_or_unset(0) == datetime(1970, 1, 1, tzinfo=UTC)


def moments(last: datetime) -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(1970, 1, 1), last, timezones=st.just(UTC))


@given(moments(datetime(2100, 1, 1)))
def test_a_time_written_is_read_as_the_same_time(moment: datetime) -> None:
    assert scalars.time(scalars.seconds(moment)) == moment


@given(moments(datetime(9999, 12, 31, 23, 59, 59)))
def test_a_far_time_written_is_read_as_the_same_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert scalars.time(scalars.seconds(moment)) == moment


def test_whole_seconds_are_written_whole() -> None:
    assert repr(scalars.seconds(datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))) == "1700000000"
    assert repr(scalars.seconds(datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC))) == "1700000000.5"


@given(st.lists(st.integers(0, 99) | st.sampled_from(["data", "created_at"])))
def test_a_mismatch_tells_its_way(keys: list[int | str]) -> None:
    way: Any = RunStep  # cattrs passes the type
    for key in keys:
        way = (way, key)
    path = "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    assert Mismatch("text", 7, way).path == path
