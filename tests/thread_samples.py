"""Three threads: two parallel calls; tools of every kind; a failed run, and one in which all happens in two seconds."""

import json
from pathlib import Path
from typing import Any

from openai_steps import Message, Run, structure_message, structure_run, structure_step, structure_thread
from openai_steps.archive import ArchiveWriter, RunState
from openai_steps.conversation import ThreadHistory
from openai_steps.emulator import Store

OUTPUTS = Path(__file__).parent / "outputs"


def history_of(body: dict[str, Any]) -> ThreadHistory:
    """Return a thread from its wire bodies."""
    messages: list[Message] = [structure_message(message) for message in body["messages"]]
    runs: list[Run] = [structure_run(run) for run in body["runs"]]
    steps = {run_id: tuple(map(structure_step, own)) for run_id, own in body["steps"].items()}
    thread = structure_thread(body["thread"])
    return ThreadHistory(thread_id=thread.id, messages=messages, runs=runs, steps=steps, thread=thread)


BODIES: dict[str, dict[str, Any]] = {
    body["thread"]["id"]: body for body in json.loads((OUTPUTS / "threads.json").read_text("utf-8"))
}
HISTORIES = {thread_id: history_of(body) for thread_id, body in BODIES.items()}


def json_lines(path: str) -> list[Any]:
    return [json.loads(line) for line in (OUTPUTS / path).read_text("utf-8").splitlines()]


def make_thread_store() -> Store:
    """Return a store with the three threads."""
    found = Store()
    for thread_id, body in BODIES.items():
        found.add_thread(**{"thread_id": thread_id, **{k: v for k, v in body["thread"].items() if k != "id"}})
        for run in body["runs"]:
            found.set_run(run)
        found.add_steps(step for own in body["steps"].values() for step in own)
        for message in body["messages"]:
            found.add_message(thread_id, message)
    return found


def write_archive(folder: Path, *, objects: bool = True) -> Path:
    """Archive the three threads; without the objects of threads and runs, as of a server that does not give them."""
    with ArchiveWriter(folder, server={"provider": "x", "base_url": "http://x"}, asked={"include": []}) as writer:
        for thread_id, body in BODIES.items():
            data = json.dumps(body["thread"]).encode() if objects else None
            messages = [(message["id"], json.dumps(message).encode()) for message in body["messages"]]
            writer.add_thread(thread_id, data, messages)
            for run in body["runs"]:
                steps = [(step["id"], json.dumps(step).encode()) for step in body["steps"][run["id"]]]
                state = RunState(thread_id, run["id"], run["status"], True, len(steps))
                writer.add_run(state, json.dumps(run).encode() if objects else None, steps)
        writer.complete()
    return folder
