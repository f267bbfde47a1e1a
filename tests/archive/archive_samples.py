"""Archives to try: two threads, runs of odd ids, objects in odd spellings."""

from pathlib import Path
from typing import Any

from openai_steps.archive import ArchiveWriter, Missing, RunState

SERVER = {"provider": "compatible", "base_url": "http://127.0.0.1:1/v1"}
ASKED: dict[str, Any] = {"threads": ["thread_b", "thread_a"], "include": []}

# As servers send them: spaces, keys in any order, escapes, letters of two bytes, a number that is no double.
THREAD = b'{ "object":"thread" , "id":"thread_b"}'
MESSAGES = [("msg_9", b'{"id":"msg_9","t":"\\u00e9"}'), ("msg_1", '{"id":"msg_1","t":"é\U0001f600"}'.encode())]
STEPS = [
    ("step_z", b'{"id":"step_z","n":123456789012345678901234567890}'),
    ("step_a", b'{"id":"step_a",\n "created_at":1}'),
    ("", b'{"created_at":2}'),
]


def fill(writer: ArchiveWriter, *, runs: int = 3) -> None:
    """Add a thread with messages and runs, a run of another thread, and a file without content."""
    writer.add_thread("thread_b", THREAD, MESSAGES)
    for number in range(runs):
        state = RunState("thread_b", f"run_{runs - number}", "completed", True, len(STEPS))
        writer.add_run(state, b'{"id":"run"}', STEPS)
    writer.add_run(RunState("thread_a", "run_1", "in_progress", False, 0), None, [])
    writer.add_file("file_1", b'{"id":"file_1"}', sha256=None)
    writer.note_missing(Missing("content", id="file_1", error="NotFoundError", message="404"))


def archive(folder: Path, *, runs: int = 3) -> Path:
    """Return a complete archive."""
    with ArchiveWriter(folder, server=SERVER, asked=ASKED) as writer:
        fill(writer, runs=runs)
        writer.complete()
    return folder
