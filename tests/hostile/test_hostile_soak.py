"""A long run under random faults: every list that is read equals the truth, or was refused; nothing grows.

``SOAK_REQUESTS`` is its length: some seconds by default, an hour's work with a million. ``SOAK_SEED`` repeats a run.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from attrs import Factory, define
from census import nothing_left, settle, sockets
from sample_steps import THREAD, make_steps
from yarl import URL

from openai_steps import AsyncStepsClient, Endpoint, Limits, RetryPolicy, StepsError, Timeouts
from openai_steps.emulator import Answer, CloseAfter, Cut, Delay, Emulator, Exchange, Fault, Reset, Stall

resource = pytest.importorskip("resource", reason="Windows has none")
REQUESTS = int(os.environ.get("SOAK_REQUESTS", "600"))
SEEDS = [int(os.environ["SOAK_SEED"])] if "SOAK_SEED" in os.environ else [1, 2]
WORKERS = 24
LENGTHS = {f"run_{length}": length for length in (0, 1, 7, 40, 150)}
CONNECTIONS = 30


@define
class Odd:
    """A page as PHP, Lua or a careless gateway may write it: no reason to lose a step, or to refuse the page."""

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        response = exchange.normal()
        assert isinstance(response.body, bytes)
        body = json.loads(response.body)
        for step in body.get("data", ()):
            step |= {"metadata": [], "usage": {"total_tokens": "many"}, "last_error": 5, "unknown": [{}]}
            step["created_at"] = float(step["created_at"])
            step["step_details"] = {"type": "tool_calls", "tool_calls": [{"type": "function", "function": "odd"}]}
        return web.json_response(body, status=response.status)


# How often each goes wrong, in ten thousand requests.
FAULTS: list[tuple[int, Fault]] = [
    (300, Reset()),
    (200, Cut()),
    (100, Cut(0)),
    (300, CloseAfter()),
    (200, CloseAfter(announced=True)),
    (200, Answer(500, {"error": {"message": "sorry"}})),
    (100, Answer(503, "<html>busy</html>", content_type="text/html")),
    (50, Answer(503, headers={"retry-after-ms": "5"})),
    (20, Answer(200, "<html>login</html>", content_type="text/html")),
    (20, Answer(200, '{"data": [{"id": 5}]}')),
    (20, Answer(200, b"\x1f\x8b no gzip", headers={"Content-Encoding": "gzip"})),
    (20, Answer(404, {"error": {"message": "gone"}})),
    (200, Delay(0.005)),
    (5, Stall()),
    (300, Odd()),
    (100, Answer(429, headers={"retry-after-ms": "1"})),
    (20, Answer(429, {"error": {"message": "Rate limit is exceeded. Please try again in 2ms."}})),
    (2, Answer(429)),
]


@define
class Weather:
    """Good for most requests, and bad by the dice for others."""

    dice: random.Random
    requests: int = 0
    bad: Counter[str] = Factory(Counter)

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        self.requests += 1
        roll = self.dice.randrange(10_000)
        for weight, fault in FAULTS:
            if roll < weight:
                self.bad[type(fault).__name__] += 1
                return await fault.play(exchange)
            roll -= weight
        return exchange.normal()


@define
class Restarted:
    """A server that goes away now and then, with all its connections, and comes back at the same address."""

    emulator: Emulator
    port: int = 0
    starts: int = 0
    serving: AsyncExitStack = Factory(AsyncExitStack)

    async def start(self) -> str:
        base_url = await self.serving.enter_async_context(self.emulator.serve(port=self.port))
        self.port, self.starts = URL(base_url).port or 0, self.starts + 1
        return base_url

    async def stop(self) -> None:
        await self.serving.aclose()


@define
class Tally:
    lists: int = 0
    refused: int = 0
    resumed: int = 0


async def read_one(client: AsyncStepsClient, dice: random.Random, tally: Tally) -> None:
    """Read one list in one of the ways, check it, and go on after errors as they say."""
    run, length = dice.choice(sorted(LENGTHS.items()))
    order: Any = dice.choice(["asc", "desc"])
    truth = [step["id"] for step in make_steps(length)]
    if order == "desc":
        truth.reverse()
    page_size = dice.choice([3, 20, 100])
    if dice.random() < 0.3:
        try:
            steps = await client.collect_steps(THREAD, run, order=order, page_size=page_size)
        except StepsError:
            tally.refused += 1
            return
        assert [step.id for step in steps] == truth
        tally.lists += 1
        return
    met: list[str] = []
    cursors: dict[str, str | None] = {}
    if length > 2 and dice.random() < 0.4:
        middle = dice.randrange(1, length)
        cursors = {"before": truth[middle]}
        truth = truth[:middle][::-1]
    while True:
        try:
            async for step in client.iter_steps(THREAD, run, order=order, page_size=page_size, **cursors):  # type: ignore[call-overload]
                met.append(step.id)  # noqa: PERF401 - what was met before an error counts
        except StepsError as error:
            tally.resumed += 1
            cursors = {"after": error.resume_after, "before": error.resume_before}
            continue
        assert met == truth
        tally.lists += 1
        return


def memory() -> int:
    """The memory of this process in bytes: now on Linux, the most there was elsewhere."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * int(resource.getpagesize())
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


@pytest.fixture
def _no_logs() -> Iterator[None]:
    """pytest keeps every record, and stamina logs every retry: that would be the memory that grows."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_no_logs")
@pytest.mark.parametrize("seed", SEEDS)
async def test_soak(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.get_running_loop().set_debug(REQUESTS <= 10_000)  # which makes everything slow
    weather, tally = Weather(random.Random(seed)), Tally()
    emulator = Emulator()
    for run, length in LENGTHS.items():
        emulator.store.add_run(THREAD, run, steps=[{**step, "run_id": run} for step in make_steps(length)])
    emulator.inject(weather, times=10**12)
    marks: list[tuple[int, int, int, int]] = []  # requests, bytes, objects, sockets
    started = time.monotonic()
    server = Restarted(emulator)
    async with nothing_left():
        async with AsyncStepsClient(
            Endpoint.compatible(await server.start()),
            retry=RetryPolicy(attempts=3, wait_initial=0.001, wait_max=0.01),
            timeout=Timeouts(attempt=2, total=20),
            limits=Limits(max_connections=CONNECTIONS),
        ) as client:

            async def work(number: int) -> None:
                dice = random.Random(seed * 1000 + number)
                while weather.requests < REQUESTS:
                    await read_one(client, dice, tally)
                    emulator.clear_requests()

            async def watch() -> None:
                for part in range(1, 11):
                    while weather.requests < REQUESTS * part // 10:  # noqa: ASYNC110 - it has no event
                        await asyncio.sleep(0.01)
                    gc.collect()
                    marks.append((weather.requests, memory(), len(gc.get_objects()), len(sockets())))
                    await server.stop()
                    await server.start()

            async with asyncio.TaskGroup() as group:
                group.create_task(watch())
                for number in range(WORKERS):
                    group.create_task(work(number))
        await server.stop()
        await settle()
    with capsys.disabled():
        if REQUESTS > 10_000:
            seconds = time.monotonic() - started
            print(f"\n{weather.requests} requests in {seconds:.0f} s; {tally}; {dict(weather.bad)}")  # noqa: T201
            print(f"{server.starts} starts of the server")  # noqa: T201
            print(*marks, sep="\n")  # noqa: T201
    assert tally.lists > REQUESTS / 50
    assert tally.resumed > 0
    assert server.starts == 11
    assert sum(weather.bad.values()) > REQUESTS / 20
    assert max(count for *_, count in marks) < 4 * CONNECTIONS  # both ends are of this process
    (_, bytes_early, objects_early, _), (_, bytes_late, objects_late, _) = marks[2], marks[-1]
    assert objects_late < objects_early * 1.2 + 5_000
    if sys.platform == "linux":
        assert bytes_late < bytes_early + 16 * 2**20
