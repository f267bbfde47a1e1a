"""Rate limits, deadlines and retries under load, and what can be seen of them.

Each status by itself is in ``test_client_sending``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import stamina
import stamina.instrumentation
from aiohttp import web
from attrs import define, field
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import (
    APIConnectionError,
    APITimeoutError,
    AsyncStepsClient,
    ConflictError,
    Endpoint,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
    Timeouts,
)
from openai_steps._sending.rate_limit import FIRST_CONCURRENCY
from openai_steps.emulator import Answer, Exchange, Reset, Stall

AT_ONCE = RetryPolicy(attempts=4, wait_initial=0)
KEY = "sk-the-key-of-the-test"


@pytest.fixture
def retries() -> Iterator[list[stamina.instrumentation.RetryDetails]]:
    """What stamina's instrumentation is told."""
    seen: list[stamina.instrumentation.RetryDetails] = []

    def note(details: stamina.instrumentation.RetryDetails) -> None:
        seen.append(details)

    stamina.instrumentation.set_on_retry_hooks([note, stamina.instrumentation.LoggingOnRetryHook])
    yield seen
    stamina.instrumentation.set_on_retry_hooks(None)


# --- Rate limits ------------------------------------------------------------------------------------------------


@define
class TenASecond:
    """No more than ten answers in any second, and 429 to the rest."""

    served: list[float] = field(factory=list)
    rejected: int = 0

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        now = time.monotonic()
        if sum(moment > now - 1 for moment in self.served) < 10:
            self.served.append(now)
            return exchange.normal()
        self.rejected += 1
        return web.Response(status=429, headers={"Retry-After": "1"})


async def test_64_requests_at_once_make_no_storm() -> None:
    async with serving(3, retry=RetryPolicy()) as (client, emulator):
        server = TenASecond()
        emulator.inject(server, times=10_000)
        await asyncio.gather(*(client.get_run(THREAD, RUN) for _ in range(64)))
        assert len(server.served) == 64
        assert server.rejected * 10 < 64


async def test_a_429_holds_back_the_others() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(429, headers={"retry-after-ms": "300"}))
        with pytest.raises(RateLimitError):
            await client.list_steps_page(THREAD, RUN)
        told = time.monotonic()
        await asyncio.gather(*(client.list_steps_page(THREAD, RUN) for _ in range(2)))
        assert time.monotonic() - told >= 0.29
        assert len(emulator.requests) == 3


async def test_who_is_called_off_while_held_back_leaves_the_slot_to_others() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Answer(429, headers={"retry-after-ms": "200"}))
        with pytest.raises(RateLimitError):
            await client.list_steps_page(THREAD, RUN)
        waiting = [asyncio.create_task(client.list_steps_page(THREAD, RUN)) for _ in range(20)]
        await asyncio.sleep(0)
        for task in waiting[:-1]:
            task.cancel()
        page = await asyncio.wait_for(waiting[-1], 20)
        assert len(page.data) == 3
        assert all(task.cancelled() for task in waiting[:-1])


async def test_slow_answers_at_the_start_hold_nobody_back_for_ever() -> None:
    async with serving(3, timeout=Timeouts(attempt=1, total=20)) as (client, emulator):
        emulator.inject(Stall(), times=FIRST_CONCURRENCY)
        results = await asyncio.gather(*(client.get_run(THREAD, RUN) for _ in range(30)), return_exceptions=True)
        assert sum(isinstance(result, APITimeoutError) for result in results) == FIRST_CONCURRENCY
        assert sum(not isinstance(result, BaseException) for result in results) == 30 - FIRST_CONCURRENCY


async def test_requests_that_hang_do_not_keep_others_from_being_sent() -> None:
    async with serving(3, timeout=Timeouts(attempt=100, total=100)) as (client, emulator):
        emulator.inject(Stall(), times=8)
        hanging = [asyncio.create_task(client.list_steps_page(THREAD, RUN)) for _ in range(8)]
        pages = await asyncio.wait_for(asyncio.gather(*(client.list_steps_page(THREAD, RUN) for _ in range(8))), 20)
        assert [len(page.data) for page in pages] == [3] * 8
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()


@define
class Together:
    """404 to so many at once, and to no one before."""

    barrier: asyncio.Barrier

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        await self.barrier.wait()
        return web.Response(status=404)


async def test_errors_that_are_no_rejections_are_answers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai_steps._sending.throttle._SLOW", 1000.0)
    async with serving(3, timeout=Timeouts(total=10)) as (client, emulator):
        emulator.inject(Answer(404), times=30)
        emulator.inject(Together(asyncio.Barrier(8)), times=8)
        for _ in range(30):
            with pytest.raises(NotFoundError):
                await client.list_steps_page(THREAD, RUN)
        results = await asyncio.gather(*(client.list_steps_page(THREAD, RUN) for _ in range(8)), return_exceptions=True)
        assert [type(result) for result in results] == [NotFoundError] * 8


@pytest.mark.parametrize("others", [1, 10])
async def test_who_has_no_time_to_be_held_back_is_told_at_once(others: int) -> None:
    """Also behind others that have: in the queue for a turn, and for a slot."""
    async with serving(3, timeout=Timeouts(total=1000)) as (client, emulator):
        emulator.inject(Answer(429, headers={"Retry-After": "100"}))
        with pytest.raises(RateLimitError):
            await client.list_steps_page(THREAD, RUN)
        patient = [asyncio.create_task(client.list_steps_page(THREAD, RUN)) for _ in range(others)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimitError, match="no request through for another") as caught:
            await asyncio.wait_for(client.list_steps_page(THREAD, RUN, timeout=Timeouts(total=50)), 20)
        assert 70 < (caught.value.retry_after or 0) <= 100
        assert not any(task.done() for task in patient)
        assert len(emulator.requests) == 1
        for task in patient:
            task.cancel()


async def test_who_waited_for_a_slot_when_the_others_were_rejected_is_told_as_well() -> None:
    async with serving(3, timeout=Timeouts(total=1000)) as (client, emulator):
        emulator.inject(Stall(), times=FIRST_CONCURRENCY - 1)
        emulator.inject(Answer(429, headers={"Retry-After": "100"}))
        patient = [asyncio.create_task(client.list_steps_page(THREAD, RUN)) for _ in range(FIRST_CONCURRENCY + 1)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimitError, match="no request through for another"):
            await asyncio.wait_for(client.list_steps_page(THREAD, RUN, timeout=Timeouts(total=50)), 20)
        assert len(emulator.requests) == FIRST_CONCURRENCY
        for task in patient:
            task.cancel()
        await asyncio.gather(*patient, return_exceptions=True)  # one was rejected


# --- Deadlines --------------------------------------------------------------------------------------------------


@define
class Never:
    """A limiter that lets nobody in."""

    entered: int = 0

    async def __aenter__(self) -> None:
        self.entered += 1
        await asyncio.Event().wait()

    async def __aexit__(self, *_: object) -> None:
        raise AssertionError("it was never entered")


async def test_the_deadline_is_over_the_users_limiter_too() -> None:
    limiter = Never()
    async with serving(3, rate_limiter=limiter, timeout=Timeouts(total=0.05)) as (client, emulator):
        with pytest.raises(APITimeoutError, match=r"Not sent: .* waited for the limiter given to this client"):
            await asyncio.wait_for(client.list_steps_page(THREAD, RUN), 20)
        assert (limiter.entered, len(emulator.requests)) == (1, 0)


async def test_a_timeout_before_the_request_does_not_blame_the_server() -> None:
    """For want of a slot, or of a key."""

    async def key() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    async with serving(3, timeout=Timeouts(attempt=100, total=100)) as (client, emulator):
        emulator.inject(Stall(), times=FIRST_CONCURRENCY)
        stalled = [asyncio.create_task(client.list_steps_page(THREAD, RUN)) for _ in range(FIRST_CONCURRENCY)]
        await asyncio.sleep(0)
        with pytest.raises(APITimeoutError, match=r"Not sent: .* waited for other requests to be answered"):
            await client.list_steps_page(THREAD, RUN, timeout=Timeouts(total=0.05))
        for task in stalled:
            task.cancel()
    async with AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1", api_key=key)) as client:
        with pytest.raises(APITimeoutError, match=r"Not sent: .* waited for the key"):
            await client.list_steps_page(THREAD, RUN, timeout=Timeouts(total=0.05))


class OwnTimeoutError(TimeoutError):
    """Of the user's own code."""


async def test_a_timeout_of_the_users_own_is_passed_on() -> None:
    async def key() -> str:
        raise OwnTimeoutError

    async with AsyncStepsClient(Endpoint.compatible("http://127.0.0.1:9/v1", api_key=key)) as client:
        with pytest.raises(OwnTimeoutError):
            await client.list_steps_page(THREAD, RUN)


async def test_asyncio_timeout_round_a_request_is_the_callers() -> None:
    async with serving(3) as (client, emulator):
        emulator.inject(Stall())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.list_steps_page(THREAD, RUN)
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 3


async def test_the_last_error_is_the_one_that_is_raised() -> None:
    async with serving(3, retry=AT_ONCE) as (client, emulator):
        for status in (500, 502, 503, 409):
            emulator.inject(Answer(status, headers={"Retry-After": "0"}))
        with pytest.raises(ConflictError):
            await client.list_steps_page(THREAD, RUN)


# --- What can be seen -------------------------------------------------------------------------------------------


async def test_staminas_instrumentation_shows_each_retry(retries: list[stamina.instrumentation.RetryDetails]) -> None:
    async with serving(3, retry=AT_ONCE) as (client, emulator):
        emulator.inject(Reset())
        emulator.inject(Answer(500))
        await client.list_steps_page(THREAD, RUN)
    route = "/threads/{thread_id}/runs/{run_id}/steps"
    assert [details.name for details in retries] == [f"openai_steps.GET {route}"] * 2
    assert [details.args for details in retries] == [(f"/threads/{THREAD}/runs/{RUN}/steps",)] * 2
    assert [type(details.caused_by) for details in retries] == [APIConnectionError, InternalServerError]
    assert [details.retry_num for details in retries] == [1, 2]


async def test_a_request_that_succeeds_is_no_retry(retries: list[stamina.instrumentation.RetryDetails]) -> None:
    async with serving(3, retry=AT_ONCE) as (client, _):
        await client.list_steps_page(THREAD, RUN)
    assert retries == []


async def test_staminas_test_mode_waits_for_nothing() -> None:
    policy = RetryPolicy(attempts=4, wait_initial=3000, wait_max=3000)
    async with serving(3, retry=policy, timeout=Timeouts(total=10_000)) as (client, emulator):
        with stamina.set_testing(True, attempts=3):
            emulator.inject(Answer(500))
            emulator.inject(Answer(429, headers={"Retry-After": "3000"}))
            await asyncio.wait_for(client.list_steps_page(THREAD, RUN), 20)
            await asyncio.wait_for(client.list_steps_page(THREAD, RUN), 20)  # not held back, either
            emulator.inject(Answer(500), times=9)
            with pytest.raises(InternalServerError):
                await asyncio.wait_for(client.list_steps_page(THREAD, RUN), 20)
        assert len(emulator.requests) == 3 + 1 + 3  # the test mode's number of attempts


async def test_no_log_and_no_hook_tells_the_key(
    caplog: pytest.LogCaptureFixture, retries: list[stamina.instrumentation.RetryDetails]
) -> None:
    caplog.set_level(logging.DEBUG)

    def with_key(base_url: str) -> Endpoint:
        return Endpoint.compatible(base_url, api_key=KEY)

    async with serving(3, api_key=KEY, endpoint=with_key, retry=AT_ONCE) as (client, emulator):
        emulator.inject(Reset())
        emulator.inject(Answer(500, {"error": {"message": f"no such key: {KEY}"}}))
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 3
    assert len(retries) == 2
    assert "retry" in caplog.text
    assert KEY not in repr(retries) + caplog.text


# --- A session of the user's own --------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"raise_for_status": True}, {"auto_decompress": False}, {"read_bufsize": 64}])
async def test_the_settings_of_a_session_do_not_get_in_the_way(settings: dict[str, Any]) -> None:
    async with aiohttp.ClientSession(**settings) as session, serving(3, session=session) as (client, _):
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 3
        with pytest.raises(NotFoundError):
            await client.list_steps_page(THREAD, "run_unknown")
