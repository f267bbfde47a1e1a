"""Runs and their steps in memory, as plain dicts in the wire shape, with threads, messages and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import attrs

from openai_steps.emulator._threads import Thread, ThreadStore, ident
from openai_steps.emulator._wire import JSONObject, instant

_RUN_OF_UNFINISHED: Mapping[str, str] = {
    "in_progress": "in_progress",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""The run's status by that of its last step; for any other status the run is completed."""


def derived_run(key: tuple[str, str], steps: Iterable[JSONObject]) -> JSONObject:
    """Return a run object for the run of these steps.

    Args:
        key: Its (thread_id, run_id).
        steps: Its steps, in any order.

    Returns:
        The wire shape. A run with no steps, or whose latest step is unfinished, is in progress.
    """
    known = sorted(steps, key=lambda step: instant(step.get("created_at")))
    first: JSONObject = known[0] if known else {}
    last: JSONObject = known[-1] if known else {"status": "in_progress"}
    return {
        "id": key[1],
        "object": "thread.run",
        "created_at": first.get("created_at", 0),
        "assistant_id": first.get("assistant_id", "asst_emulator"),
        "thread_id": key[0],
        "status": _RUN_OF_UNFINISHED.get(str(last.get("status")), "completed"),
        "started_at": first.get("created_at"),
        "expires_at": None,
        "cancelled_at": last.get("cancelled_at"),
        "failed_at": last.get("failed_at"),
        "completed_at": last.get("completed_at"),
        "required_action": None,
        "last_error": last.get("last_error"),
        "model": "gpt-4o",
        "instructions": "",
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": None,
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


@attrs.define
class _Entry:
    """A run: its steps by id, and the given fields of the run itself.

    Other fields are derived from the steps, unless the run object was given as a whole.
    """

    said: JSONObject
    whole: bool = False
    steps: dict[str, JSONObject] = attrs.field(factory=dict)

    def run(self, key: tuple[str, str]) -> JSONObject:
        if self.whole:
            return dict(self.said)
        return {**derived_run(key, self.steps.values()), **self.said}


class ReadableStore(Protocol):
    """The methods of its store that an emulator calls; all objects are in the wire shape."""

    def threads(self) -> list[JSONObject]:
        """Return the thread objects."""
        ...

    def thread(self, thread_id: str) -> JSONObject | None:
        """Return a thread object, or None."""
        ...

    def has_thread(self, thread_id: str) -> bool:
        """Return whether there is such a thread."""
        ...

    def messages(self, thread_id: str | None) -> list[JSONObject]:
        """Return the messages of a thread, or of all threads."""
        ...

    def message(self, thread_id: str, message_id: str) -> JSONObject | None:
        """Return one message, or None."""
        ...

    def runs(self) -> list[tuple[str, str]]:
        """Return the (thread_id, run_id) of every run."""
        ...

    def runs_of(self, thread_id: str | None) -> list[JSONObject]:
        """Return the run objects of a thread, or of all threads."""
        ...

    def run(self, thread_id: str, run_id: str) -> JSONObject | None:
        """Return the run object, or None."""
        ...

    def steps(self, thread_id: str, run_id: str) -> list[JSONObject]:
        """Return the steps of a run."""
        ...

    def step(self, thread_id: str, run_id: str, step_id: str) -> JSONObject | None:
        """Return one step, or None."""
        ...

    def file(self, file_id: str) -> JSONObject | None:
        """Return a file object, or None."""
        ...

    def content(self, file_id: str) -> bytes | None:
        """Return a file's content, or None."""
        ...


class Store(ThreadStore):
    """The runs, threads, messages and files that a server knows; every change shows in the next answer.

    Steps are kept in the order in which they were added. Arguments are copied one level deep: do not
    change nested values afterwards.
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._run_ids: dict[str, dict[str, None]] = {}

    def add_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        steps: Iterable[Mapping[str, Any]] = (),
        **fields: Any,
    ) -> JSONObject:
        """Add a run, and steps to it.

        Args:
            thread_id: Its thread.
            run_id: Its id.
            steps: Wire-shape steps; a missing ``thread_id`` or ``run_id`` is filled in.
            **fields: Fields of the run object. The others are derived from the steps and change
                with them: set ``status="in_progress"`` for a run that is to grow.

        Returns:
            The run object in the wire shape.

        Raises:
            ValueError: If the run exists, or a step is malformed or given twice.
        """
        key = (ident(thread_id, "thread_id"), ident(run_id, "run_id"))
        if key in self._entries:
            raise ValueError(f"The run {run_id!r} of the thread {thread_id!r} exists already.")
        entry = _Entry(fields)
        for step in steps:
            _add(entry, key, step)
        self._enter(key, entry)
        return entry.run(key)

    def add_steps(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Add steps to the runs they name, deriving the run objects that do not exist.

        Args:
            steps: Wire-shape steps with ``id``, ``thread_id`` and ``run_id``.

        Raises:
            ValueError: If a step is malformed or given twice; those before it were added.
        """
        for step in steps:
            self.add_step(step)

    def add_step(self, step: Mapping[str, Any]) -> JSONObject:
        """Add one step to the run it names, deriving the run object if it does not exist.

        Args:
            step: Wire-shape step with ``id``, ``thread_id`` and ``run_id``.

        Returns:
            The stored step.

        Raises:
            ValueError: If the step is malformed or given twice.
        """
        key = (ident(step.get("thread_id"), "thread_id"), ident(step.get("run_id"), "run_id"))
        entry = self._entries.get(key)
        if entry is not None:
            return _add(entry, key, step)
        self.add_run(*key, steps=[step])
        return self._entries[key].steps[step["id"]]

    def append_step(self, thread_id: str, run_id: str, step: Mapping[str, Any]) -> JSONObject:
        """Append a step to a run, as a live run does.

        Args:
            thread_id: The run's thread.
            run_id: The run.
            step: Wire-shape step; a missing ``thread_id`` or ``run_id`` is filled in.

        Returns:
            The stored step.

        Raises:
            LookupError: If there is no such run.
            ValueError: If the step is malformed or given twice.
        """
        return _add(self._entry(thread_id, run_id), (thread_id, run_id), step)

    def update_step(self, thread_id: str, run_id: str, step_id: str, **changes: Any) -> JSONObject:
        """Replace fields of a step; the step dict handed out before is left as it was.

        Args:
            thread_id: The run's thread.
            run_id: The run.
            step_id: The step.
            **changes: Wire fields and their new values.

        Returns:
            The stored step.

        Raises:
            LookupError: If there is no such run or step.
        """
        steps = self._entry(thread_id, run_id).steps
        if step_id not in steps:
            raise LookupError(f"There is no step {step_id!r} in the run {run_id!r}.")
        steps[step_id] = {**steps[step_id], **changes}
        return steps[step_id]

    def set_run_status(self, thread_id: str, run_id: str, status: str, **fields: Any) -> JSONObject:
        """Set the status of a run, and other fields of it.

        Args:
            thread_id: The run's thread.
            run_id: The run.
            status: A wire status such as ``in_progress``, ``requires_action`` or ``completed``.
            **fields: Further wire fields and their new values.

        Returns:
            The run object.

        Raises:
            LookupError: If there is no such run.
        """
        entry = self._entry(thread_id, run_id)
        entry.said = {**entry.said, "status": status, **fields}
        return entry.run((thread_id, run_id))

    def set_run(self, run: Mapping[str, Any]) -> None:
        """Give a run object as a whole, for a run that exists or a new one.

        Args:
            run: Wire-shape run with ``id`` and ``thread_id``. Nothing is derived for it.

        Raises:
            ValueError: If it has no ids.
        """
        key = (ident(run.get("thread_id"), "thread_id"), ident(run.get("id"), "id"))
        entry = self._entries.get(key) or self._enter(key, _Entry({}))
        entry.said, entry.whole = dict(run), True

    def remove_run(self, thread_id: str, run_id: str) -> None:
        """Remove a run and its steps.

        Args:
            thread_id: The run's thread.
            run_id: The run.

        Raises:
            LookupError: If there is no such run.
        """
        self._entry(thread_id, run_id)
        del self._entries[thread_id, run_id]
        del self._run_ids[thread_id][run_id]

    def runs(self) -> list[tuple[str, str]]:
        """Return the (thread_id, run_id) of every run, in the order in which they were added."""
        return list(self._entries)

    def run(self, thread_id: str, run_id: str) -> JSONObject | None:
        """Return the run object, or None."""
        entry = self._entries.get((thread_id, run_id))
        return entry.run((thread_id, run_id)) if entry else None

    def steps(self, thread_id: str, run_id: str) -> list[JSONObject]:
        """Return the steps of a run in the order in which they were added; empty for an unknown run."""
        entry = self._entries.get((thread_id, run_id))
        return list(entry.steps.values()) if entry else []

    def step(self, thread_id: str, run_id: str, step_id: str) -> JSONObject | None:
        """Return one step, or None."""
        entry = self._entries.get((thread_id, run_id))
        return entry.steps.get(step_id) if entry else None

    def runs_of(self, thread_id: str | None) -> list[JSONObject]:
        """Return the run objects of a thread, or of all threads, in the order in which they were added."""
        if thread_id is None:
            return [entry.run(key) for key, entry in self._entries.items()]
        return [
            self._entries[thread_id, run_id].run((thread_id, run_id)) for run_id in self._run_ids.get(thread_id, ())
        ]

    def _enter(self, key: tuple[str, str], entry: _Entry) -> _Entry:
        self._entries[key] = entry
        self._run_ids.setdefault(key[0], {})[key[1]] = None
        if not self.has_thread(key[0]):
            self.add_thread(key[0])
        return entry

    def _times(self, thread_id: str, thread: Thread) -> list[Any]:
        return [*super()._times(thread_id, thread), *(run.get("created_at") for run in self.runs_of(thread_id))]

    def _entry(self, thread_id: str, run_id: str) -> _Entry:
        try:
            return self._entries[thread_id, run_id]
        except KeyError:
            raise LookupError(f"There is no run {run_id!r} in the thread {thread_id!r}.") from None


def _add(entry: _Entry, key: tuple[str, str], step: Mapping[str, Any]) -> JSONObject:
    step_id = ident(step.get("id"), "id")
    if step_id in entry.steps:
        raise ValueError(f"The step {step_id!r} is given twice.")
    stored = {"thread_id": key[0], "run_id": key[1], **step}
    if (stored["thread_id"], stored["run_id"]) != key:
        raise ValueError(f"The step {step_id!r} names another thread or run than {key}.")
    entry.steps[step_id] = stored
    return stored
