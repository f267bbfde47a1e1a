"""What can be seen of requests: by an observer, in the log, and by stamina's hooks."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import pytest
import stamina.instrumentation
from sample_steps import RUN, THREAD
from serving import serving

from openai_steps import (
    APIConnectionError,
    APITimeoutError,
    AsyncStepsClient,
    AuthenticationError,
    Endpoint,
    InternalServerError,
    Limits,
    NotFoundError,
    RateLimitError,
    RequestEvent,
    ResponseTooLargeError,
    RetryPolicy,
    Timeouts,
)
from openai_steps._sending.observe import keep_stamina_quiet
from openai_steps.emulator import Answer, Reset, Stall

AT_ONCE = RetryPolicy(attempts=4, wait_initial=0)
STEPS = "/threads/{thread_id}/runs/{run_id}/steps"


async def test_each_attempt_is_told_once() -> None:
    events: list[RequestEvent] = []
    async with serving(3, retry=AT_ONCE, observer=events.append) as (client, emulator):
        emulator.inject(Answer(500, {"error": {"message": "no"}}))
        emulator.inject(Reset())
        page = await client.list_steps_page(THREAD, RUN, limit=2)
        assert len(page.data) == 2
    assert [(event.attempt, event.status, type(event.error)) for event in events] == [
        (1, 500, InternalServerError),
        (2, None, APIConnectionError),
        (3, 200, type(None)),
    ]
    assert {(event.method, event.route, event.path) for event in events} == {
        ("GET", STEPS, f"/threads/{THREAD}/runs/{RUN}/steps")
    }
    assert all(0 < event.seconds < 60 for event in events)
    assert all(0 <= event.seconds_held_back < 60 for event in events)
    assert [event.bytes > 0 for event in events] == [True, False, True]


@pytest.mark.parametrize(
    ("fault", "settings", "status", "error"),
    [
        (Answer(404), {}, 404, NotFoundError),
        (Answer(429, headers={"Retry-After": "3000"}), {}, 429, RateLimitError),
        (Answer(401), {}, 401, AuthenticationError),
        (Stall(), {"timeout": Timeouts(attempt=0.05, total=0.05)}, None, APITimeoutError),
        (Answer(200, "x" * 5000), {"limits": Limits(max_body_bytes=1000)}, None, ResponseTooLargeError),
    ],
)
async def test_what_went_wrong_is_told(
    fault: Any, settings: dict[str, Any], status: int | None, error: type[Exception]
) -> None:
    events: list[RequestEvent] = []
    async with serving(3, observer=events.append, **settings) as (client, emulator):
        emulator.inject(fault)
        with pytest.raises(error) as caught:
            await client.get_run(THREAD, RUN)
    assert [(event.status, event.error) for event in events] == [(status, caught.value)]
    assert events[0].route == "/threads/{thread_id}/runs/{run_id}"


async def test_a_fresh_token_after_a_401_is_another_attempt() -> None:
    class Token:
        token, expires_on = "token-1", 2**40

    class Credential:
        async def get_token(self, *_scopes: str) -> Token:
            return Token()

    def endpoint(base_url: str) -> Endpoint:
        from attrs import evolve

        return evolve(Endpoint.compatible(base_url), credential=Credential(), scope="s")

    events: list[RequestEvent] = []
    async with serving(3, endpoint=endpoint, observer=events.append) as (client, emulator):
        emulator.inject(Answer(401))
        await client.get_run(THREAD, RUN)
    assert [(event.attempt, event.status) for event in events] == [(1, 401), (2, 200)]


async def test_time_held_back_is_told() -> None:
    events: list[RequestEvent] = []
    async with serving(3, observer=events.append) as (client, emulator):
        emulator.inject(Answer(429, headers={"retry-after-ms": "500"}))
        with pytest.raises(RateLimitError):
            await client.get_run(THREAD, RUN)
        await client.get_run(THREAD, RUN)
    assert events[0].seconds_held_back < 0.4 < events[1].seconds_held_back


async def test_an_observer_that_fails_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def observer(_event: RequestEvent) -> None:
        raise LookupError("of its own")

    async with serving(3, observer=observer) as (client, _):
        assert len((await client.list_steps_page(THREAD, RUN)).data) == 3
    records = [record for record in caplog.records if record.name == "openai_steps"]
    assert [record.levelno for record in records] == [logging.ERROR]
    assert "of its own" in caplog.text


async def test_what_is_called_off_is_not_told() -> None:
    events: list[RequestEvent] = []
    async with serving(3, observer=events.append) as (client, emulator):
        emulator.inject(Stall())
        task = asyncio.create_task(client.get_run(THREAD, RUN))
        await asyncio.sleep(0)  # it has begun
        task.cancel()
        await asyncio.wait([task])
    assert events == []


def test_an_observer_is_a_function() -> None:
    with pytest.raises(ValueError, match=r"^observer must be a function, not int\."):
        AsyncStepsClient(Endpoint.compatible("http://h/v1"), observer=5)  # type: ignore[arg-type]


# --- The log ----------------------------------------------------------------------------------------------------


async def test_levels_mean_something(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "openai_steps")
    async with serving(3, retry=AT_ONCE) as (client, emulator):
        emulator.inject(Answer(500))
        await client.get_run(THREAD, RUN)
    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "openai_steps"]
    assert [level for level, _ in told] == ["DEBUG", "INFO", "DEBUG"]
    path = f"GET /threads/{THREAD}/runs/{RUN}"
    assert told[0][1].startswith(f"{path}: 500 in ")
    assert told[1][1].startswith(f"{path}: again in ")
    assert "500 Internal Server Error" in told[1][1]
    assert told[2][1].endswith("(attempt 2)")


SCRIPT = """
    import asyncio
    from openai_steps import AsyncStepsClient, Endpoint, RetryPolicy
    from openai_steps.emulator import Answer, Emulator
    {setup}
    def fails(event):
        raise ValueError
    async def main():
        emulator = Emulator()
        emulator.store.add_run("t", "r")
        emulator.inject(Answer(500))
        async with emulator.serve() as base_url:
            retry = RetryPolicy(wait_initial=0)
            async with AsyncStepsClient(Endpoint.compatible(base_url), retry=retry, observer=fails) as client:
                await client.get_run("t", "r")
    asyncio.run(main())
    print("done")
"""
FAKE_STRUCTLOG = """
    import sys, types
    structlog = types.ModuleType("structlog")
    class Logger:
        def warning(self, event, **values):
            print(event)
    structlog.get_logger = lambda *names: Logger()
    structlog.is_configured = lambda: {configured}
    sys.modules["structlog"] = structlog
"""


@pytest.mark.parametrize(
    ("setup", "printed"),
    [
        ("", "done\n"),
        (FAKE_STRUCTLOG.format(configured=False), "done\n"),
        (FAKE_STRUCTLOG.format(configured=True), "stamina.retry_scheduled\ndone\n"),
    ],
    ids=["nothing", "structlog", "structlog that is configured"],
)
def test_a_script_that_has_set_up_no_logging_prints_nothing_of_its_own_accord(setup: str, printed: str) -> None:
    script = textwrap.dedent(SCRIPT.format(setup=setup))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert (done.stdout, done.stderr) == (printed, "")


@pytest.fixture
def _default_hooks() -> Iterator[None]:
    stamina.instrumentation.set_on_retry_hooks(None)
    yield
    stamina.instrumentation.set_on_retry_hooks(None)


@pytest.mark.usefixtures("_default_hooks")
async def test_hooks_of_the_users_own_are_left_alone() -> None:
    seen: list[stamina.instrumentation.RetryDetails] = []
    hook: Any = seen.append
    stamina.instrumentation.set_on_retry_hooks([hook])
    async with serving(3, retry=AT_ONCE) as (client, emulator):
        emulator.inject(Answer(500))
        await client.list_steps_page(THREAD, RUN)
    assert stamina.instrumentation.get_on_retry_hooks() == (hook,)
    assert [details.name for details in seen] == [f"openai_steps.GET {STEPS}"]
    assert isinstance(hook, types.BuiltinMethodType)


def test_what_keeps_stamina_quiet_does_not_pile_up() -> None:
    """It is called for each request that is tried again, in a service that runs for months."""
    keep_stamina_quiet()
    handlers, hooks = list(logging.getLogger("stamina").handlers), stamina.instrumentation.get_on_retry_hooks()
    for _ in range(3):
        keep_stamina_quiet()
    assert logging.getLogger("stamina").handlers == handlers
    assert stamina.instrumentation.get_on_retry_hooks() == hooks
