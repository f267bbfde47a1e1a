import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_steps.export._pace import burst_period, make_limiter, useful_concurrency


async def test_no_more_than_the_rate() -> None:
    limiter = make_limiter(200)
    started = time.monotonic()
    for _ in range(60):
        async with limiter:
            pass
    assert time.monotonic() - started >= (60 - 20) / 200 * 0.99


async def test_less_than_one_a_second() -> None:
    limiter = make_limiter(0.5)
    async with limiter:
        pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await limiter.acquire()


@given(st.floats(0.01, 10_000))
async def test_a_burst_is_one_request_or_a_tenth_of_a_second_s_worth(rate: float) -> None:
    limiter = make_limiter(rate)
    assert limiter.max_rate == pytest.approx(max(1, rate / 10))
    assert limiter.max_rate / limiter.time_period == pytest.approx(rate)
    assert burst_period(rate) == limiter.time_period
    assert limiter.has_capacity(1)


@given(st.integers(1, 1000), st.none() | st.floats(0.01, 10_000))
def test_nobody_waits_long_for_a_turn(wanted: int, rate: float | None) -> None:
    at_once = useful_concurrency(wanted, rate)
    assert 1 <= at_once <= wanted
    assert rate is None or at_once == 1 or (at_once - 1) / rate <= 10


@pytest.mark.parametrize("rate", [0, -1, float("nan"), True])
def test_no_rate(rate: float) -> None:
    with pytest.raises(ValueError, match="max_per_second"):
        make_limiter(rate)
