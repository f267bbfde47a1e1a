"""The tree of errors."""

import copy
import pickle
import re
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    RateLimitError,
    ResponseDecodeError,
    ResponseTooLargeError,
    StepsError,
    UnprocessableEntityError,
    _errors,
)

CLASSES = [value for value in vars(_errors).values() if isinstance(value, type) and issubclass(value, StepsError)]
STATUS_FIELDS: dict[str, Any] = {
    "status": 429,
    "code": "c",
    "type": "t",
    "param": "p",
    "request_id": "req_1",
    "headers": {"retry-after": "7"},
    "body": {"error": {"message": "m"}},
    "retry_after": 7.0,
}


def make(kind: type[StepsError]) -> StepsError:
    if issubclass(kind, APIStatusError):
        return kind("slow down", **STATUS_FIELDS)
    if issubclass(kind, ResponseDecodeError):
        return kind("no page", path="$.data", body=b"{}", request_id="req_1")
    if issubclass(kind, APIConnectionError):
        return kind("no answer", transient=False)
    return kind("what happened")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
class TestEachError:
    def test_comes_through_pickle_and_copy_whole(self, kind: type[StepsError]) -> None:
        error = make(kind)
        error.resume_at(after="step_1", before=None)
        copies = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for other in (*copies, copy.copy(error), copy.deepcopy(error)):
            assert type(other) is kind
            assert other.args == error.args
            assert vars(other) == vars(error)
            assert "step_1" in "".join(traceback.format_exception(other))

    def test_says_what_happened(self, kind: type[StepsError]) -> None:
        error = make(kind)
        assert str(error) == error.message
        assert isinstance(error, StepsError)
        assert (error.resume_after, error.resume_before) == (None, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        *((status, InternalServerError) for status in (500, 501, 502, 503, 504, 529, 599, 999)),
        *((status, APIStatusError) for status in (100, 199, 300, 302, 308, 402, 405, 408, 410, 418, 451, 499)),
    ],
)
def test_the_class_for_a_status(status: int, kind: type[APIStatusError]) -> None:
    assert _errors.error_class(status) is kind


@given(st.integers(300, 999))
def test_every_status_has_a_class(status: int) -> None:
    assert issubclass(_errors.error_class(status), APIStatusError)


def test_a_status_error_tells_all() -> None:
    error = RateLimitError("slow down", **STATUS_FIELDS)
    assert {name: getattr(error, name) for name in STATUS_FIELDS} == STATUS_FIELDS


def test_headers_are_a_dict_of_the_error_s_own() -> None:
    headers = {"a": "b"}
    error = NotFoundError("gone", status=404, headers=headers)
    headers["a"] = "c"
    assert error.headers == {"a": "b"}
    assert NotFoundError("gone", status=404).headers == {}


@pytest.mark.parametrize(
    ("after", "before", "note"),
    [
        ("step_1", None, "The walk can be continued with after='step_1'."),
        (None, "step_2", "The walk can be continued with before='step_2'."),
        ("step_1", "step_2", "The walk can be continued with after='step_1', before='step_2'."),
    ],
)
def test_a_walk_s_error_says_how_to_go_on(after: str | None, before: str | None, note: str) -> None:
    error = PaginationError("lost")
    error.resume_at(after=after, before=before)
    assert (error.resume_after, error.resume_before) == (after, before)
    assert error.__notes__ == [note]


def test_a_walk_that_has_not_begun_needs_no_note() -> None:
    error = PaginationError("lost")
    error.resume_at(after=None, before=None)
    assert not hasattr(error, "__notes__")


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert _errors.__doc__ is not None
    drawn: dict[str, str] = {}
    branch: list[str] = []
    for line in _errors.__doc__.splitlines():
        if found := re.match(r"    ([│├└─ ]*)(\w+Error)\b", line):
            depth = len(found[1]) // 4
            branch[depth:] = [found[2]]
            drawn[found[2]] = branch[depth - 1] if depth else "Exception"
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in CLASSES}


@pytest.mark.parametrize(("status", "kind"), _errors.STATUS_ERRORS.items())
def test_the_tree_tells_the_statuses(status: int, kind: type[APIStatusError]) -> None:
    assert _errors.__doc__ is not None
    assert re.search(rf"{kind.__name__}\s+{status}$", _errors.__doc__, re.MULTILINE)


def test_a_timeout_may_be_tried_again_unless_told_otherwise() -> None:
    assert APITimeoutError("late").transient
    assert not APIConnectionError("certificate", transient=False).transient


def test_a_body_too_large_is_a_body_that_cannot_be_decoded() -> None:
    error = ResponseTooLargeError("big")
    assert (error.path, error.body, error.request_id) == ("$", None, None)
