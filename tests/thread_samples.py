"""Three threads: two parallel calls; tools of every kind; a failed run, and one in which all happens in two seconds."""

import json
from pathlib import Path
from typing import Any

from openai_steps import Message, Run, structure_message, structure_run, structure_step
from openai_steps.conversation import ThreadHistory

OUTPUTS = Path(__file__).parent / "outputs"


def history_of(body: dict[str, Any]) -> ThreadHistory:
    """Return a thread from its wire bodies."""
    messages: list[Message] = [structure_message(message) for message in body["messages"]]
    runs: list[Run] = [structure_run(run) for run in body["runs"]]
    steps = {run_id: tuple(map(structure_step, own)) for run_id, own in body["steps"].items()}
    return ThreadHistory(thread_id=body["thread"]["id"], messages=messages, runs=runs, steps=steps)


BODIES: dict[str, dict[str, Any]] = {
    body["thread"]["id"]: body for body in json.loads((OUTPUTS / "threads.json").read_text("utf-8"))
}
HISTORIES = {thread_id: history_of(body) for thread_id, body in BODIES.items()}


def json_lines(path: str) -> list[Any]:
    return [json.loads(line) for line in (OUTPUTS / path).read_text("utf-8").splitlines()]
