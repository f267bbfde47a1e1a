from __future__ import annotations

import asyncio
import time

import pytest

from openai_steps import APITimeoutError, Timeouts
from openai_steps._http.requests import Request
from openai_steps._sending.pending import PendingRequest

REQUEST = Request("https://host/v1/threads/t", "/threads/t")


def test_an_attempt_has_no_more_time_than_all_attempts_together() -> None:
    pending = PendingRequest(REQUEST, Timeouts(attempt=30, total=60))
    now = time.monotonic()
    assert pending.time_for_attempt(now) == 30
    assert pending.time_for_attempt(now + 50) == pytest.approx(10, abs=1)
    assert pending.time_for_attempt(now + 70) < 0
    assert pending.deadline.time_left <= 60


async def test_what_it_waited_for_is_told() -> None:
    pending = PendingRequest(REQUEST, Timeouts(total=0.01))
    with pytest.raises(APITimeoutError, match=r"Not sent: 10ms .* waited for the bus \(GET /threads/t\)"):
        await pending.wait_for("the bus", asyncio.Event().wait())


def test_errors_name_the_request_and_the_times() -> None:
    pending = PendingRequest(REQUEST, Timeouts(attempt=30, total=60))
    assert "within 30s, 1m 00s with all retries (GET /threads/t)" in str(pending.timed_out())
    held = pending.held_back(100.0)
    assert (held.status, held.retry_after) == (429, 100.0)
    assert "no request through for another 1m 40s" in str(held)
