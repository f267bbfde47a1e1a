"""What an error body tells, in every shape that servers give it."""

import sys
from typing import Any

import orjson
import pytest
from builders import json_values
from http_samples import judge
from hypothesis import given
from hypothesis import strategies as st
from thread_bodies import recorded_threads

from openai_steps._http.error_bodies import ErrorBody, gist, read_error_body

NOTHING = ErrorBody()


SHAPES: list[tuple[Any, ErrorBody]] = [
    (
        {"error": {"message": "m", "type": "t", "param": "p", "code": "c"}},
        ErrorBody(message="m", type="t", param="p", code="c"),
    ),
    ({"error": {"message": None, "type": None, "param": None, "code": None}}, NOTHING),
    ({"error": {}}, NOTHING),
    ({"error": {"code": 429, "message": "m"}}, ErrorBody(code="429", message="m")),
    ({"code": "c", "message": "m", "request_id": "r"}, ErrorBody(code="c", message="m", request_id="r")),
    ({"code": "c", "msg": "m"}, ErrorBody(code="c", message="m")),
    ({"error": {"code": "c", "message": "m"}, "request_id": "r"}, ErrorBody(code="c", message="m", request_id="r")),
    ({"detail": "Not Found"}, ErrorBody(message="Not Found")),
    (
        {"detail": [{"loc": ["query", "limit"], "msg": "too big"}]},
        ErrorBody(message='[{"loc": ["query", "limit"], "msg": "too big"}]'),
    ),
    ({"detail": {"message": "m", "code": "c"}}, ErrorBody(message="m", code="c")),
    ({"error": "text"}, ErrorBody(message="text")),
    ({"error": "text", "request_id": "r"}, ErrorBody(message="text", request_id="r")),
    (None, NOTHING),
    ({"code": "c", "type": "t", "param": "p", "message": "m"}, ErrorBody(message="m", type="t", code="c", param="p")),
    (
        {"error": {"message": '{"error": {"message": "inner", "type": "t", "param": "p"}}', "code": "c"}},
        ErrorBody(message="inner", type="t", param="p", code="c"),
    ),
    ({"error": {"message": "[not JSON"}}, ErrorBody(message="[not JSON")),
    ({"error": None}, NOTHING),
    ("plain text", ErrorBody(message="plain text")),
    ("", NOTHING),
    ("<html><style>p {}</style><h1>502 Bad\nGateway</h1></html>", ErrorBody(message="502 Bad Gateway")),
    ([], ErrorBody(message="[]")),
    (None, NOTHING),
    (
        {"error": {"message": '{"error": {"message": "inner", "code": "c2"}}', "code": "c1", "type": "t1"}},
        ErrorBody(message="inner", code="c2", type="t1"),
    ),
    ({"error": '{"message": "inner"}'}, ErrorBody(message='{"message": "inner"}')),
]


@pytest.mark.parametrize(("body", "told"), SHAPES, ids=lambda value: repr(value)[:40])
def test_error_bodies_of_every_shape(body: Any, told: ErrorBody) -> None:
    assert read_error_body(body) == told


@given(json_values | st.dictionaries(st.sampled_from(["error", "detail", "message", "code"]), json_values))
def test_any_error_body_can_be_read(body: Any) -> None:
    error = judge(500, orjson.dumps(body))
    for told in (error.code, error.type, error.param):
        assert told is None or isinstance(told, str)
    assert error.message.startswith("500 Internal Server Error: ")


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(body: bytes) -> None:
    assert judge(502, body).message.startswith("502 Bad Gateway: ")


@pytest.mark.parametrize("where", ['{"error":{"message":%s}}', '{"error":%s}', '{"detail":%s}', "%s"])
def test_a_body_nested_deep_can_be_read(where: str) -> None:
    body = where % ("[" * 1000 + "]" * 1000)
    assert judge(500, body.encode()).message.startswith("500 Internal Server Error: ")


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<html><body><h1>502</h1>Bad <b>gateway</b></body></html>", "502 Bad gateway"),
        ("<script>alert(1)</script>text<style>a{}</style >more", "text more"),
        ("<SCRIPT src='x'>alert(1)</SCRIPT>text", "text"),
        ("<p>before<script>never ends", "before"),
        (" <!doctype html><title>no</title>", "no"),
        ("no < tags > here", "no < tags > here"),
    ],
)
def test_the_excerpt_of_a_page_is_its_text(html: str, shown: str) -> None:
    assert gist(html) == shown


@pytest.mark.parametrize("piece", ["<script", "<script>", "<", "<style>a</style", "< ", ">"])
def test_the_excerpt_looks_at_each_character_once(piece: str) -> None:
    """Counted, not timed: twice as much text must not take four times as many steps."""

    def steps(text: str) -> int:
        count = 0

        def tick(*_: Any) -> Any:
            nonlocal count
            count += 1
            return tick

        before = sys.gettrace()  # coverage's
        sys.settrace(tick)
        try:
            gist(text)
        finally:
            sys.settrace(before)
        return count

    assert steps(piece * 1000) <= 3 * steps(piece * 500)
    assert len(gist(piece * 100_000)) <= 200


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("azure_foundry.error.429_rate_limit", ("429", None, None)),
        ("openai.error.401_get_threads_session_key", ("missing_scope", "invalid_request_error", None)),
        ("openai.error.404_file_with_extra_detail", (None, "invalid_request_error", "id")),
    ],
)
def test_recorded_errors_of_other_lists(name: str, told: tuple[str | None, str | None, str | None]) -> None:
    bodies = dict(recorded_threads("error"))
    found = read_error_body(bodies.pop(name))
    assert (found.code, found.type, found.param) == told
    assert found.message
    assert len(bodies) == 2


def test_what_is_cut_says_so_and_what_fits_is_whole() -> None:
    assert gist("x" * 200) == "x" * 200
    assert gist("x" * 201) == "x" * 197 + "..."
