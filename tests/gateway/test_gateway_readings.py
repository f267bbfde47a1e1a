"""Each run is read once at a time, and kept while it is worth it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from sample_steps import make_steps

from openai_steps import APIConnectionError, structure_step
from openai_steps.gateway._contract import whole_run
from openai_steps.gateway._readings import KEEP_SECONDS, Key, Reading, Readings

RUN = whole_run(structure_step(step) for step in make_steps(3))


class Source:
    """Reads runs when it is told to, and counts."""

    def __init__(self, *, has_ended: bool = True) -> None:
        self.counted: Counter[str] = Counter()
        self.cancelled: Counter[str] = Counter()
        self.go = asyncio.Event()
        self.has_ended = has_ended
        self.fails = False
        self.now = 0.0

    async def read(self, key: Key) -> Reading:
        self.counted[key[1]] += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled[key[1]] += 1
            raise
        if self.fails:
            raise APIConnectionError("away")
        return Reading(RUN, self.has_ended)

    def readings(self, max_bytes: int = 10**9) -> Readings:
        return Readings(self.read, now=lambda: self.now, max_bytes=max_bytes)


def key(run: str, *include: str) -> Key:
    return ("thread", run, include)


@pytest.mark.parametrize("has_ended", [True, False])
async def test_who_asks_at_once_shares_a_reading(*, has_ended: bool) -> None:
    source = Source(has_ended=has_ended)
    readings = source.readings()
    asked = [asyncio.create_task(readings.get(key("a"))) for _ in range(5)]
    other = asyncio.create_task(readings.get(key("b")))
    with_content = asyncio.create_task(readings.get(key("a", "content")))
    await asyncio.sleep(0)
    source.go.set()
    assert {origin for _, origin in await asyncio.gather(*asked, other, with_content)} == {"server"}
    assert source.counted == {"a": 2, "b": 1}  # each thing included is a reading of its own
    assert (await readings.get(key("a")))[1] == ("cache" if has_ended else "server")


async def test_what_is_kept_is_kept_for_a_while() -> None:
    source = Source()
    source.go.set()
    readings = source.readings()
    await readings.get(key("a"))
    source.now = KEEP_SECONDS - 1
    assert (await readings.get(key("a")))[1] == "cache"
    source.now = KEEP_SECONDS
    assert (await readings.get(key("a")))[1] == "server"


async def test_the_least_used_goes_first() -> None:
    source = Source()
    source.go.set()
    readings = source.readings(max_bytes=2 * RUN.size)
    for run in ("a", "b", "a", "c"):
        await readings.get(key(run))
    assert [(await readings.get(key(run)))[1] for run in ("a", "c", "b")] == ["cache", "cache", "server"]
    assert readings._bytes <= 2 * RUN.size


async def test_one_that_is_too_big_is_not_kept() -> None:
    source = Source()
    source.go.set()
    readings = source.readings(max_bytes=RUN.size - 1)
    await readings.get(key("a"))
    assert (await readings.get(key("a")))[1] == "server"
    assert readings._bytes == 0


async def test_a_failure_is_everybodys_and_is_not_kept() -> None:
    source = Source()
    source.fails = True
    readings = source.readings()
    asked = [asyncio.create_task(readings.get(key("a"))) for _ in range(3)]
    await asyncio.sleep(0)
    source.go.set()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in told] == [APIConnectionError] * 3
    source.fails = False
    assert (await readings.get(key("a")))[0] is RUN
    assert source.counted == {"a": 2}


async def test_who_goes_away_stops_nobody_and_the_last_one_stops_the_reading() -> None:
    source = Source()
    readings = source.readings()
    first, second = (asyncio.create_task(readings.get(key("a"))) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    assert not source.cancelled
    second.cancel()
    await asyncio.wait([second])
    await asyncio.sleep(0)
    assert source.cancelled == {"a": 1}
    source.go.set()
    assert (await readings.get(key("a")))[0] is RUN
    assert len(asyncio.all_tasks()) == 1
