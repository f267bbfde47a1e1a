"""What may be passed, and what is refused before any request."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks import printed

from openai_steps import (
    Endpoint,
)
from openai_steps._arguments import (
    ArgumentError,
    check_bound,
    check_count,
    check_headers,
    check_id,
    check_list,
    check_name,
    check_order,
    check_page_size,
    check_positive,
    check_value,
    read_page_size,
)
from openai_steps._http.requests import Request, list_request, run_request, step_request

BASE = "https://host.test/v1"


SERVER = Endpoint.compatible(BASE)


NO_IDS: list[Any] = ["", ".", "..", None, 7, b"step", [], "a" * 1025, "\ud800"]


@pytest.mark.parametrize("value", NO_IDS, ids=lambda value: repr(value)[:20])
def test_what_is_no_id_is_refused_by_name(value: Any) -> None:
    requests: dict[str, Callable[[], Request]] = {
        "thread_id": lambda: run_request(SERVER, value, "r"),
        "run_id": lambda: list_request(SERVER, "t", value),
        "step_id": lambda: step_request(SERVER, "t", "r", value),
    }
    for name, build in requests.items():
        with pytest.raises(ValueError, match=f"^{name} "):
            build()
    for name in ("after", "before") if value is not None else ():
        cursor: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            list_request(SERVER, "t", "r", **cursor)
        assert len(str(caught.value)) < 100


@given(st.text(st.characters(), max_size=1100))
def test_check_id_returns_the_id_or_refuses(text: str) -> None:
    """Lone surrogates included."""
    if text in ("", ".", "..") or len(text) > 1024 or re.search("[\ud800-\udfff]", text):
        with pytest.raises(ValueError, match=r"^after "):
            check_id("after", text)
    else:
        assert check_id("after", text) == text


@pytest.mark.parametrize("limit", [0, -1, 101, 10**30, 1.0, True, "20", [], float("nan")])
def test_limits_that_no_server_takes(limit: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^page_size must be a whole number from 1 to 100, not"):
        check_page_size("page_size", limit)
    with pytest.raises(ValueError, match=r"^limit must be a whole number from 1 to 100, not"):
        list_request(SERVER, "t", "r", limit=limit)


@given(st.integers(1, 100))
def test_limits_that_servers_take(limit: int) -> None:
    assert list_request(SERVER, "t", "r", limit=limit).url.endswith(f"?limit={limit}")


@given(st.integers(1, 100) | st.text() | st.integers().map(str))
def test_a_page_size_in_text_is_read_or_refused(given: Any) -> None:
    text = str(given)
    if re.fullmatch("0{0,2}[1-9]|0?[1-9][0-9]|100", text):
        assert read_page_size("limit", text) == int(text)
    else:
        with pytest.raises(ArgumentError, match=r"^limit must be a whole number from 1 to 100, not") as caught:
            read_page_size("limit", text)
        assert len(str(caught.value)) < 800  # \\U0001f511, 64 times


NUMBERS: Any = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))


@given(NUMBERS)
def test_what_counts_is_a_whole_number_above_0(number: Any) -> None:
    is_positive = type(number) is int and number > 0
    for check, good in ((check_positive, is_positive), (check_count, is_positive or number is None)):
        if good:
            check("concurrency", number)
        else:
            with pytest.raises(ArgumentError, match=r"^concurrency must be a whole number above 0"):
                check("concurrency", number)


@given(NUMBERS)
def test_a_bound_is_a_number_above_0_or_none(number: Any) -> None:
    if number is None or (type(number) in (int, float) and number > 0):
        check_bound("max_duration", number)
    else:
        with pytest.raises(ArgumentError, match=r"^max_duration must be a number above 0, or None, not"):
            check_bound("max_duration", number)


def test_one_text_is_no_list() -> None:
    check_list("runs", ["run_1"], "ids")
    with pytest.raises(ArgumentError, match=r"^runs must be a list of ids: write \['run_1'\]\.$"):
        check_list("runs", "run_1", "ids")


@pytest.mark.parametrize("order", ["", "ASC", "ascending", 1, True, [], {}])
def test_orders_that_are_none(order: Any) -> None:
    with pytest.raises(ValueError, match=r"^order must be 'asc' or 'desc', not"):
        list_request(SERVER, "t", "r", order=order)
    with pytest.raises(ValueError, match="order"):
        check_order(order)


@pytest.mark.parametrize("include", ["name", [""], [7], [None], ["a", b"b"]])
def test_includes_that_are_none(include: Any) -> None:
    with pytest.raises(ValueError, match=r"^include must be a list of names"):
        list_request(SERVER, "t", "r", include=include)


SECRET = "sk-5ecret-5ecret-5ecret"


BREAKERS = ["\r\nX-Evil: 1", "\n", "\r", "\0", "\x0b", "\x7f", "\u2028", "ä"]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_what_a_header_can_carry_is_taken(value: str) -> None:
    assert check_headers({"X-Team": value}) == {"X-Team": value}


@pytest.mark.parametrize("breaker", BREAKERS)
@pytest.mark.parametrize("where", ["name", "value"])
def test_what_breaks_out_of_a_header_is_refused_and_not_told(where: str, breaker: str) -> None:
    bad = {"X-Team" + breaker: "a"} if where == "name" else {"X-Team": SECRET + breaker}
    with pytest.raises(ValueError, match="header") as caught:
        check_headers(bad)
    assert SECRET not in printed(caught.value)


@pytest.mark.parametrize("name", ["", " ", "X Team", "X:Team", None, 5])
def test_what_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        check_name(name)


@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be text"):
        check_value("the header X", value)


def test_an_argument_s_error_can_be_copied_and_pickled() -> None:
    error = ArgumentError("limit", "must be 1 or more, not 0.")
    assert str(pickle.loads(pickle.dumps(error))) == str(copy.copy(error)) == "limit must be 1 or more, not 0."
