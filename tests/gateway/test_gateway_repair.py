"""In front of broken servers: the contract's pages, or 502, and never a short list."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import warnings
from typing import Any

import pytest
from gateway_setup import KEY, STEPS, gateway
from sample_steps import RUN, THREAD, make_step, make_steps

from openai_steps import AsyncStepsClient, RunStep, structure_step
from openai_steps.emulator import DIALECTS, Answer, Dialect, Query, list_steps

RANDOM = [17, 3, 99, 42, 8, 71, 55, 23, 64, 12, 90, 31]  # ids that do not rise
SHUFFLED = [make_step(place, id=f"step_{number:02}") for place, number in enumerate(RANDOM)]
TIED = [make_step(place // 2, id=f"step_{number:02}") for place, number in enumerate(RANDOM)]

QUERIES: list[dict[str, Any]] = [
    *({"limit": limit, "order": order} for limit in (1, 4, 100) for order in ("asc", "desc")),
    *({"order": order, cursor: "step_71"} for order in ("asc", "desc") for cursor in ("after", "before")),
    *({"limit": 3, "order": order, cursor: "step_71"} for order in ("asc", "desc") for cursor in ("after", "before")),
    *({"order": order, "after": "step_03", "before": "step_90"} for order in ("asc", "desc")),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("steps", [SHUFFLED, TIED], ids=["distinct times", "equal times"])
async def test_every_answer_is_the_contracts_or_refused(dialect: str, steps: list[dict[str, Any]]) -> None:
    async with gateway(steps, dialect=dialect, repair=True) as served:
        for query in QUERIES:
            answer = await served.get(STEPS + "?" + "&".join(f"{name}={value}" for name, value in query.items()))
            if answer.status == 502:
                assert answer.error["code"] == "upstream_paging"
                assert answer.headers["x-should-retry"] == "false"
                continue
            assert answer.headers["x-openai-steps-repair"] == "exact"
            expected = list_steps(steps, Query(**query), Dialect())
            ids = [step["id"] for step in expected["data"]]
            if steps is TIED:
                if DIALECTS[dialect].stamps == "kept":
                    times = {step["created_at"] for step in steps}
                    assert {step["created_at"] for step in answer.json["data"]} <= times
                assert len(answer.ids) == len(ids) or "after" in query or "before" in query
            else:
                assert answer.ids == ids
                assert {**answer.json, "data": []} == {**expected, "data": []}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_list_of_a_page_or_two_is_mended_on_every_server_known(dialect: str) -> None:
    async with gateway(SHUFFLED, dialect=dialect, repair=True) as served:
        answer = await served.get(f"{STEPS}?order=asc&limit=4&before=step_71")
        assert answer.status == 200
        assert answer.ids == ["step_03", "step_99", "step_42", "step_08"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_long_list_is_refused_only_where_random_ids_are_compared(dialect: str) -> None:
    numbers = random.Random(250).sample(range(1000), 250)
    steps = [make_step(place, id=f"step_{number:03}") for place, number in enumerate(numbers)]
    async with gateway(steps, dialect=dialect, repair=True) as served:
        answer = await served.get(f"{STEPS}?order=asc&limit=100&after={steps[99]['id']}")
        if DIALECTS[dialect].after in ("by_id", "wrong_side"):
            assert (answer.status, answer.error["code"]) == (502, "upstream_paging")
        else:
            assert answer.ids == [step["id"] for step in steps[100:200]]


@pytest.mark.parametrize("count", [0, 1, 250])
async def test_lists_of_any_length(count: int) -> None:
    async with gateway(count, dialect="openai_responses", repair=True) as served:
        async with AsyncStepsClient(base_url=served.base_url) as client:
            read = [step.id async for step in client.iter_steps(THREAD, RUN, order="asc", page_size=40)]
        assert read == [step["id"] for step in make_steps(count)]


async def test_openai_python_walks_backwards_where_it_could_not() -> None:
    openai = pytest.importorskip("openai")
    async with gateway(SHUFFLED, dialect="openai_responses", repair=True) as served:
        async with openai.AsyncOpenAI(base_url=served.base_url, api_key="unused") as client:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                listing = client.beta.threads.runs.steps.list
                page = await listing(RUN, thread_id=THREAD, limit=5, order="asc", before="step_31")
                read = [page.data]
                while page.has_more:
                    page = await listing(RUN, thread_id=THREAD, limit=5, order="asc", before=page.data[0].id)
                    read.insert(0, page.data)
        assert [step.id for step in itertools.chain(*read)] == [step["id"] for step in SHUFFLED][:-1]


async def test_an_ended_run_is_read_once() -> None:
    async with gateway(30, repair=True) as served:
        answers = await asyncio.gather(*(served.get(f"{STEPS}?limit=7") for _ in range(10)))
        first = len(served.emulator.requests)
        assert len({answer.body for answer in answers}) == 1
        assert (await served.get(f"{STEPS}?limit=7")).body == answers[0].body
        assert len(served.emulator.requests) == first <= 6
        assert [event.source for event in served.events][-1] == "cache"
        assert (await served.ask("HEAD", f"{STEPS}?limit=7")).headers["content-length"] == str(len(answers[0].body))
        assert {request.headers["Authorization"] for request in served.emulator.requests} == {f"Bearer {KEY}"}


async def test_callers_who_ask_at_once_for_other_things_get_each_their_own() -> None:
    include = "include[]=step_details.tool_calls[*].file_search.results[*].content"
    async with gateway(3, repair=True) as served:
        served.emulator.store.add_run(THREAD, "run_2", steps=[make_step(9, run_id="run_2")])
        other = STEPS.replace(RUN, "run_2")
        for _ in range(2):  # read, and then from the cache
            targets = [STEPS, other, f"{STEPS}?{include}", f"{other}?{include}"] * 3
            answers = await asyncio.gather(*map(served.get, targets))
            for target, answer in zip(targets, answers, strict=True):
                assert answer.ids == (["step_0009"] if "run_2" in target else ["step_0002", "step_0001", "step_0000"])
        asked = {(request.raw_path, "include" in request.raw_query) for request in served.emulator.requests}
        lists = {(path, including) for path, including in asked if path.endswith("/steps")}
        assert lists == {(path, including) for path in (STEPS, other) for including in (False, True)}
        assert {event.source for event in served.events[-12:]} == {"cache"}


async def test_a_live_run_is_read_each_time() -> None:
    async with gateway(3, repair=True) as served:
        served.emulator.store.set_run_status(THREAD, RUN, "in_progress")
        assert len((await served.get()).ids) == 3
        served.emulator.store.append_step(THREAD, RUN, make_step(3))
        assert (await served.get()).ids[0] == "step_0003"


async def test_a_run_that_grows_between_two_readings_is_read_once_more() -> None:
    async with gateway(3, repair=True) as served:
        store, requests = served.emulator.store, served.emulator

        class Grow:
            async def play(self, exchange: Any) -> Any:
                store.append_step(THREAD, RUN, make_step(3))
                return exchange.normal()

        store.set_run_status(THREAD, RUN, "in_progress")
        requests.inject(Grow(), matching=lambda request: "order=desc" in request.raw_query)
        assert len((await served.get()).ids) == 4


async def test_one_that_never_agrees_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway(3, repair=True) as served:
        numbers = itertools.count(1)

        async def grow(*_: Any, **__: Any) -> list[RunStep]:
            return [structure_step(step) for step in make_steps(next(numbers))]

        monkeypatch.setattr(served.client, "collect_steps", grow)
        answer = await served.get()
        assert (answer.status, answer.error["code"]) == (502, "upstream_paging")
        assert "5 times in a row" in answer.error["message"]


async def test_what_is_no_list_is_passed_on() -> None:
    async with gateway(3, repair=True) as served:
        for target in (f"{STEPS}/step_0001", STEPS.removesuffix("/steps")):
            answer = await served.get(target)
            assert (answer.status, answer.headers["x-openai-steps-repair"]) == (200, "passed")


async def test_errors_are_the_servers() -> None:
    async with gateway(3, repair=True) as served:
        assert (await served.get("/v1/threads/thread_1/runs/run_2/steps")).status == 404
        served.emulator.inject(Answer(429, {"error": {"message": "slow"}}, headers={"Retry-After": "9"}), times=9)
        limited = await served.get()
        assert (limited.status, limited.headers["retry-after"]) == (429, "9")


async def test_a_cursor_of_no_step_is_404_as_the_contract_has_it() -> None:
    async with gateway(3, dialect="openai_responses", repair=True) as served:
        answer = await served.get(f"{STEPS}?after=step_none")
        assert (answer.status, answer.error["param"]) == (404, "after")


async def test_a_key_echoed_in_a_step_is_masked() -> None:
    async with gateway([make_step(1, metadata={"echo": KEY})], repair=True) as served:
        answer = await served.get()
        assert answer.json["data"][0]["metadata"] == {"echo": "***"}
        assert KEY not in json.dumps(answer.json)


async def test_without_repair_nothing_is_said_of_it() -> None:
    async with gateway(3) as served:
        assert "x-openai-steps-repair" not in (await served.get()).headers
