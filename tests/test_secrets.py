from __future__ import annotations

import base64
import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks import printed

from openai_steps import (
    AsyncStepsClient,
    Endpoint,
)
from openai_steps._secrets import MASK, Hidden, hide, mask, mask_json, secrets_in, without_trace

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


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({"Authorization": "Bearer KEY"}, {"Bearer KEY", "KEY"}),
        ({"X-Access-Token": "token"}, {"token"}),
        ({"Cookie": "a=first; b=second"}, {"a=first; b=second", "b=second", "first", "second"}),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, {"Basic dXNlcjpwYXNz", "dXNlcjpwYXNz", "user:pass", "pass"}),
        ({"Authorization": "Basic nonsense!"}, {"Basic nonsense!", "nonsense!"}),
        ({"X-Team": "a1b2c3d4e5f6g7"}, {"a1b2c3d4e5f6g7"}),
        ({"X-Team": "production"}, set()),
        ({"X-Team": "team 7 of the north side"}, set()),
        ({"User-Agent": "openai-steps/0.1.0", "OpenAI-Beta": "assistants=v2", "Accept": "application/json;v=1"}, set()),
        ({"X-Request-ID": "123e4567-e89b-12d3-a456-426614174000"}, set()),
    ],
)
def test_what_must_not_be_shown_of_a_header(headers: dict[str, str], secrets: set[str]) -> None:
    assert set(secrets_in(headers)) == secrets


def test_a_stand_in_before_the_key_does_not_end_the_masking() -> None:
    assert mask(f"x and {SECRET}", ["x", "", "none", SECRET]) == "x and ***"


@given(st.integers(0, 1023))
def test_json_is_masked_however_deep(depth: int) -> None:
    body: Any = f"a {SECRET} b"
    for level in range(depth):
        body = [body] if level % 2 else {SECRET: body, "n": level}
    masked = mask_json(body, [SECRET])
    texts = 0
    while not isinstance(masked, str):
        assert SECRET not in masked
        masked, texts = masked[0] if isinstance(masked, list) else masked["***"], texts + 1
    assert (masked, texts) == ("a *** b", depth)


def test_json_without_secrets_is_left_as_it_is() -> None:
    body: Any = {"a": [1, None, True, 2.5, "text", {"b": {}}]}
    assert mask_json(body, []) is body
    assert mask_json(copy.deepcopy(body), [SECRET]) == body
    assert mask_json(None, [SECRET]) is None


class NoisyError(Exception):
    """Fails."""


def test_a_call_without_trace_leaves_neither_frames_nor_context() -> None:
    @without_trace
    def call(secret: str, *, again: str) -> None:
        try:
            int(secret + again)
        except ValueError as error:
            raise NoisyError("told") from error

    with pytest.raises(NoisyError, match="told") as caught:
        call(SECRET, again=SECRET)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert SECRET not in printed(caught.value)
    assert call.__name__ == "call"


def test_a_call_without_trace_returns_what_it_returns() -> None:
    assert without_trace(len)([1, 2]) == 2


keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8)


@given(st.text(), st.lists(keys, max_size=3))
def test_mask_leaves_no_secret(text: str, secrets: list[str]) -> None:
    text = text.join(["", *secrets, ""])
    masked = mask(text, secrets)
    assert not any(secret in masked for secret in secrets if "***" not in secret)
    assert mask(text, []) == text


@pytest.mark.parametrize(("secret", "shown"), [("12345", "a 12345 b"), ("123456", "a *** b")])
def test_what_is_six_characters_long_is_masked(secret: str, shown: str) -> None:
    assert mask(f"a {secret} b", [secret]) == shown


def test_text_that_is_no_text_is_masked_as_well() -> None:
    """Half a surrogate pair is in what Python reads of an environment whose bytes are not UTF-8."""
    secret = "sk-\udcff-5ecret"
    assert mask(f"a {secret} b", [secret]) == "a *** b"
    assert mask("a sk-\\udcff-5ecret b", [secret]) == "a *** b"


def test_secrets_that_can_be_looked_at_only_once_are_masked_everywhere() -> None:
    told = mask_json({"a": [f"x {SECRET}"], SECRET: f"{SECRET} y"}, iter([SECRET]))
    assert told == {"a": ["x ***"], "***": "*** y"}


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("behind", range(4))
@pytest.mark.parametrize("secret", ["123456", "1234567", "12345678", "sk-ÿ-5ecret"])
def test_base64_shows_no_more_of_it_than_what_its_neighbours_share(secret: str, before: int, behind: int) -> None:
    """The characters at its ends hold bits of what stands beside, so that they stay; there are two at the most."""
    content = b"b" * before + secret.encode() + b"e" * behind
    whole = base64.b64encode(content).decode()
    shown = mask(whole, [secret])
    left, _, right = shown.partition("***")
    assert shown != whole
    assert left == whole[: len(left)]
    assert len(left) - before * 8 // 6 in (0, 1, 2)
    assert len(right.rstrip("=")) - behind * 8 // 6 in (0, 1, 2)


@pytest.mark.parametrize("spelt", [json.dumps, lambda key: json.dumps(json.dumps(key)[1:-1])], ids=["JSON", "in JSON"])
def test_json_spells_a_secret_s_rare_characters_in_two_halves(spelt: Callable[[str], str]) -> None:
    assert mask(spelt("\U0001f511-se\u00e9ret"), ["\U0001f511-se\u00e9ret"]) == f'"{MASK}"'
