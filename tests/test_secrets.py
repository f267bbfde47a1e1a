from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks import printed

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps._arguments import check_headers, check_name, check_value
from openai_steps._secrets import Hidden, hide, secrets_in

SECRET = "sk-5ecret-5ecret-5ecret"
BREAKERS = ["\r\nX-Evil: 1", "\n", "\r", "\0", "\x0b", "\x7f", "\u2028", "ä"]


def test_hidden_text_is_text_that_does_not_show_itself() -> None:
    hidden = hide(SECRET)
    assert isinstance(hidden, Hidden)
    assert (hidden, str(hidden), f"{hidden}", len(hidden)) == (SECRET, SECRET, SECRET, len(SECRET))
    assert hash(hidden) == hash(SECRET)
    for shown in (repr(hidden), repr({"key": hidden}), repr([hidden]), f"{hidden!r}"):
        assert SECRET not in shown
    for again in (copy.deepcopy(hidden), pickle.loads(pickle.dumps(hidden)), hide(hidden)):
        assert again == SECRET
        assert SECRET not in repr(again)
    assert hide(None) is None
    assert hide(5) == 5


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
    with pytest.raises(ValueError, match="can not be called"):
        check_name(name)


@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be text"):
        check_value("the header X", value)


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: AsyncStepsClient(Endpoint.compatible("http://h/v1"), headers={"X-Team": bad}),
        lambda bad: AsyncStepsClient(Endpoint.compatible("http://h/v1"), headers={bad: "x"}),
        lambda bad: Endpoint.compatible("http://h/v1", headers={"X-Team": bad}),
        lambda bad: Endpoint.compatible("http://h/v1", key_header=bad),
        lambda bad: Endpoint.compatible("http://h/v1", key_prefix=bad),
        lambda bad: Endpoint.openai(api_key="k", organization=bad),
        lambda bad: Endpoint.openai(api_key="k", project=bad),
        lambda bad: Endpoint.dashscope(api_key="k", workspace=bad),
    ],
)
@pytest.mark.parametrize("breaker", ["\r\nX-Evil: 1", "\nA", "\0"])
def test_every_way_for_a_header_in_is_guarded(make: Any, breaker: str) -> None:
    with pytest.raises(ValueError, match=r"header|key_prefix"):
        make(f"a{breaker}b")


def test_the_headers_that_carry_secrets_are_known_by_name() -> None:
    headers = {"Authorization": "a", "api-key": "b", "X-Auth-Token": "c", "Cookie": "d", "X-Team": "e", "X-Key": ""}
    assert secrets_in(headers) == ("a", "b", "c", "d")
