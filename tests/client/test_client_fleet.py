"""Many runs at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from walk_servers import full_trust

from openai_steps import AsyncStepsClient, AuthenticationError, NotFoundError, RunRef, RunSteps
from openai_steps.emulator import Answer, Emulator, Store


def step(number: int, *, thread_id: str, run_id: str) -> dict[str, object]:
    return {
        "id": f"step_{run_id}_{number:04d}",
        "object": "thread.run.step",
        "thread_id": thread_id,
        "run_id": run_id,
        "assistant_id": "asst_1",
        "type": "message_creation",
        "status": "completed",
        "created_at": 1_700_000_000 + number,
        "step_details": {"type": "message_creation", "message_creation": {"message_id": f"msg_{number}"}},
    }


@pytest.fixture
def emulator() -> Emulator:
    """Thirty runs: run number n has n steps."""
    store = Store()
    for number in range(30):
        thread_id, run_id = f"thread_{number}", f"run_{number}"
        store.add_run(thread_id, run_id, steps=[step(n, thread_id=thread_id, run_id=run_id) for n in range(number)])
    return Emulator(store=store)


def refs(emulator: Emulator) -> list[RunRef]:
    return [RunRef(thread_id, run_id) for thread_id, run_id in emulator.store.runs()]


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_iter_runs_reads_every_run(emulator: Emulator, in_order: bool, asynchronous: bool) -> None:
    async def arefs() -> AsyncIterator[RunRef]:
        for ref in refs(emulator):
            yield ref

    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        results: dict[RunRef, RunSteps] = {}
        async for run in client.read_runs(
            arefs() if asynchronous else refs(emulator), concurrency=8, in_order=in_order, page_size=7
        ):
            results[RunRef(run.thread_id, run.run_id)] = run
    assert set(results) == set(refs(emulator))
    assert not in_order or list(results) == refs(emulator)
    for ref, run in results.items():
        assert run.error is None
        assert [s.id for s in run.steps] == [s["id"] for s in emulator.store.steps(ref.thread_id, ref.run_id)]


async def test_a_failed_run_keeps_its_steps_and_stops_no_other(emulator: Emulator) -> None:
    emulator.inject(Answer(401), matching=lambda request: "run_20" in request.raw_path and "after" in request.raw_query)
    runs = [*refs(emulator), RunRef("thread_gone", "run_gone"), RunRef("", "run_1")]
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        client._trust["steps"] = full_trust()
        results = [run async for run in client.read_runs(runs, page_size=5, in_order=True)]
    failed = {run.run_id: run for run in results if run.error is not None}
    assert len(results) == 32
    assert set(failed) == {"run_20", "run_gone", "run_1"}
    assert isinstance(failed["run_gone"].error, NotFoundError)
    assert isinstance(failed["run_1"].error, ValueError)
    broken = failed["run_20"]
    assert isinstance(broken.error, AuthenticationError)
    assert [s.id for s in broken.steps] == [f"step_run_20_{n:04d}" for n in range(5)]
    assert broken.error.resume_after == broken.steps[-1].id


async def test_no_request_is_sent_for_steps_nobody_asked_for(emulator: Emulator) -> None:
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        client._trust["steps"] = full_trust()
        async for _ in client.read_runs(refs(emulator)):
            pass
        assert len(emulator.requests) == 30


async def test_leaving_iter_runs_early_leaves_no_task(emulator: Emulator) -> None:
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        before = asyncio.all_tasks()
        async with aclosing(client.read_runs(refs(emulator), concurrency=4)) as results:
            await anext(results)
        assert {task.get_name() for task in asyncio.all_tasks() - before if "_work" in repr(task)} == set()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"concurrency": 2.5}, "concurrency"),
        ({"order": "up"}, "order"),
        ({"page_size": 101}, "page_size"),
        ({"include": "a name"}, "include"),
    ],
)
async def test_bad_arguments_are_no_run_s_error(options: dict[str, object], told: str) -> None:
    async with AsyncStepsClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(ValueError, match=told):
            await anext(client.read_runs([RunRef("thread", "run")], **options))  # type: ignore[arg-type]


async def test_the_server_s_own_text_of_each_step(emulator: Emulator) -> None:
    runs = refs(emulator)
    async with emulator.serve() as base_url, AsyncStepsClient(base_url=base_url) as client:
        async for run in client.read_runs(runs, page_size=7, raw=True):
            texts = [json.loads(text) for text in run.raw or ()]
            assert texts == emulator.store.steps(run.thread_id, run.run_id)
            assert [text["id"] for text in texts] == [step.id for step in run.steps]
        (plain,) = [run async for run in client.read_runs(runs[:1])]
    assert plain.raw is None
