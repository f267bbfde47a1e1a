from __future__ import annotations

import asyncio
import time

import pytest

from openai_steps import APITimeoutError, Timeouts
from openai_steps._http.requests import Request
from openai_steps._sending.deadline import Call

REQUEST = Request("https://host/v1/threads/t", "/threads/t")


def test_an_attempt_has_no_more_time_than_the_call() -> None:
    call = Call(REQUEST, Timeouts(attempt=30, total=60))
    now = time.monotonic()
    assert call.time_for_attempt(now) == 30
    assert call.time_for_attempt(now + 50) == pytest.approx(10, abs=1)
    assert call.time_for_attempt(now + 70) < 0
    assert 0 < call.time_left <= 60


async def test_what_it_waited_for_is_told() -> None:
    call = Call(REQUEST, Timeouts(total=0.01))
    with pytest.raises(APITimeoutError, match=r"Not sent: 0\.01 s .* waited for the bus \(GET /threads/t\)"):
        await call.wait_for("the bus", asyncio.Event().wait())


def test_errors_name_the_request_and_the_times() -> None:
    call = Call(REQUEST, Timeouts(attempt=30, total=60))
    assert "within 30 s, 60 s with all retries (GET /threads/t)" in str(call.timed_out())
    held = call.held_back(100.0)
    assert (held.status, held.retry_after) == (429, 100.0)
    assert "no place for another 100 s" in str(held)
