"""Requests as they go out, answers as they are judged."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
import pytest
from builders import json_values, page_body, recorded, step_body
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from openai_steps import (
    INCLUDE_FILE_SEARCH_CONTENT,
    APIStatusError,
    Endpoint,
    ResponseDecodeError,
    Run,
    RunStep,
    StepPage,
    structure_page,
)
from openai_steps._arguments import check_id, check_order, is_page_size
from openai_steps._http.error_bodies import ErrorBody, read_error_body
from openai_steps._http.replies import Reply, check_status, find_request_id, read_reply
from openai_steps._http.requests import Request, list_request, run_request, step_request
from openai_steps._secrets import mask

BASE = "https://host.test/v1"
SERVER = Endpoint.compatible(BASE)
REQUEST = Request(f"{BASE}/threads/t/runs/r/steps", "/threads/t/runs/r/steps")

# --- Requests -----------------------------------------------------------------------------------------------------

TRICKY = ["../..", "a/b", "a\\b", "%2e%2e", "%2F", "a?b", "a#b", "a b", "a+b", "a&b=c", "a;b", "\r\nX-Evil: 1", "\x00"]
TRICKY += ["é", "北京", "😀", "\u202e", "...", " .", "~", "a" * 1024, "@host", ":80", "//"]
ids = (st.sampled_from(TRICKY) | st.text(min_size=1, max_size=30)).filter(lambda text: text not in (".", ".."))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (run_request(SERVER, "t", "r"), "/threads/t/runs/r"),
        (list_request(SERVER, "t", "r"), "/threads/t/runs/r/steps"),
        (step_request(SERVER, "t", "r", "s"), "/threads/t/runs/r/steps/s"),
        (list_request(SERVER, "t", "r", limit=100, order="asc"), "/threads/t/runs/r/steps?limit=100&order=asc"),
        (list_request(SERVER, "t", "r", after="a", before="b"), "/threads/t/runs/r/steps?after=a&before=b"),
        (list_request(SERVER, "t", "r", after="a&b c"), "/threads/t/runs/r/steps?after=a%26b%20c"),
        (list_request(SERVER, "t", "r", include=["x", "y"]), "/threads/t/runs/r/steps?include%5B%5D=x&include%5B%5D=y"),
        (step_request(SERVER, "t", "r", "s", include=("x",)), "/threads/t/runs/r/steps/s?include%5B%5D=x"),
    ],
)
def test_requests(request_: Request, expected: str) -> None:
    assert request_.url == BASE + expected
    assert request_.path == expected.partition("?")[0]


@given(ids, ids, ids, ids, ids)
def test_any_id_is_one_segment_and_any_cursor_one_value(
    thread: str, run: str, step: str, after: str, before: str
) -> None:
    one = URL(step_request(SERVER, thread, run, step).url, encoded=True)
    many = URL(list_request(SERVER, thread, run, after=after, before=before).url, encoded=True)
    for url in (one, many):
        assert str(url).isascii()
        assert not set(str(url)) & set("\r\n\t\x00 \\")
        assert (url.scheme, url.raw_authority, url.fragment) == ("https", "host.test", "")
        assert url == url.join(URL(url.raw_path_qs, encoded=True))  # no dots that lead elsewhere
    segments = one.raw_path.split("/")
    assert [unquote(segment) for segment in segments] == ["", "v1", "threads", thread, "runs", run, "steps", step]
    assert parse_qsl(many.raw_query_string, keep_blank_values=True) == [("after", after), ("before", before)]


NO_IDS: list[Any] = ["", ".", "..", None, 7, b"step", [], "a" * 1025, "\ud800"]


@pytest.mark.parametrize("value", NO_IDS, ids=lambda value: repr(value)[:20])
def test_what_is_no_id_is_refused_by_name(value: Any) -> None:
    requests: dict[str, Callable[[], Request]] = {
        "thread_id": lambda: run_request(SERVER, value, "r"),
        "run_id": lambda: list_request(SERVER, "t", value),
        "step_id": lambda: step_request(SERVER, "t", "r", value),
    }
    for name, build in requests.items():
        with pytest.raises(ValueError, match=f"^{name} "):
            build()
    for name in ("after", "before") if value is not None else ():
        cursor: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            list_request(SERVER, "t", "r", **cursor)
        assert len(str(caught.value)) < 100


@given(st.text(st.characters(), max_size=1100))
def test_check_id_returns_the_id_or_refuses(text: str) -> None:
    """Lone surrogates included."""
    if text in ("", ".", "..") or len(text) > 1024 or re.search("[\ud800-\udfff]", text):
        with pytest.raises(ValueError, match=r"^after "):
            check_id("after", text)
    else:
        assert check_id("after", text) == text


@pytest.mark.parametrize("limit", [0, -1, 101, 10**30, 1.0, True, "20", [], float("nan")])
def test_limits_that_no_server_takes(limit: Any) -> None:
    assert not is_page_size(limit)
    with pytest.raises(ValueError, match=r"^limit must be a whole number from 1 to 100, not"):
        list_request(SERVER, "t", "r", limit=limit)


@given(st.integers(1, 100))
def test_limits_that_servers_take(limit: int) -> None:
    assert list_request(SERVER, "t", "r", limit=limit).url.endswith(f"?limit={limit}")


@pytest.mark.parametrize("order", ["", "ASC", "ascending", 1, True, [], {}])
def test_orders_that_are_none(order: Any) -> None:
    with pytest.raises(ValueError, match=r"^order must be 'asc' or 'desc', not"):
        list_request(SERVER, "t", "r", order=order)
    with pytest.raises(ValueError, match="order"):
        check_order(order)


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("repeated", [("include[]", "a,b"), ("include[]", INCLUDE_FILE_SEARCH_CONTENT)]),
        ("comma", [("include[]", f"a,b,{INCLUDE_FILE_SEARCH_CONTENT}")]),
    ],
)
def test_include_in_the_server_s_style(style: Any, expected: list[tuple[str, str]]) -> None:
    server = Endpoint.compatible(BASE, include_style=style)
    request = list_request(server, "t", "r", include=["a,b", INCLUDE_FILE_SEARCH_CONTENT])
    assert parse_qsl(urlsplit(request.url).query) == expected
    assert "*" not in request.url
    assert "[" not in request.url


@pytest.mark.parametrize("include", ["name", [""], [7], [None], ["a", b"b"]])
def test_includes_that_are_none(include: Any) -> None:
    with pytest.raises(ValueError, match=r"^include must be a list of names"):
        list_request(SERVER, "t", "r", include=include)


def test_a_server_without_include_or_with_one_cursor_is_not_asked() -> None:
    server = Endpoint.dashscope(api_key="k")
    assert "?" not in list_request(server, "t", "r", include=[]).url
    with pytest.raises(ValueError, match="dashscope does not know include"):
        list_request(server, "t", "r", include=["a"])
    with pytest.raises(ValueError, match="dashscope takes either after or before"):
        list_request(server, "t", "r", after="a", before="b")


def test_the_endpoint_s_query_goes_first() -> None:
    server = Endpoint.compatible(f"{BASE}?api-version=v1&x=a b".replace(" ", "%20"))
    assert (
        list_request(server, "t", "r", limit=1).url == f"{BASE}/threads/t/runs/r/steps?api-version=v1&x=a%20b&limit=1"
    )


# --- Good answers -------------------------------------------------------------------------------------------------


def good(body: Any) -> Reply:
    return Reply(200, {"X-Request-ID": "req_1"}, body if isinstance(body, bytes) else orjson.dumps(body))


def test_a_good_answer_becomes_a_model() -> None:
    body = page_body(step_body())
    assert read_reply(good(body), StepPage, request=REQUEST) == structure_page(body)
    run = {"id": "run_1", "status": "queued", "created_at": 0}
    assert read_reply(good(run), Run, request=REQUEST) == Run(
        id="run_1", status="queued", created_at=datetime.fromtimestamp(0, UTC)
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html><title>Log in</title><script>alert(1)</script></html>",
        b'{"data": [',
        b'{"data": []} {"data": []}',
        b"[" * 10_000_000,
        b'{"data": NaN}',
        b'{"data": "\\ud800"}',
        b'{"data": "\xff"}',
        b"\x1f\x8b\x08\x00",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b'{"data": {}}',
        b'{"error": {"message": "this is no page"}}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_anything_else_is_a_decode_error_that_names_the_request(body: bytes) -> None:
    with pytest.raises(ResponseDecodeError) as caught:
        read_reply(good(body), StepPage, request=REQUEST)
    error = caught.value
    assert "(GET /threads/t/runs/r/steps, request id req_1)" in error.message
    assert (error.request_id, error.body) == ("req_1", body)
    assert len(error.message) < 500
    assert "alert(1)" not in error.message


def test_a_decode_error_has_the_path() -> None:
    with pytest.raises(ResponseDecodeError, match=r"^\$\.data\[1\]\.created_at should be") as caught:
        read_reply(good(page_body(step_body(), step_body(created_at="soon"))), StepPage, request=REQUEST)
    assert caught.value.path == "$.data[1].created_at"


@given(st.sampled_from([StepPage, RunStep, Run]), st.binary(max_size=200) | json_values.map(orjson.dumps))
def test_any_body_is_a_model_or_a_decode_error(kind: type[Any], body: bytes) -> None:
    try:
        value = read_reply(good(body), kind, request=REQUEST)
    except ResponseDecodeError as error:
        value = error
    assert isinstance(value, kind) or value.path.startswith("$")


# --- Bad answers --------------------------------------------------------------------------------------------------


def judge(
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    server: Endpoint = SERVER,
    secrets: tuple[str, ...] = (),
) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        check_status(
            Reply(status, headers or {}, body, secrets=secrets), request=REQUEST, endpoint=server, now=datetime.now(UTC)
        )
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_good_status_is_no_error(status: int) -> None:
    check_status(Reply(status, {}, b"not looked at"), request=REQUEST, endpoint=SERVER, now=datetime.now(UTC))


ERRORS = list(recorded("error"))


@pytest.mark.parametrize(("name", "body"), ERRORS, ids=[name for name, _ in ERRORS])
def test_recorded_errors(name: str, body: Any) -> None:
    status = int(next(part for part in name.split(".") if part[:3].isdigit()).partition("_")[0])
    error = judge(status, json.dumps(body).encode())
    told = body.get("error", body)
    assert error.status == status
    assert (error.code, error.type, error.param) == (told["code"], told.get("type"), told.get("param"))
    assert told["message"] in error.message
    assert error.message.startswith(f"{status} ")
    assert error.request_id == body.get("request_id")
    assert error.body == body


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
    ("status", "body", "message"),
    [
        (404, b"", "404 Not Found: no explanation (GET /threads/t/runs/r/steps)"),
        (599, b"", "599: no explanation (GET /threads/t/runs/r/steps)"),
        (502, b"<html>\n <b>bad</b> </html>", "502 Bad Gateway: bad (GET /threads/t/runs/r/steps)"),
        (500, b'{"error": {"message": "m"}}', "500 Internal Server Error: m (GET /threads/t/runs/r/steps)"),
    ],
)
def test_messages(status: int, body: bytes, message: str) -> None:
    assert str(judge(status, body)) == message


@pytest.mark.parametrize("name", ["X-Request-ID", "apim-request-id", "X-MS-Request-Id", "X-DashScope-Request-Id"])
def test_request_ids(name: str) -> None:
    error = judge(500, b'{"request_id": "of the body"}', {name: "req_1"})
    assert error.request_id == "req_1"
    assert "request id req_1)" in error.message
    assert error.headers == {name.lower(): "req_1"}


def test_an_empty_request_id_is_none() -> None:
    assert find_request_id({"x-request-id": "", "request-id": "r"}) == "r"
    assert find_request_id({}) is None


@pytest.mark.parametrize("name", ["retry-after", "Retry-After", "RETRY-AFTER"])
def test_headers_are_found_however_they_are_written(name: str) -> None:
    error = judge(429, headers={name: "7"})
    assert error.retry_after == 7
    assert error.headers == {"retry-after": "7"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_says_where_to(status: int) -> None:
    assert "points to 'https://other.test/v1'" in judge(status, headers={"Location": "https://other.test/v1"}).message


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize(
    "server",
    [
        Endpoint.openai(api_key="k"),
        Endpoint.azure_openai("https://res.openai.azure.com", api_key="k"),
    ],
    ids=lambda server: server.provider,
)
def test_a_provider_that_stopped_is_named_with_the_date(status: int, server: Endpoint) -> None:
    message = judge(status, server=server).message
    assert f"{server.host} stopped serving this API on 2026-08-26" in message
    assert "Azure AI Foundry Agents (until 2027-03-31)" in message


@pytest.mark.parametrize(("status", "server"), [(404, SERVER), (500, Endpoint.openai(api_key="k"))])
def test_other_404s_and_other_errors_are_what_they_are(status: int, server: Endpoint) -> None:
    assert "stopped" not in judge(status, server=server).message


# --- Secrets ------------------------------------------------------------------------------------------------------

keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8)


@given(keys)
def test_a_key_that_the_server_echoes_is_masked(key: str) -> None:
    text = json.dumps({"error": {"message": f"bad key {key}", "code": key, "param": f"a{key}b"}})
    for body in (text, text.replace("/", "\\/"), f"bad key {key}"):
        error = judge(401, body.encode(), {"x-request-id": key, "location": f"/?{key}"}, secrets=(key,))
        shown = [error.message, repr(error), repr(vars(error)), repr(error.args), json.dumps(error.body)]
        assert not any(key in one for one in shown)
        assert key not in (error.code, error.param, error.request_id, *error.headers.values())


@given(st.text(), st.lists(keys, max_size=3))
def test_mask_leaves_no_secret(text: str, secrets: list[str]) -> None:
    text = text.join(["", *secrets, ""])
    masked = mask(text, secrets)
    assert not any(secret in masked for secret in secrets if "***" not in secret)
    assert mask(text, []) == text


def test_a_reply_shows_neither_body_nor_secrets() -> None:
    assert repr(Reply(200, {"a": "secret"}, b"secret", secrets=("secret",))).count("secret") == 0
