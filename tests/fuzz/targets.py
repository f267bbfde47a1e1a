"""What is fuzzed: each takes any bytes, and must return or raise as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from openai_steps import (
    APIStatusError,
    Endpoint,
    ResponseDecodeError,
    Run,
    RunStep,
    StepPage,
    dumps,
    structure_step,
    unstructure,
)
from openai_steps._http.replies import Reply, check_status, read_reply
from openai_steps._http.requests import Request
from openai_steps._http.retry_after import retry_after
from openai_steps._json.converter import structure
from openai_steps._sending.retry import is_transient

T = TypeVar("T")
SECRET = "sk-5ecret-5ecret-5ecret"
REQUEST = Request("http://host/v1/threads/t/runs/r/steps", "/threads/t/runs/r/steps")
ENDPOINT = Endpoint.compatible("http://host/v1")


def page(data: bytes) -> None:
    """A body becomes a page that can be written and read again, or an error."""
    value = _read(data, StepPage)
    if value is not None:
        repr(value)
        with suppress(_TooDeep):
            assert structure(_written(value), StepPage) == value


def step(data: bytes) -> None:
    """The same for a step."""
    value = _read(data, RunStep)
    if value is not None:
        with suppress(_TooDeep):
            assert structure_step(_written(value)) == value


def run(data: bytes) -> None:
    """A body becomes a run, or an error."""
    _read(data, Run)


def _read(data: bytes, kind: type[T]) -> T | None:
    try:
        return read_reply(Reply(200, {}, data), kind, request=REQUEST)
    except ResponseDecodeError as error:
        _check_decode_error(error)
    except APIStatusError as error:
        _check_that_the_body_is_an_error(error)
    return None


def _check_that_the_body_is_an_error(error: APIStatusError) -> None:
    assert error.status == 200
    assert isinstance(error.body, dict)


def error_body(data: bytes) -> None:
    """The body of an error becomes an APIStatusError, in which the secret is not told."""
    status = 300 + (data[0] if data else 0)
    for body in (data, data + SECRET.encode() + data):
        reply = Reply(status, {"X-Request-Id": SECRET}, body, (SECRET,))
        with pytest.raises(APIStatusError) as caught:
            check_status(reply, request=REQUEST, endpoint=ENDPOINT, now=datetime.now(UTC))
        assert caught.value.status == status
        for text in (str(caught.value), repr(caught.value.__dict__)):
            assert SECRET not in text
        is_transient(caught.value)


def hint(data: bytes) -> None:
    """Headers and sentences of any text ask for a sensible time, or for nothing."""
    text = data.decode("latin-1")
    for headers, message in (({"retry-after": text}, ""), ({"retry-after-ms": text, "date": text}, ""), ({}, text)):
        seconds = retry_after(headers, message, now=datetime(2026, 1, 1, tzinfo=UTC))
        assert seconds is None or 0 <= seconds <= 86_400


class _TooDeep(Exception):
    """What came is nested too deeply to be written again."""


def _written(value: StepPage | RunStep) -> dict[str, Any]:
    try:
        dumps(value)
        return unstructure(value)
    except ValueError as error:
        if "nested too deeply" in str(error):
            raise _TooDeep from None
        raise


def _check_decode_error(error: ResponseDecodeError) -> None:
    assert error.path.startswith("$")
    assert REQUEST.path in str(error)
    assert len(str(error)) < 10_000


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (page, step, run, error_body, hint)
}
CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "wire").glob("*.json"))]
"""Bodies recorded from servers."""

DICTIONARY = [
    *[b'"id"', b'"data"', b'"type"', b'"error"', b'"message"', b'"step_details"', b'"tool_calls"', b'"created_at"'],
    *[
        b"null",
        b"true",
        b"-1",
        b"1e308",
        b"NaN",
        b'"\\ud800"',
        b"\xff",
        b"{}",
        b"[]",
        b"{",
        b"[",
        b"}",
        b"]",
        b'"',
        b",",
    ],
    *[b"99999999999999999999", b'{"error":', b'{"detail":', b"<html>", b"0", b"\\", b"\n"],
]
