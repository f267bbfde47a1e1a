from __future__ import annotations

from openai_steps._secrets import hide
from openai_steps._sending.identity import identify


def test_all_headers_are_plain_text_and_none_comes_twice() -> None:
    identity = identify(
        {"Authorization": hide("Bearer sk-1")}, headers={"authorization": hide("Other"), "X-A": "b"}, secrets=("sk-1",)
    )
    assert list(identity.headers.items()) == [("authorization", "Other"), ("X-A", "b")]
    assert {type(value) for value in identity.headers.values()} == {str}
    assert repr(identity) == "Identity()"
