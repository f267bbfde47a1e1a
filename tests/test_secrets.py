from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import (
    AsyncStepsClient,
    Endpoint,
)
from openai_steps._secrets import Hidden, hide, mask, secrets_in

SECRET = "sk-5ecret-5ecret-5ecret"


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


keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8)


@given(st.text(), st.lists(keys, max_size=3))
def test_mask_leaves_no_secret(text: str, secrets: list[str]) -> None:
    text = text.join(["", *secrets, ""])
    masked = mask(text, secrets)
    assert not any(secret in masked for secret in secrets if "***" not in secret)
    assert mask(text, []) == text
