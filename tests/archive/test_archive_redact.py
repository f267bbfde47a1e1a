"""Values are taken out by their paths, and nothing else is touched."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps.archive._redact import Redaction

BODY = {
    "metadata": {"email": "ada@example.com", "e-mail": "x", "team": "a"},
    "content": [{"text": {"value": "secret"}}, {"text": {"value": "more"}}],
    "calls": [{"function": {"arguments": "{}"}}, {"deep": [{"arguments": "[]"}]}],
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("$.metadata.email", {"ada@example.com"}),
        ("$['metadata']['e-mail']", {"x"}),
        ("$.metadata.*", {"ada@example.com", "x", "a"}),
        ("$.content[*].text.value", {"secret", "more"}),
        ("$.content[1].text.value", {"more"}),
        ("$..arguments", {"{}", "[]"}),
        ("$..value", {"secret", "more"}),
        ("$.none", set()),
        ("$.nothing.there", set()),
        ("$.content[7].text", set()),
        ("$.metadata[0]", set()),
    ],
)
def test_paths(path: str, gone: set[str]) -> None:
    data = json.dumps(BODY, indent=2).encode()
    left = Redaction([path]).apply(data)
    texts = {"ada@example.com", "x", "a", "secret", "more", "{}", "[]"}
    assert {text for text in texts if json.dumps(text) not in left.decode()} == gone
    if not gone:
        assert left == data


@pytest.mark.parametrize(
    "path", ["", "$", "metadata", "$.", "$.a b", "$[", "$[-1]", "$.a[?(@.b)]", "$a", "$.a..", "x$.a"]
)
def test_other_forms_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a JSON path"):
        Redaction([path])


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@given(values)
def test_what_is_taken_out_is_gone_and_twice_is_once(value: Any) -> None:
    data = json.dumps({"a": value}).encode()
    redaction = Redaction(["$..b"])
    left = redaction.apply(data)
    assert redaction.apply(left) == left

    def has_b(one: Any) -> bool:
        if isinstance(one, dict):
            return any((key == "b" and v not in (None, "[redacted]")) or has_b(v) for key, v in one.items())
        return isinstance(one, list) and any(map(has_b, one))

    assert not has_b(json.loads(left))
