import json
from collections.abc import Mapping
from typing import Any

from openai_steps import RunRef
from openai_steps.emulator import Answer, Emulator, ReadableStore, Store

_DETAILS: tuple[Mapping[str, Any], ...] = (
    {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
    {
        "type": "tool_calls",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}", "output": "é\u2028"}},
            {"id": "c2", "type": "code_interpreter", "code_interpreter": {"input": "1", "outputs": []}},
        ],
    },
    {"type": "of_tomorrow", "of_tomorrow": {"deep": [1, {"er": None}]}},
)


def make_step(number: int, *, thread_id: str, run_id: str) -> dict[str, Any]:
    return {
        "id": f"step_{run_id}_{number}",
        "object": "thread.run.step",
        "thread_id": thread_id,
        "run_id": run_id,
        "assistant_id": "asst_1",
        "type": _DETAILS[number % 3]["type"],
        "status": "completed",
        "created_at": 1_700_000_000 + number,
        "completed_at": 1_700_000_001 + number,
        "cancelled_at": None,
        "expires_at": None,
        "failed_at": None,
        "last_error": None,
        "step_details": _DETAILS[number % 3],
        "usage": {"prompt_tokens": 1, "completion_tokens": number, "total_tokens": 1 + number},
        "from_the_future": {"kept": True},
    }


def make_store(runs: int, *, steps: int) -> Store:
    """Runs with up to so many steps: run number n has ``n % (steps + 1)`` of them."""
    store = Store()
    for number in range(runs):
        ids = {"thread_id": f"thread_{number % 7}", "run_id": f"run_{number}"}
        store.add_run(**ids, steps=[make_step(n, **ids) for n in range(number % (steps + 1))])
    return store


def all_steps(store: ReadableStore) -> dict[str, dict[str, Any]]:
    return {step["id"]: step for key in store.runs() for step in store.steps(*key)}


def all_runs(store: ReadableStore) -> list[RunRef]:
    return [RunRef(*key) for key in store.runs()]


DEEP = '{"x":' * 600 + "0" + "}" * 600


def answer_too_deep(emulator: Emulator, run_id: str) -> None:
    """Let a run's second step of three be one that can be read, but that `dumps` cannot write."""
    steps = [make_step(number, thread_id="thread", run_id=run_id) for number in range(3)]
    steps[1] |= {"deep": "DEEP"}
    body = json.dumps({"object": "list", "data": steps, "has_more": False})
    body = body.replace('"DEEP"', DEEP)
    emulator.inject(Answer(200, body), times=9, matching=lambda request: f"/{run_id}/" in request.raw_path)
