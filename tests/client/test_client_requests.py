"""How long a call may take, what else it may send, and what it raises."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from client_verbs import VERBS
from sample_steps import RUN, THREAD, step_id
from serving import serving

from openai_steps import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncStepsClient,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    Endpoint,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    RunRef,
    StepsError,
    Timeouts,
    UnprocessableEntityError,
)
from openai_steps.doctor import examine
from openai_steps.emulator import Answer, Reset, Stall


@pytest.mark.parametrize("verb", VERBS)
async def test_a_timeout_may_be_given_with_each_call(verb: str) -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Stall())
        with pytest.raises(APITimeoutError, match=r"within 50ms"):
            await VERBS[verb](client, timeout=0.05)
        emulator.clear_faults()  # on a slow machine the time was over before the request had arrived
        assert (await client.get_run(THREAD, RUN)).id == RUN


@pytest.mark.parametrize("timeout", ["5", [1], {}, True, 0, -1, float("nan"), float("inf")])
async def test_what_is_no_timeout_is_told_by_name(timeout: Any) -> None:
    with pytest.raises(ValueError, match=r"Timeouts\.attempt must be a number above 0"):
        AsyncStepsClient(base_url="http://h/v1", timeout=timeout)
    async with AsyncStepsClient(base_url="http://h/v1") as client:
        with pytest.raises(ValueError, match=r"Timeouts\.attempt must be a number above 0"):
            await client.get_run(THREAD, RUN, timeout=timeout)


@pytest.mark.parametrize("timeout", [0.05, Timeouts(attempt=0.05)])
async def test_the_client_s_timeout_is_the_default(timeout: Timeouts | float) -> None:
    async with serving(3, timeout=timeout) as (client, emulator):
        emulator.inject(Stall())
        with pytest.raises(APITimeoutError, match=r"within 50ms"):
            await client.get_run(THREAD, RUN)


# --- Other options for some calls ---------------------------------------------------------------------------------

CLIENTS: dict[str, dict[str, Any]] = {
    "one key": {"endpoint": lambda url: Endpoint.compatible(url, api_key="sk-1", query={"trace": "1", "plan": "a"})},
    "a key each": {
        "endpoint": lambda url: Endpoint.compatible(url, api_key=lambda: "sk-1", query={"trace": "1", "plan": "a"})
    },
}


def teams(headers: Mapping[str, str]) -> list[str]:
    return [value for name, value in headers.items() if name.lower() == "x-team"]


@pytest.mark.parametrize("own_session", [True, False])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("verb", VERBS)
async def test_headers_and_parameters_go_with_the_calls_they_are_for(verb: str, client: str, own_session: bool) -> None:
    async with AsyncExitStack() as stack:
        session = None if own_session else await stack.enter_async_context(aiohttp.ClientSession())
        plain, emulator = await stack.enter_async_context(
            serving(3, session=session, headers={"X-Team": "ours", "X-Site": "a"}, **CLIENTS[client])
        )
        with_more = plain.with_options(headers={"x-team": "theirs", "X-Call": "7"}, query={"plan": "b & c", "new": ""})
        named = {"step": step_id(1)} if verb == "get_step" else {}
        await VERBS[verb](with_more, **named)
        await VERBS[verb](plain, **named)
    ours = ("trace", "plan", "new")
    seen = [([pair for pair in sent.query if pair[0] in ours], sent.headers) for sent in emulator.requests]
    half = len(seen) // 2
    for query, headers in seen[:half]:
        assert query == [("trace", "1"), ("plan", "b & c"), ("new", "")]
        assert (teams(headers), headers["X-Site"], headers["X-Call"]) == (["theirs"], "a", "7")
        assert "Authorization" in headers
    for query, headers in seen[half:]:
        assert query == [("trace", "1"), ("plan", "a")]
        assert (teams(headers), headers["X-Site"], "X-Call" in headers) == (["ours"], "a", False)
    assert half
    assert len(seen) == 2 * half


async def test_options_add_up_and_reach_what_a_client_is_passed_to() -> None:
    async with serving(3) as (client, emulator):
        more = client.with_options(headers={"X-One": "1"}).with_options(headers={"X-Two": "2"}, query={"a": "b"})
        assert [run.error async for run in more.read_runs([RunRef(THREAD, RUN)], raw=True)] == [None]
        assert await examine(more, THREAD, RUN)
    for request in emulator.requests:
        assert (request.headers["X-One"], request.headers["X-Two"]) == ("1", "2")
        assert ("a", "b") in request.query


async def test_another_patience_is_for_the_copy_alone() -> None:
    async with serving(3, retry=RetryPolicy(attempts=1)) as (client, emulator):
        emulator.inject(Answer(503), times=2)
        other = client.with_options(retry=RetryPolicy(attempts=3, wait_initial=0), timeout=90)
        assert len(await other.collect_steps(THREAD, RUN)) == 3
        emulator.inject(Answer(503))
        with pytest.raises(InternalServerError):
            await client.collect_steps(THREAD, RUN)
        emulator.inject(Stall())
        with pytest.raises(APITimeoutError, match=r"within 50ms, 1m 30s with all retries"):
            await other.with_options(retry=RetryPolicy(attempts=1)).get_run(THREAD, RUN, timeout=0.05)
        emulator.clear_faults()
        emulator.inject(Stall())
        with pytest.raises(APITimeoutError, match=r"within 50ms"):
            await client.with_options(timeout=0.05).get_run(THREAD, RUN)


async def test_all_that_was_learned_and_all_that_is_open_is_shared() -> None:
    async with serving(250, timeout=Timeouts(total=5)) as (client, emulator):
        other = client.with_options(headers={"X-Call": "1"})
        await other.collect_steps(THREAD, RUN)
        assert client.trust == other.trust != ()
        emulator.inject(Answer(429, headers={"Retry-After": "3600"}))
        with pytest.raises(RateLimitError):
            await other.get_run(THREAD, RUN)
        with pytest.raises(RateLimitError, match="Held back"):
            await client.get_run(THREAD, RUN)
        await other.aclose()
        with pytest.raises(RuntimeError, match="This client is closed"):
            await client.get_run(THREAD, RUN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": -1}, r"Timeouts\.attempt must be a number above 0"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "The value of the header X-A has a line break"),
        ({"headers": {"X A": "1"}}, "A header cannot be called 'X A'"),
        ({"query": {"a": 1}}, "query must be names and values that are text"),
        ({"query": {"limit": "7"}}, "query cannot hold 'limit': it is an argument of the methods that read"),
        ({"query": {"include[]": "a"}}, r"query cannot hold 'include\[\]'"),
    ],
)
async def test_options_without_sense_are_refused(options: dict[str, Any], message: str) -> None:
    async with AsyncStepsClient(base_url="http://h/v1") as client:
        with pytest.raises(ValueError, match=message):
            client.with_options(**options)


@pytest.mark.filterwarnings("ignore:BasicAuth:DeprecationWarning", "ignore:The 'auth' parameter:DeprecationWarning")
async def test_a_session_with_a_password_of_its_own_takes_no_second_authorization() -> None:
    async with aiohttp.ClientSession(auth=aiohttp.BasicAuth("user", "password")) as session:
        client = AsyncStepsClient(Endpoint.compatible("http://h/v1"), session=session)
        with pytest.raises(ValueError, match="session has auth="):
            client.with_options(headers={"authorization": "Bearer sk-1"})


# --- Errors -------------------------------------------------------------------------------------------------------

STATUSES: list[tuple[int, type[APIStatusError]]] = [
    (300, APIStatusError),
    (400, BadRequestError),
    (401, AuthenticationError),
    (403, PermissionDeniedError),
    (404, NotFoundError),
    (409, ConflictError),
    (418, APIStatusError),
    (422, UnprocessableEntityError),
    (429, RateLimitError),
    (500, InternalServerError),
    (501, InternalServerError),
    (503, InternalServerError),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_each_status_has_its_error(status: int, kind: type[APIStatusError]) -> None:
    body = {"error": {"message": "too bad", "type": "t", "param": "p", "code": "c"}}
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(status, body, headers={"retry-after": "2", "x-request-id": "req_7"}))
        with pytest.raises(kind) as caught:
            await client.get_run(THREAD, RUN)
    error = caught.value
    assert type(error) is kind
    assert isinstance(error, StepsError)
    assert (error.status, error.code, error.type, error.param) == (status, "c", "t", "p")
    assert (error.request_id, error.retry_after, error.body) == ("req_7", 2.0, body)
    assert error.headers["x-request-id"] == "req_7"
    for told in ("too bad", str(status), "req_7", f"GET /threads/{THREAD}/runs/{RUN}"):
        assert told in str(error)


async def test_an_error_does_not_tell_the_key_even_if_the_server_does() -> None:
    async with serving(3, endpoint=lambda url: Endpoint.compatible(url, api_key="sk-secret")) as (client, emulator):
        body = {"error": {"message": "Incorrect API key provided: sk-secret", "code": "sk-secret"}}
        emulator.inject(Answer(401, body, headers={"X-Echo": "Bearer sk-secret"}))
        with pytest.raises(AuthenticationError) as caught:
            await client.get_run(THREAD, RUN)
    assert "sk-secret" not in repr((caught.value, str(caught.value), vars(caught.value)))


async def test_no_connection_is_a_connection_error() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Reset(), times=2)  # aiohttp itself may ask again once
        with pytest.raises(APIConnectionError, match=rf"from 127\.0\.0\.1.*GET /threads/{THREAD}"):
            await client.get_run(THREAD, RUN)
