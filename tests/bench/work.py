"""One client at one job; prints one JSON line: seconds of CPU and on the clock, steps, peak memory.

usage: work.py CLIENT JOB PORT

Clients: ours, openai, azure (azure-ai-agents), floor (aiohttp and orjson alone, plain dicts: what Python can reach).
Jobs: stream (one run of 10,000 steps, one by one), touch (the same, and what each step did is looked at), long (the
same with 100,000), collect (2,000 steps into a list),
slow (2,000 steps, and 40 ms of other work after each hundred), fleet (400 runs of 10 steps, 64 at once), import (only
that, with what it needs to be used), growth (the steps of one run of 100,000 and of runs of 1,000, in turns of 5,000;
prints the ratio of their CPU), odd (pages in which one tool of a hundred steps is odd, and plain ones, in turns; prints
the ratio), block (seconds for which a page of 64 MiB holds the loop), million (MiB for a walk of a million steps).

Imports, the first connection and the first page are not counted, but for the job import. A machine that others use,
too, is fast and slow by turns of a second, so a job is done again, by a new client, until two seconds have passed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

THREAD = "thread_bench"
ENOUGH = 2.0  # seconds
STREAMS = {"stream": 10_000, "touch": 10_000, "long": 100_000}


class Client(Protocol):
    async def enter(self, stack: AsyncExitStack, base_url: str) -> None: ...
    def steps(self, run: str) -> AsyncIterator[Any]: ...
    async def collect(self, run: str) -> list[Any]: ...
    async def fleet(self, runs: list[str]) -> int: ...


class Ours:
    async def enter(self, stack: AsyncExitStack, base_url: str) -> None:
        from openai_steps import AsyncStepsClient

        self.client = await stack.enter_async_context(AsyncStepsClient(api_key="key", base_url=base_url))

    def steps(self, run: str) -> AsyncIterator[Any]:
        return self.client.iter_steps(THREAD, run, order="asc")

    async def collect(self, run: str) -> list[Any]:
        return await self.client.collect_steps(THREAD, run, order="asc")

    async def fleet(self, runs: list[str]) -> int:
        from openai_steps import RunRef

        refs = [RunRef(THREAD, run) for run in runs]
        return sum([len(read.steps) async for read in self.client.read_runs(refs, concurrency=64)])


class Peer:
    """A client with nothing but a way to iterate."""

    def steps(self, run: str) -> AsyncIterator[Any]:
        raise NotImplementedError

    async def collect(self, run: str) -> list[Any]:
        return [step async for step in self.steps(run)]

    async def fleet(self, runs: list[str]) -> int:
        slots = asyncio.Semaphore(64)

        async def read(run: str) -> int:
            async with slots:
                return len(await self.collect(run))

        return sum(await asyncio.gather(*map(read, runs)))


class OpenAI(Peer):
    async def enter(self, stack: AsyncExitStack, base_url: str) -> None:
        import openai

        client = openai.AsyncOpenAI(api_key="key", base_url=base_url)
        self.client = await stack.enter_async_context(client)
        self.list = client.beta.threads.runs.steps.list

    def steps(self, run: str) -> AsyncIterator[Any]:
        return aiter(self.list(run, thread_id=THREAD, limit=100, order="asc"))


class Azure(Peer):
    async def enter(self, stack: AsyncExitStack, base_url: str) -> None:
        from azure.ai.agents.aio import AgentsClient
        from azure.core.pipeline.policies import SansIOHTTPPolicy

        # Without a policy of our own it refuses to send its token over plain HTTP.
        options: dict[str, Any] = {"credential": object(), "authentication_policy": SansIOHTTPPolicy()}
        self.client = await stack.enter_async_context(AgentsClient(endpoint=base_url, **options))

    def steps(self, run: str) -> AsyncIterator[Any]:
        return aiter(self.client.run_steps.list(THREAD, run, limit=100, order="asc"))


class Floor(Peer):
    async def enter(self, stack: AsyncExitStack, base_url: str) -> None:
        import aiohttp

        self.base_url = base_url
        self.session = await stack.enter_async_context(aiohttp.ClientSession())

    async def steps(self, run: str) -> AsyncIterator[Any]:
        import orjson

        query = {"limit": "100", "order": "asc"}
        while True:
            url = f"{self.base_url}/threads/{THREAD}/runs/{run}/steps"
            async with self.session.get(url, params=query) as response:
                body = orjson.loads(await response.read())
            for step in body["data"]:
                yield step
            if not body["has_more"]:
                return
            query["after"] = body["data"][-1]["id"]


CLIENTS: dict[str, Callable[[], Client]] = {"ours": Ours, "openai": OpenAI, "azure": Azure, "floor": Floor}


async def do(client: Client, job: str) -> int:
    if job in STREAMS:
        count = 0
        async for step in client.steps(f"run_{STREAMS[job]}"):
            count += 1
            if job == "touch":
                _ = step["step_details"] if isinstance(step, dict) else step.step_details
        return count
    if job == "collect":
        return len(await client.collect("run_2000"))
    if job == "slow":
        count = 0
        async for _ in client.steps("run_2000"):
            count += 1
            if count % 100 == 0:
                await asyncio.sleep(0.04)
        return count
    return await client.fleet(["run_10"] * 400)


async def measure_growth(name: str, port: int) -> dict[str, float]:
    """Return how much more CPU a step of a long run takes than one of a short run."""
    seconds = {"long": 0.0, "short": 0.0}
    async with connected(name, port) as client:
        long_run = client.steps("run_100000")
        for _ in range(20):
            seconds["long"] += await cpu_of(long_run, 5_000)
            for _ in range(5):
                seconds["short"] += await cpu_of(client.steps("run_1000"), 5_000)
    return {"growth": seconds["long"] / seconds["short"]}


async def cpu_of(steps: AsyncIterator[Any], at_most: int) -> float:
    cpu, count = time.process_time(), 0
    async for _ in steps:
        count += 1
        if count == at_most:
            break
    return time.process_time() - cpu


async def measure(name: str, job: str, port: int) -> dict[str, Any]:
    total: Counter[str] = Counter()
    while total["clock"] < ENOUGH:
        total.update(await measure_once(name, job, port))
    return dict(total)


async def measure_once(name: str, job: str, port: int) -> dict[str, Any]:
    async with connected(name, port) as client:
        clock, cpu = time.perf_counter(), time.process_time()
        steps = await do(client, job)
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    return {"steps": steps, "clock": clock, "cpu": cpu}


@asynccontextmanager
async def connected(name: str, port: int) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        client = CLIENTS[name]()
        await client.enter(stack, f"http://127.0.0.1:{port}/v1")
        async for _ in client.steps("run_1"):
            pass
        yield client


def measure_odd() -> dict[str, Any]:
    """Return how much more CPU a page takes in which one tool of a hundred steps is odd."""
    from server import page

    from openai_steps import StepPage
    from openai_steps._json.decoder import decode

    bodies = {"plain": page(100, 100, "asc", None)}
    bodies["odd"] = bodies["plain"].replace(b'"arguments":"{', b'"arguments":7,"was":"{', 1)
    seconds = {"plain": 0.0, "odd": 0.0}
    for _ in range(300):
        for kind, body in bodies.items():
            began = time.process_time()
            decode(body, StepPage)
            seconds[kind] += time.process_time() - began
    return {"odd": seconds["odd"] / seconds["plain"]}


def measure_block() -> dict[str, Any]:
    """Return how long the loop stands still for a page of 64 MiB, the largest that is read."""
    from server import page

    from openai_steps import StepPage
    from openai_steps._http.replies import Reply, read_reply
    from openai_steps._http.requests import Request

    body = page(100, 100, "asc", None)
    steps = body[body.index(b"[") + 1 : body.rindex(b"]")]
    times = 64 * 1024 * 1024 // (len(steps) + 1) - 1
    whole = b'{"object":"list","data":[%s],"has_more":false}' % b",".join([steps] * times)
    began = time.process_time()
    read_reply(Reply(200, {}, whole), StepPage, request=Request("http://h/", "/"))
    return {"block": time.process_time() - began}


def measure_million() -> dict[str, Any]:
    """Return how much memory a walk of a million steps takes, which it does not keep."""
    from openai_steps import StepPage
    from openai_steps._json.decoder import decode
    from openai_steps._walks.start import start_walk
    from openai_steps._walks.trust import Trust

    walk = start_walk(order="asc", trust=Trust())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while (query := walk.query) is not None:
        start = 0 if query.after is None else int(query.after[5:]) + 1
        steps = ",".join(
            f'{{"id":"step_{n:024d}","created_at":{n}}}' for n in range(start, min(start + 100, 1_000_000))
        )
        more = "true" if start + 100 < 1_000_000 else "false"
        walk.feed(decode(f'{{"data":[{steps}],"has_more":{more}}}'.encode(), StepPage))
    return {"million": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


LOCAL: dict[str, Callable[[], dict[str, Any]]] = {
    "odd": measure_odd,
    "block": measure_block,
    "million": measure_million,
}


def import_ours() -> None:
    from openai_steps import AsyncStepsClient  # noqa: F401 - it is loaded on first use


def import_openai() -> None:
    import openai

    _ = openai.AsyncOpenAI(api_key="key").beta.threads.runs.steps  # likewise


def import_azure() -> None:
    import azure.ai.agents.aio  # noqa: F401


def import_floor() -> None:
    """What ours stands on."""
    import aiohttp  # noqa: F401
    import attrs  # noqa: F401
    import cattrs  # noqa: F401
    import orjson  # noqa: F401


IMPORTS = {"ours": import_ours, "openai": import_openai, "azure": import_azure, "floor": import_floor}


def measure_import(name: str) -> dict[str, Any]:
    clock, cpu = time.perf_counter(), time.process_time()
    IMPORTS[name]()
    return {"steps": 0, "clock": time.perf_counter() - clock, "cpu": time.process_time() - cpu}


def main() -> None:
    name, job, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    warnings.simplefilter("ignore")
    if job == "import":
        figures = measure_import(name)
    elif job in LOCAL:
        figures = LOCAL[job]()
    else:
        figures = asyncio.run(measure_growth(name, port) if job == "growth" else measure(name, job, port))
    figures["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"client": name, "job": job, **figures}))


if __name__ == "__main__":
    main()
