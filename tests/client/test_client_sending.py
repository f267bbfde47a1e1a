"""Sending: again where that may help, no longer than allowed, and never elsewhere. Hostile replies: `hostile/`."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import pytest
import stamina
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncStepsClient,
    Endpoint,
    RateLimitError,
    RetryPolicy,
    Timeouts,
)
from openai_steps.emulator import Answer, CloseAfter, Cut, Emulator, Fault, Reset, Stall


@pytest.fixture
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


def with_retries(timeout: Timeouts | None = None) -> AbstractAsyncContextManager[tuple[AsyncStepsClient, Emulator]]:
    return serving(3, retry=RetryPolicy(), timeout=timeout)


# --- Again -------------------------------------------------------------------------------------------------------

TRANSIENT: dict[str, Fault] = {
    **{str(status): Answer(status) for status in (408, 409, 429, 500, 502, 503, 504, 529)},
    "418, should retry": Answer(418, headers={"x-should-retry": "true"}),
    "reset": Reset(),
    "cut": Cut(),
    "cut at once": Cut(0),
}
LASTING: dict[str, Fault] = {
    **{str(status): Answer(status) for status in (300, 400, 401, 403, 404, 410, 418, 422, 501)},
    "500, should not retry": Answer(500, headers={"x-should-retry": "false"}),
    "429, should not retry": Answer(429, headers={"x-should-retry": "false"}),
}


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("name", TRANSIENT)
@pytest.mark.parametrize("times", [1, 3])
async def test_what_may_pass_is_tried_again(name: str, times: int) -> None:
    async with with_retries() as (client, emulator):
        emulator.inject(TRANSIENT[name], times)
        assert (await client.get_run(THREAD, RUN)).id == RUN
        assert len(emulator.requests) == times + 1


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("name", LASTING)
async def test_what_lasts_is_not(name: str) -> None:
    async with with_retries() as (client, emulator):
        emulator.inject(LASTING[name])
        with pytest.raises(APIStatusError):
            await client.get_run(THREAD, RUN)
        assert len(emulator.requests) == 1


@pytest.mark.parametrize("attempts", [1, 2, 5])
async def test_as_often_as_the_policy_says_and_the_last_error_is_raised(attempts: int) -> None:
    policy = RetryPolicy(attempts=attempts, wait_initial=0)
    async with serving(3, retry=policy) as (client, emulator):
        for number in range(attempts):
            emulator.inject(Answer(500, {"error": f"number {number}"}))
        with pytest.raises(APIStatusError, match=f"number {attempts - 1}"):
            await client.get_run(THREAD, RUN)
        assert len(emulator.requests) == attempts


async def test_stamina_s_switch_turns_retries_off() -> None:
    stamina.set_active(False)
    try:
        async with with_retries() as (client, emulator):
            emulator.inject(Answer(500))
            with pytest.raises(APIStatusError):
                await client.get_run(THREAD, RUN)
            assert len(emulator.requests) == 1
    finally:
        stamina.set_active(True)


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    async with serving(3, retry=RetryPolicy(wait_initial=0)) as (client, emulator):
        emulator.inject(CloseAfter(), times=3)
        for _ in range(4):
            assert (await client.get_run(THREAD, RUN)).id == RUN


# --- When --------------------------------------------------------------------------------------------------------


async def test_the_server_s_wait_is_honoured() -> None:
    async with with_retries() as (client, emulator):
        emulator.inject(Answer(503, headers={"retry-after-ms": "60", "Retry-After": "600"}))
        begun = time.monotonic()
        await client.get_run(THREAD, RUN)
        assert time.monotonic() - begun >= 0.06


async def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    async with with_retries(timeout=Timeouts(total=600)) as (client, emulator):
        emulator.inject(Answer(503, headers={"Retry-After": "3600"}))
        with pytest.raises(APIStatusError) as caught:
            await asyncio.wait_for(client.get_run(THREAD, RUN), 60)
        assert caught.value.retry_after == 3600
        assert len(emulator.requests) == 1


async def test_one_429_holds_back_the_others() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(429, headers={"retry-after-ms": "80"}))
        with pytest.raises(RateLimitError):
            await client.get_run(THREAD, RUN)
        begun = time.monotonic()
        await client.get_run(THREAD, RUN)
        assert time.monotonic() - begun >= 0.07


async def test_held_back_beyond_the_deadline_is_told_at_once() -> None:
    async with serving(3, timeout=Timeouts(total=5)) as (client, emulator):
        emulator.inject(Answer(429, headers={"Retry-After": "3600"}))
        for _ in range(2):
            with pytest.raises(RateLimitError) as caught:
                await asyncio.wait_for(client.get_run(THREAD, RUN), 60)
            assert caught.value.retry_after == pytest.approx(3600, rel=0.01)
        assert len(emulator.requests) == 1


async def test_the_deadline_is_over_all_attempts() -> None:
    timeouts = Timeouts(attempt=0.05, total=1)
    async with serving(3, retry=RetryPolicy(attempts=50, wait_initial=0), timeout=timeouts) as (client, emulator):
        emulator.inject(Stall(), times=50)
        with pytest.raises(APITimeoutError):
            await asyncio.wait_for(client.get_run(THREAD, RUN), 60)
        assert 2 <= len(emulator.requests) < 50


# --- Where -------------------------------------------------------------------------------------------------------


async def test_redirects_are_not_followed_and_the_place_is_told() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(307, headers={"Location": "http://elsewhere.example/v1"}))
        with pytest.raises(APIStatusError, match=r"points to 'http://elsewhere\.example/v1'.*set base_url"):
            await client.get_run(THREAD, RUN)
        assert len(emulator.requests) == 1


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    endpoint = Endpoint.compatible(f"http://127.0.0.1:{port}/v1")
    async with AsyncStepsClient(endpoint, retry=RetryPolicy(attempts=2, wait_initial=0)) as client:
        with pytest.raises(APIConnectionError, match=r"No answer from 127\.0\.0\.1.*GET /threads/thread_1/runs/run_1"):
            await client.get_run(THREAD, RUN)


async def test_cookies_are_not_kept() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(404, headers={"Set-Cookie": "session=1; Path=/"}))
        with pytest.raises(APIStatusError):
            await client.get_run(THREAD, RUN)
        await client.get_run(THREAD, RUN)
        assert "Cookie" not in emulator.requests[1].headers
