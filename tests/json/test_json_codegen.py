"""Generated functions: what they make is what attrs would make, at less cost."""

from __future__ import annotations

import json
from typing import Any

import attrs
import msgspec
import pytest
from builders import step_body, tool_step_body

from openai_steps import (
    MessageCreation,
    MessageCreationDetails,
    PromptTokenDetails,
    RunStep,
    Usage,
    structure_step,
)
from openai_steps._json.codegen import Builders, Refused, open_class, take
from openai_steps._json.converter import converter
from openai_steps._json.shapes import shape_of

BUILDERS = Builders(converter())


def build(body: Any, cls: Any) -> Any:
    return BUILDERS.builder_of(cls)(msgspec.json.decode(json.dumps(body).encode(), type=shape_of(cls)))


def test_it_is_what_attrs_would_make() -> None:
    body = step_body(usage={"prompt_tokens": 1, "prompt_token_details": {"cached_tokens": 2}}, completed_at=-1)
    built = build(body, RunStep)
    assert type(built) is RunStep
    assert built == structure_step(body)
    assert attrs.asdict(built) == attrs.asdict(structure_step(body))
    assert (built.extra, built.problems, built.completed_at) == ({}, (), None)


def test_it_is_frozen_all_the_same() -> None:
    built = build({"message_id": "m"}, MessageCreation)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        built.message_id = "other"
    assert hash(built) == hash(MessageCreation(message_id="m"))


def test_an_open_class_has_the_same_layout() -> None:
    opened = open_class(MessageCreation)
    assert opened.__basicsize__ == MessageCreation.__basicsize__
    assert not hasattr(opened(), "__dict__")


def test_no_tokens_are_one_object() -> None:
    one, other = (build({"cached_tokens": 0}, PromptTokenDetails) for _ in range(2))
    assert one is other
    assert build({"cached_tokens": 1}, PromptTokenDetails) == PromptTokenDetails(cached_tokens=1)


def test_a_function_is_made_once() -> None:
    assert BUILDERS.builder_of(Usage) is BUILDERS.builder_of(Usage)
    assert BUILDERS.builder_of(Usage, (None, "usage")) is not BUILDERS.builder_of(Usage)


def test_details_wait() -> None:
    built = build(step_body(), RunStep)
    assert isinstance(built.step_details, MessageCreationDetails)
    call = {"id": "c", "type": "function", "function": {"name": 7}}
    (odd,) = build(tool_step_body(call), RunStep).tool_calls
    assert odd.problem.path == "$.step_details.tool_calls[0].function.name"


@pytest.mark.parametrize("text", [b"7", b"[]", b'"\xff"', b'{"a":"\xff"}', b"null"])
def test_a_call_that_is_no_object_or_no_utf_8_is_refused(text: bytes) -> None:
    with pytest.raises(Refused):
        take((msgspec.Raw(b"{}"), msgspec.Raw(text)))


def test_the_texts_of_calls_are_copies() -> None:
    page = '{"a": "ö"}'.encode()
    (text,) = take((msgspec.Raw(page),))
    assert (text, type(text)) == (page, bytes)
