"""What callers get of a server's answers and errors."""

from __future__ import annotations

import json

import pytest

from openai_steps import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    PaginationError,
    ResponseDecodeError,
    ResponseTooLargeError,
    StepsError,
)
from openai_steps._http.replies import Reply
from openai_steps.gateway._answer import answer_of_error, answer_of_reply
from openai_steps.gateway._rejection import Rejection

SECRET = "sk-secret/+key"


def test_the_bytes_of_a_good_answer_are_the_servers_own() -> None:
    body = b'{"b": 1.0, "a": 12345678901234567890, "a": 2,\n "c": "\\u00e9"}'
    assert answer_of_reply(Reply(200, {}, body, (SECRET,))).body == body


def test_bytes_that_are_no_utf8_come_through_too() -> None:
    assert answer_of_reply(Reply(200, {}, b'{"a": "\xff\xfe"}', (SECRET,))).body == b'{"a": "\xff\xfe"}'


@pytest.mark.parametrize("spelt", [SECRET, "sk-secret%2F%2Bkey", "sk-secret\\/+key"])
def test_a_key_that_is_echoed_is_masked(spelt: str) -> None:
    reply = Reply(
        200, {"x-request-id": f"r-{spelt}", "x-ratelimit-key": spelt}, f'{{"a": "{spelt}"}}'.encode(), (SECRET,)
    )
    answer = answer_of_reply(reply)
    assert answer.body == b'{"a": "***"}'
    assert answer.headers["x-request-id"] == "r-***"
    assert answer.headers["x-ratelimit-key"] == "***"


@pytest.mark.parametrize("body", [b"", b"  ", b"<html>", b"ok", b'"text"', b"\xef\xbb\xbf{}"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Rejection) as caught:
        answer_of_reply(Reply(200, {}, body))
    assert (caught.value.status, caught.value.code) == (502, "upstream")


def test_only_some_headers_come_through() -> None:
    upstream = {
        "X-Request-Id": "req_1",
        "X-RateLimit-Remaining": "7",
        "OpenAI-Processing-Ms": "12",
        "Retry-After": "3",
        "retry-after-ms": "3000",
        "x-should-retry": "true",
        "Set-Cookie": "a=b",
        "Location": "http://evil",
        "Access-Control-Allow-Origin": "*",
        "Content-Type": "text/html",
        "Server": "nginx/1",
        "Connection": "close",
        "Transfer-Encoding": "chunked",
        "Content-Encoding": "gzip",
        "x-ratelimit-odd": "a\x7fb",
    }
    headers = answer_of_reply(Reply(200, upstream, b"{}")).headers
    assert dict(headers) == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Vary": "Origin",
        "X-Content-Type-Options": "nosniff",
        "x-request-id": "req_1",
        "x-ratelimit-remaining": "7",
        "openai-processing-ms": "12",
        "retry-after": "3",
        "retry-after-ms": "3000",
        "x-should-retry": "true",
    }


def status_error(status: int, body: object, **more: str) -> APIStatusError:
    return APIStatusError("the client's words", status=status, headers=more, body=body, code="c", type="t", param="p")


def test_an_error_keeps_status_body_and_retry_after() -> None:
    body = {"error": {"message": "slow down", "type": "t", "code": "rate_limit_exceeded", "more": [1]}, "also": 2}
    answer = answer_of_error(status_error(429, body, **{"retry-after": "7", "set-cookie": "a"}))
    assert answer.status == 429
    assert json.loads(answer.body) == body
    assert answer.headers["retry-after"] == "7"
    assert "set-cookie" not in answer.headers
    assert answer.code == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"message": "no", "code": "Gone", "request_id": "r"}, {"message": "no", "code": "Gone", "param": None}),
        ({"detail": "Not Found"}, {"message": "Not Found", "code": None}),
        ("<html>nginx</html>", {"message": "nginx", "code": None}),
        ("", {"message": "the client's words"}),
        (None, {"message": "the client's words"}),
        ([1], {"message": "[1]"}),
        ({"error": "text"}, {"message": "text", "type": "invalid_request_error"}),
    ],
)
def test_errors_of_other_shapes_take_openais(body: object, error: dict[str, object]) -> None:
    answer = answer_of_error(status_error(404, body))
    assert answer.status == 404
    assert error.items() <= json.loads(answer.body)["error"].items()


@pytest.mark.parametrize(
    ("error", "status", "code", "repeats"),
    [
        (status_error(401, {"error": {"message": "wrong key"}}), 502, "upstream_credentials", False),
        (status_error(302, ""), 502, "upstream", False),
        (APITimeoutError("late"), 504, "upstream_timeout", True),
        (APIConnectionError("gone"), 502, "upstream", True),
        (APIConnectionError("certificate", transient=False), 502, "upstream", False),
        (ResponseTooLargeError("big"), 502, "upstream_too_large", False),
        (ResponseDecodeError("odd", request_id="req_7"), 502, "upstream", False),
        (PaginationError("pages"), 502, "upstream_paging", False),
    ],
)
def test_whose_fault_it_is(error: StepsError, status: int, code: str, *, repeats: bool) -> None:
    answer = answer_of_error(error)
    assert (answer.status, answer.code) == (status, code)
    assert json.loads(answer.body)["error"]["code"] == code
    assert (answer.headers.get("x-should-retry") == "false") is not repeats
    if isinstance(error, ResponseDecodeError) and error.request_id:
        assert answer.headers["x-request-id"] == "req_7"
