"""An archive as the store of an emulator: objects are read from disk on demand."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from openai_steps.archive._archive import Archive

JSONObject = dict[str, Any]

_HELD: Final = 16 * 1024 * 1024
"""Bytes of the lists that are held: a client that pages through one asks for it again and again."""

_LEAST: Final = 4096
"""Bytes that each list counts at least, so that not too many short ones are held."""


class ArchiveStore:
    """Answers as `openai_steps.emulator.Store` does, from an archive that need not fit into memory.

    Args:
        archive: The archive; it must stay open.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._thread_ids = dict.fromkeys(archive.thread_ids())
        self._runs = {(run.thread_id, run.run_id): run for run in archive.runs()}
        self._run_ids: dict[str, list[str]] = {}
        for thread_id, run_id in self._runs:
            self._run_ids.setdefault(thread_id, []).append(run_id)
        self._held: OrderedDict[tuple[str, ...], tuple[int, list[JSONObject]]] = OrderedDict()  # the last one used last
        self._size = 0  # of all of them

    def threads(self) -> list[JSONObject]:
        """The thread objects."""
        return self._threads

    def thread(self, thread_id: str) -> JSONObject | None:
        """A thread object, or None."""
        return self._thread(thread_id) if thread_id in self._thread_ids else None

    def has_thread(self, thread_id: str) -> bool:
        """Whether there is any object of such a thread."""
        return thread_id in self._thread_ids

    def messages(self, thread_id: str | None) -> list[JSONObject]:
        """The messages of a thread, or of all threads."""
        threads = self._thread_ids if thread_id is None else [thread_id]
        return [message for one in threads for message in self._messages(one)]

    def message(self, thread_id: str, message_id: str) -> JSONObject | None:
        """One message, or None."""
        return _with_id(self._messages(thread_id), message_id)

    def runs(self) -> list[tuple[str, str]]:
        """The (thread_id, run_id) of every run."""
        return list(self._runs)

    def runs_of(self, thread_id: str | None) -> list[JSONObject]:
        """The run objects of a thread, or of all threads."""
        threads = self._run_ids if thread_id is None else [thread_id]
        return [self._run(one, run_id) for one in threads for run_id in self._run_ids.get(one, ())]

    def run(self, thread_id: str, run_id: str) -> JSONObject | None:
        """The run object, or None."""
        return self._run(thread_id, run_id) if (thread_id, run_id) in self._runs else None

    def steps(self, thread_id: str, run_id: str) -> list[JSONObject]:
        """The steps of a run."""
        return self._steps(thread_id, run_id)

    def step(self, thread_id: str, run_id: str, step_id: str) -> JSONObject | None:
        """One step, or None."""
        return _with_id(self._steps(thread_id, run_id), step_id)

    def file(self, file_id: str) -> JSONObject | None:
        """A file object, or None."""
        data = self._archive.file(file_id)
        return None if data is None else _decode(data)

    def content(self, file_id: str) -> bytes | None:
        """A file's content; None if the archive does not have it."""
        path = self._archive.content(file_id)
        return None if path is None else path.read_bytes()

    @cached_property
    def _threads(self) -> list[JSONObject]:  # a client that pages through them asks many times
        return [self._thread(thread_id) for thread_id in self._thread_ids]

    def _thread(self, thread_id: str) -> JSONObject:
        data = self._archive.thread(thread_id)
        said = {"created_at": self._beginning(thread_id)} if data is None else _decode(data)
        derived = {"id": thread_id, "object": "thread", "created_at": 0, "metadata": {}, "tool_resources": {}}
        return {**derived, **said}

    def _beginning(self, thread_id: str) -> Any:
        """Return the earliest time in a thread without an object, by which lists are sorted."""
        first_run = next((self._run(thread_id, run_id) for run_id in self._run_ids.get(thread_id, ())), {})
        first_message = next(iter(self._messages(thread_id)), {})
        return first_message.get("created_at") or first_run.get("created_at") or 0

    def _run(self, thread_id: str, run_id: str) -> JSONObject:
        data, state = self._archive.run(thread_id, run_id), self._runs[thread_id, run_id]
        said = {} if data is None else _decode(data)
        first = next(iter(self._steps(thread_id, run_id)), {}) if "created_at" not in said else {}
        return {**_RUN, "created_at": first.get("created_at", 0), "status": state.status or "completed", **said} | {
            "id": run_id,
            "thread_id": thread_id,
        }

    def _steps(self, thread_id: str, run_id: str) -> list[JSONObject]:
        # Foundry Local's steps do not say where they belong: readers ask them.
        ids = {"thread_id": thread_id, "run_id": run_id}
        return self._list(ids, lambda: self._archive.steps(thread_id, run_id))

    def _messages(self, thread_id: str) -> list[JSONObject]:
        return self._list({"thread_id": thread_id}, lambda: self._archive.messages(thread_id))

    def _list(self, ids: JSONObject, read: Callable[[], list[bytes]]) -> list[JSONObject]:
        """Return the items of a run or a thread, which are held for the next page; the last one used always is."""
        key, held = tuple(ids.values()), self._held
        if key not in held:
            texts = read()
            held[key] = max(_LEAST, sum(map(len, texts))), [{**ids, **_decode(text)} for text in texts]
            self._size += held[key][0]
        held.move_to_end(key)
        while self._size > _HELD and len(held) > 1:
            _, (size, _) = held.popitem(last=False)
            self._size -= size
        return held[key][1]


# What OpenAI's schema requires of a run, for runs that the server did not give, or gave with less:
# https://platform.openai.com/docs/api-reference/runs/object
_RUN: Final[JSONObject] = {
    "object": "thread.run",
    "assistant_id": "",
    "required_action": None,
    "last_error": None,
    "expires_at": None,
    "started_at": None,
    "cancelled_at": None,
    "failed_at": None,
    "completed_at": None,
    "incomplete_details": None,
    "model": "",
    "instructions": "",
    "tools": [],
    "metadata": {},
    "usage": None,
    "max_prompt_tokens": None,
    "max_completion_tokens": None,
    "truncation_strategy": {"type": "auto", "last_messages": None},
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "response_format": "auto",
}


def _decode(data: bytes) -> JSONObject:
    value = json.loads(data)
    return value if isinstance(value, dict) else {}


def _with_id(items: list[JSONObject], object_id: str) -> JSONObject | None:
    return next((item for item in items if item.get("id") == object_id), None)
