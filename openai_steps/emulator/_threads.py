"""Threads, their messages, and files in memory, as plain dicts in the wire shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from openai_steps.emulator._wire import JSONObject, instant


@attrs.define
class Thread:
    """A thread: its messages by id, and the given fields of the thread itself."""

    said: JSONObject = attrs.field(factory=dict)
    messages: dict[str, JSONObject] = attrs.field(factory=dict)


class ThreadStore:
    """The threads, messages and files that a server knows; every change shows in the next answer.

    Messages are kept in the order in which they were added. Arguments are copied one level deep: do
    not change nested values afterwards.
    """

    def __init__(self) -> None:
        self._threads: dict[str, Thread] = {}
        self._files: dict[str, tuple[JSONObject, bytes]] = {}

    def add_thread(self, thread_id: str, **fields: Any) -> JSONObject:
        """Add a thread, or set fields of one that is known by its runs or messages.

        Args:
            thread_id: Its id.
            **fields: Fields of the thread object; the others are derived.

        Returns:
            The thread object in the wire shape.

        Raises:
            ValueError: If the id is empty.
        """
        thread = self._threads.setdefault(ident(thread_id, "thread_id"), Thread())
        thread.said = {**thread.said, **fields}
        return self._object(thread_id, thread)

    def add_message(self, thread_id: str, message: Mapping[str, Any]) -> JSONObject:
        """Add a message to a thread, which is added with it if new.

        Args:
            thread_id: Its thread.
            message: Wire-shape message with ``id``; a missing ``thread_id``, ``object``, ``role``,
                ``content`` and the like are filled in.

        Returns:
            The stored message.

        Raises:
            ValueError: If the message has no id, is given twice, or names another thread.
        """
        messages = self._threads.setdefault(ident(thread_id, "thread_id"), Thread()).messages
        message_id = ident(message.get("id"), "id")
        if message_id in messages:
            raise ValueError(f"The message {message_id!r} is given twice.")
        stored = {**_MESSAGE, "thread_id": thread_id, **message}
        if stored["thread_id"] != thread_id:
            raise ValueError(f"The message {message_id!r} names another thread than {thread_id!r}.")
        messages[message_id] = stored
        return stored

    def update_message(self, thread_id: str, message_id: str, **changes: Any) -> JSONObject:
        """Replace fields of a message; the dict handed out before is left as it was.

        Args:
            thread_id: Its thread.
            message_id: The message.
            **changes: Wire fields and their new values.

        Returns:
            The stored message.

        Raises:
            LookupError: If there is no such message.
        """
        messages = self._messages_with(thread_id, message_id)
        messages[message_id] = {**messages[message_id], **changes}
        return messages[message_id]

    def remove_message(self, thread_id: str, message_id: str) -> None:
        """Remove a message, as a server does when it is deleted.

        Args:
            thread_id: Its thread.
            message_id: The message.

        Raises:
            LookupError: If there is no such message.
        """
        del self._messages_with(thread_id, message_id)[message_id]

    def add_file(self, file: Mapping[str, Any], content: bytes = b"") -> JSONObject:
        """Add a file.

        Args:
            file: Wire-shape file with ``id``; the missing fields are filled in.
            content: Its content.

        Returns:
            The file object in the wire shape.

        Raises:
            ValueError: If it has no id.
        """
        file_id = ident(file.get("id"), "id")
        stored = {**_FILE, "bytes": len(content), "filename": file_id, **file}
        self._files[file_id] = (stored, content)
        return stored

    def threads(self) -> list[JSONObject]:
        """Return the thread objects, in the order in which they were added."""
        return [self._object(thread_id, thread) for thread_id, thread in self._threads.items()]

    def thread(self, thread_id: str) -> JSONObject | None:
        """Return a thread object, or None."""
        thread = self._threads.get(thread_id)
        return None if thread is None else self._object(thread_id, thread)

    def has_thread(self, thread_id: str) -> bool:
        """Return whether there is such a thread: added itself, or known by a run or a message."""
        return thread_id in self._threads

    def messages(self, thread_id: str | None) -> list[JSONObject]:
        """Return the messages of a thread, or of all threads, in the order in which they were added."""
        threads = [self._threads.get(thread_id)] if thread_id is not None else self._threads.values()
        return [message for thread in threads if thread is not None for message in thread.messages.values()]

    def message(self, thread_id: str, message_id: str) -> JSONObject | None:
        """Return one message, or None."""
        thread = self._threads.get(thread_id)
        return None if thread is None else thread.messages.get(message_id)

    def file(self, file_id: str) -> JSONObject | None:
        """Return a file object, or None."""
        found = self._files.get(file_id)
        return None if found is None else found[0]

    def content(self, file_id: str) -> bytes | None:
        """Return a file's content; None if there is no such file."""
        found = self._files.get(file_id)
        return None if found is None else found[1]

    def _object(self, thread_id: str, thread: Thread) -> JSONObject:
        derived = {
            "id": thread_id,
            "object": "thread",
            "created_at": int(min(map(instant, self._times(thread_id, thread)), default=0)),
            "metadata": {},
            "tool_resources": {},
        }
        return {**derived, **thread.said}

    def _times(self, thread_id: str, thread: Thread) -> list[Any]:
        """Return the times of what is in a thread: the thread is as old as the oldest."""
        return [message["created_at"] for message in thread.messages.values()]

    def _messages_with(self, thread_id: str, message_id: str) -> dict[str, JSONObject]:
        thread = self._threads.get(thread_id)
        if thread is None or message_id not in thread.messages:
            raise LookupError(f"There is no message {message_id!r} in the thread {thread_id!r}.")
        return thread.messages


_MESSAGE: JSONObject = {
    "object": "thread.message",
    "created_at": 0,
    "assistant_id": None,
    "run_id": None,
    "status": "completed",
    "incomplete_details": None,
    "completed_at": None,
    "incomplete_at": None,
    "role": "user",
    "content": [],
    "attachments": [],
    "metadata": {},
}
_FILE: JSONObject = {
    "object": "file",
    "created_at": 0,
    "purpose": "assistants_output",
    "expires_at": None,
    "status": "processed",
    "status_details": None,
}


def ident(value: Any, name: str) -> str:
    """Return the value, if it can be an id."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name!r} must be text and not empty, not {value!r}.")
    return value
