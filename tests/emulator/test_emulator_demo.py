"""The bundled run: of every kind one, and believable."""

from itertools import pairwise
from typing import Any

import pytest

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator

STEPS = Emulator.demo().store.steps(DEMO_THREAD, DEMO_RUN)
CALLS: list[dict[str, Any]] = [call for step in STEPS for call in step["step_details"].get("tool_calls", [])]


def test_it_is_one_run_of_twelve_steps() -> None:
    assert len(STEPS) == 12
    assert len({step["id"] for step in STEPS}) == 12
    assert {(step["thread_id"], step["run_id"]) for step in STEPS} == {(DEMO_THREAD, DEMO_RUN)}


def test_its_messages_are_those_that_its_steps_wrote_and_a_question() -> None:
    messages = Emulator.demo().store.messages(DEMO_THREAD)
    written = [step["step_details"]["message_creation"]["message_id"] for step in STEPS if not step_calls(step)]
    assert [message["id"] for message in messages if message["run_id"] == DEMO_RUN] == written
    assert [message["role"] for message in messages] == ["user", "assistant", "assistant", "assistant"]
    for message in messages:
        for part in message["content"]:
            text = part.get("text", {"value": "", "annotations": []})
            for annotation in text["annotations"]:
                cited = text["value"][annotation["start_index"] : annotation["end_index"]]
                assert cited == annotation["text"]


def step_calls(step: dict[str, Any]) -> bool:
    return bool(step["type"] == "tool_calls")


def test_it_has_every_kind_of_call() -> None:
    kinds = {call["type"] for call in CALLS}
    assert kinds == {"code_interpreter", "file_search", "function", "mcp", "bing_grounding"}
    outputs = [
        {output["type"] for output in call["code_interpreter"]["outputs"]}
        for call in CALLS
        if call["type"] == "code_interpreter"
    ]
    assert {"logs", "image"} in outputs
    assert any(len(step["step_details"].get("tool_calls", [])) == 2 for step in STEPS)
    assert len({call["id"] for call in CALLS}) == len(CALLS)


def test_one_step_failed_and_the_last_is_unfinished() -> None:
    failed = [step for step in STEPS if step["status"] == "failed"]
    assert [step["last_error"]["code"] for step in failed] == ["server_error"]
    *others, last = STEPS
    assert last["status"] == "in_progress"
    assert last["usage"] is None
    assert last["completed_at"] is None
    assert all(step["status"] != "in_progress" for step in others)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["id"])
def test_times_and_tokens_add_up(step: dict[str, Any]) -> None:
    ended = step["completed_at"] or step["failed_at"]
    if ended is not None:
        assert 1 <= ended - step["created_at"] <= 40
    usage = step["usage"]
    if usage is not None:
        assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert step["type"] == step["step_details"]["type"]


def test_time_only_rises() -> None:
    assert all(one["created_at"] < next_["created_at"] for one, next_ in pairwise(STEPS))
