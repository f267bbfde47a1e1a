"""How long a call may take, and what it raises."""

from __future__ import annotations

from typing import Any

import pytest
from client_verbs import VERBS
from sample_steps import RUN, THREAD
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
    StepsError,
    Timeouts,
    UnprocessableEntityError,
)
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
