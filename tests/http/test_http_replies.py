"""Requests as they go out, answers as they are judged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from builders import json_values, page_body, recorded, step_body
from http_samples import REQUEST, SERVER, judge
from hypothesis import given
from hypothesis import strategies as st

from openai_steps import (
    APIStatusError,
    Endpoint,
    ResponseDecodeError,
    ResponseTooLargeError,
    Run,
    RunStep,
    StepPage,
    structure_page,
)
from openai_steps._http.replies import Reply, check_status, find_request_id, is_immutable, read_reply
from openai_steps._http.requests import Request, runs_request, thread_request, threads_request

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
        b"[" * 1_000_000,
        b'{"data": NaN}',
        b'{"data": 1e400}',
        b'{"data": "\xff"}',
        b"\x1f\x8b\x08\x00",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b'{"data": {"a": 1}}',
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
    with pytest.raises(ResponseDecodeError, match=r"^\$\.created_at should be a time .*, but is 'soon'\.") as caught:
        read_reply(good(step_body(created_at="soon")), RunStep, request=REQUEST)
    assert caught.value.path == "$.created_at"
    assert caught.value.expected == "a time in seconds, milliseconds or ISO 8601"


@given(st.sampled_from([StepPage, RunStep, Run]), st.binary(max_size=200) | json_values.map(orjson.dumps))
def test_any_body_is_a_model_or_a_decode_error(kind: type[Any], body: bytes) -> None:
    try:
        value = read_reply(good(body), kind, request=REQUEST)
    except ResponseDecodeError as error:
        value = error
    assert isinstance(value, kind) or value.path.startswith("$")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"message": "no more", "code": "quota"}}, "quota"),
        ({"error": "no more"}, None),
        ({"code": "quota", "message": "no more", "request_id": "req_2"}, "quota"),
        ({"object": "error", "message": "no more", "code": 40401}, "40401"),
        ({"object": "list", "data": None, "error": {"message": "no more"}}, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [StepPage, RunStep, Run])
def test_an_error_under_a_good_status_is_that_error(kind: type[Any], body: Any, code: str | None) -> None:
    with pytest.raises(APIStatusError, match=r"^200 OK, but the body is an error: no more \(GET /") as caught:
        read_reply(good(body), kind, request=REQUEST)
    assert (caught.value.status, caught.value.code, caught.value.body) == (200, code, body)
    assert caught.value.request_id == "req_1"


@pytest.mark.parametrize("error", [None, {}, "", {"message": "part of it"}])
def test_a_page_with_steps_is_no_error_whatever_else_it_says(error: Any) -> None:
    assert len(read_reply(good(page_body(step_body(), error=error)), StepPage, request=REQUEST).data) == 1


def test_too_many_values_are_refused_before_they_are_made() -> None:
    reply = Reply(200, {}, b'{"data": [], "x": [%s1]}' % (b"1," * 100), max_values=100)
    with pytest.raises(ResponseTooLargeError, match=r"^The body has more than 100 JSON values: .* Limits.max_values"):
        read_reply(reply, StepPage, request=REQUEST)
    assert read_reply(Reply(200, {}, reply.body), StepPage, request=REQUEST).extra["x"]


def test_what_can_not_be_read_is_masked() -> None:
    reply = Reply(200, {}, orjson.dumps(page_body({"debug": "sk-secret"})), secrets=("sk-secret",))
    (item,) = read_reply(reply, StepPage, request=REQUEST).unreadable
    assert "sk-secret" not in repr(item.data)


def test_raw_keeps_the_text_of_each_step() -> None:
    step = b'{ "created_at":1.0, "id":"a" }'
    page = read_reply(Reply(200, {}, b'{"data":[%s]}' % step), StepPage, request=REQUEST, raw=True)
    assert page.raw == (step,)


# --- Bad answers --------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("headers", "message", "asked", "told"),
    [
        ({"Retry-After": "3700"}, "slow down", 3700, "1h 01m"),
        ({"Retry-After": "7", "Date": "nonsense"}, "slow down", 7, "7s"),
        ({}, "Rate limit is exceeded. Try again in 21 seconds.", 21, "21s"),
    ],
)
def test_a_wait_is_told_in_the_text(headers: dict[str, str], message: str, asked: float, told: str) -> None:
    error = judge(429, orjson.dumps({"error": {"message": message}}), headers=headers)
    assert error.retry_after == asked
    assert str(error).endswith(f"The server asks to wait {told}.")


def test_no_wait_is_told_where_none_is_asked_for() -> None:
    assert "asks to wait" not in str(judge(429, b"slow down"))
    assert "asks to wait" not in str(judge(429, headers={"Retry-After": "0"}))


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
    assert f"This API was announced to end at {server.host} on 2026-08-26" in message
    assert "Azure AI Foundry Agents (until 2027-03-31)" in message


NO_SUCH_LIST = b'{"error": {"message": "m", "code": null}}'
SESSION_KEY = b'{"error": {"message": "m", "code": "missing_scope"}}'


@pytest.mark.parametrize(
    ("status", "body", "request_", "hint"),
    [
        (401, SESSION_KEY, threads_request(SERVER), "The key is right, but no key may list threads here: pass the ids"),
        (404, NO_SUCH_LIST, threads_request(SERVER), "It seems that this server has no list of threads: pass the ids"),
        (405, b"", threads_request(SERVER), "It seems that this server has no list of threads"),
        (501, b"", runs_request(SERVER, "t"), "There is no such thread, or this server has no list of runs."),
        (404, NO_SUCH_LIST, runs_request(SERVER, "t"), "There is no such thread, or this server has no list of runs."),
        (401, NO_SUCH_LIST, threads_request(SERVER), None),
        (500, NO_SUCH_LIST, threads_request(SERVER), None),
        (404, NO_SUCH_LIST, thread_request(SERVER, "t"), None),
    ],
)
def test_errors_tell_what_the_server_may_not_have(
    status: int, body: bytes, request_: Request, hint: str | None
) -> None:
    with pytest.raises(APIStatusError) as caught:
        check_status(Reply(status, {}, body), request=request_, endpoint=SERVER, now=datetime.now(UTC))
    assert caught.value.status == status
    if hint is None:
        assert "list of" not in str(caught.value)
    else:
        assert hint in str(caught.value)


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


def test_a_reply_shows_neither_body_nor_secrets() -> None:
    assert repr(Reply(200, {"a": "secret"}, b"secret", secrets=("secret",))).count("secret") == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("immutable", True),
        ("max-age=60, Immutable", True),
        ("max-age=60", False),
        ("no-immutable, ximmutable", False),
        ('private="immutable"', False),
        ("", False),
        (None, False),
    ],
)
def test_what_will_not_change_any_more(value: str | None, expected: bool) -> None:
    headers = {} if value is None else {"CACHE-control": value}
    assert is_immutable(Reply(200, headers, b"{}")) is expected


def test_a_header_that_is_not_utf_8_can_be_written_out_again() -> None:
    """aiohttp keeps its bytes as lone surrogates."""
    reply = Reply(500, {"X-Request-Id": "r\udcff", "X-Other": "ok", "X-Umlaut": "\u00fc"}, b"{}")
    assert reply.headers == {"x-request-id": "r\ufffd", "x-other": "ok", "x-umlaut": "\u00fc"}
    assert find_request_id(reply.headers) == "r\ufffd"


def test_without_a_date_of_the_servers_own_a_wait_until_a_date_is_judged_by_the_time_now() -> None:
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    reply = Reply(429, {"Retry-After": "Sun, 01 Mar 2026 12:00:07 GMT"}, b"")
    with pytest.raises(APIStatusError, match="asks to wait 7s") as caught:
        check_status(reply, request=REQUEST, endpoint=SERVER, now=now)
    assert caught.value.retry_after == 7
