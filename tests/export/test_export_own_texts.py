"""Texts are kept until they are taken, once, as the server sent them."""

from typing import Any

import pytest

from openai_steps import structure_page
from openai_steps._http.replies import Reply
from openai_steps.archive._redact import Redaction
from openai_steps.export._own_texts import Texts

STEP = {"id": "s", "thread_id": "t", "run_id": "r", "assistant_id": "a", "created_at": 1, "step_details": {"type": "x"}}


def page(*raw: bytes) -> Any:
    from attrs import evolve

    return evolve(structure_page({"data": [STEP] * len(raw)}), raw=raw)


def test_a_text_is_taken_once() -> None:
    texts = Texts(Redaction(()))
    found = page(b'{"older": 1}', b'{"id": "s" , "x": 1e2}')
    texts.note(Reply(200, {}, b""), found)
    assert texts.take(found.data[0]) == ("s", b'{"id": "s" , "x": 1e2}')
    with pytest.raises(KeyError):
        texts.take(found.data[0])


def test_an_echoed_key_is_masked_and_counted() -> None:
    texts = Texts(Redaction(()))
    found = page(b'{"id": "s", "echo": "sk-\\u0073ecret-key"}')
    texts.note(Reply(200, {}, b"", ("sk-secret-key",)), found)
    assert texts.take(found.data[0])[1] == b'{"id": "s", "echo": "***"}'
    assert texts.masked == 1
