"""`StepsServer`: the emulator in a thread of its own, for plain, asyncio and anyio tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack
from functools import partial
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from openai_steps._client.client import AsyncStepsClient
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._json.converter import unstructure
from openai_steps._models.messages import Message
from openai_steps._models.steps import RunStep
from openai_steps._models.threads import File
from openai_steps.emulator import DIALECTS, HABITS, Dialect, Emulator, Fault, Profile, RecordedRequest

if TYPE_CHECKING:
    from openai_steps.testing._whole_threads import WholeThread

T = TypeVar("T")

_KEY_FOR_SERVERS_WITHOUT: Final = "test-key"  # what the constructors of some endpoints insist on

# Profiles whose clients need another endpoint than `Endpoint.compatible`: made from base URL and key.
_ENDPOINTS: Final[Mapping[str, Callable[[str, str], Endpoint]]] = {
    "azure_openai": lambda url, key: Endpoint.azure_openai(url, api_key=key, api_version="2024-05-01-preview"),
    "azure_openai_v1": lambda url, key: Endpoint.azure_openai(url, api_key=key, api_version="v1"),
    "azure_foundry": lambda url, key: Endpoint.azure_foundry(url, api_key=key),
    "azure_hub": lambda url, key: Endpoint.azure_foundry(url, api_key=key),
    "foundry_local": lambda url, key: Endpoint.foundry_local(url, api_key=key),
    "fabric": lambda url, key: Endpoint.fabric(url, api_key=key),
    "dashscope": lambda url, key: Endpoint.dashscope(base_url=url, api_key=key),
}


class StepsServer:
    """A server of run steps on a loopback port, for as long as the ``with`` block lasts.

    It runs in a thread and an event loop of its own. Every method takes effect before it returns, and may be called
    from plain functions and from coroutines.

    Args:
        profile: The provider to imitate: a name of `openai_steps.emulator.PROFILES`, or a profile.
        dialect: How pages are made: a name of `openai_steps.emulator.DIALECTS` or `HABITS`, or a dialect. Default: the
            profile's.
        api_key: The key that every request must carry; None demands no key.
        host: The address to listen on; ``::1`` if there is no IPv4.

    Attributes:
        base_url: The URL to which ``/threads/…`` is appended.

    Raises:
        ValueError: If there is no profile or dialect of that name.
        OSError: If the address is taken or not allowed, from the ``with`` statement.
    """

    base_url: str

    def __init__(
        self,
        *,
        profile: str | Profile = "compatible",
        dialect: str | Dialect | None = None,
        api_key: str | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._host = host
        self._emulator = Emulator(profile=profile, dialect=_dialect(dialect), api_key=api_key, keep_requests=None)
        self._profile = profile
        self._api_key = api_key
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread: Thread

    def __enter__(self) -> Self:
        started: Future[str] = Future()
        self._thread = Thread(target=asyncio.run, args=(self._serve(started),), name="steps-server", daemon=True)
        self._thread.start()
        self.base_url = started.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of this server, for a client."""
        make = _ENDPOINTS.get(self._profile) if isinstance(self._profile, str) else None
        if make is None:
            return Endpoint.compatible(self.base_url, api_key=self._api_key)
        return make(self.base_url, self._api_key or _KEY_FOR_SERVERS_WITHOUT)

    def client(self, **options: Any) -> AsyncStepsClient:
        """Return a new client of this server. You close it: use ``async with``.

        Args:
            **options: Other arguments of `AsyncStepsClient`, such as ``retry`` and ``timeout``.
        """
        return AsyncStepsClient(self.endpoint, **options)

    def add_run(
        self,
        thread_id: str = "thread_1",
        run_id: str = "run_1",
        *,
        steps: Iterable[RunStep | Mapping[str, Any]] = (),
        **fields: Any,
    ) -> None:
        """Add a run.

        Args:
            thread_id: Its thread.
            run_id: Its id.
            steps: Its steps, oldest first.
            **fields: Fields of the run object; the others follow from the steps. Set ``status="in_progress"`` for a
                run that is to grow.

        Raises:
            ValueError: If the run exists, or a step is malformed or given twice.
        """
        wire = [_wire(step) for step in steps]
        self._do(partial(self._emulator.store.add_run, thread_id, run_id, steps=wire, **fields))

    def append_step(self, thread_id: str, run_id: str, step: RunStep | Mapping[str, Any]) -> None:
        """Append a step to a run, as a live run does.

        Raises:
            LookupError: If there is no such run.
            ValueError: If the step is malformed or given twice.
        """
        self._do(partial(self._emulator.store.append_step, thread_id, run_id, _wire(step)))

    def update_step(self, thread_id: str, run_id: str, step_id: str, **changes: Any) -> None:
        """Change wire fields of a step.

        Raises:
            LookupError: If there is no such run or step.
        """
        self._do(partial(self._emulator.store.update_step, thread_id, run_id, step_id, **changes))

    def set_run_status(self, thread_id: str, run_id: str, status: str, **fields: Any) -> None:
        """Set the status of a run, and other wire fields of it.

        Raises:
            LookupError: If there is no such run.
        """
        self._do(partial(self._emulator.store.set_run_status, thread_id, run_id, status, **fields))

    def add_thread(
        self, thread_id: str = "thread_1", *, messages: Iterable[Message | Mapping[str, Any]] = (), **fields: Any
    ) -> None:
        """Add a thread, or set fields of one that is known by its runs.

        Args:
            thread_id: Its id.
            messages: Its messages, oldest first.
            **fields: Fields of the thread object, such as ``metadata``; the others are filled in.

        Raises:
            ValueError: If a message is malformed or given twice.
        """
        self._do(partial(self._emulator.store.add_thread, thread_id, **fields))
        for message in messages:
            self.add_message(thread_id, message)

    def add_message(self, thread_id: str, message: Message | Mapping[str, Any]) -> None:
        """Add a message to a thread.

        Raises:
            ValueError: If the message is malformed or given twice.
        """
        self._do(partial(self._emulator.store.add_message, thread_id, _wire(message)))

    def update_message(self, thread_id: str, message_id: str, **changes: Any) -> None:
        """Change wire fields of a message.

        Raises:
            LookupError: If there is no such message.
        """
        self._do(partial(self._emulator.store.update_message, thread_id, message_id, **changes))

    def remove_message(self, thread_id: str, message_id: str) -> None:
        """Delete a message.

        Raises:
            LookupError: If there is no such message.
        """
        self._do(partial(self._emulator.store.remove_message, thread_id, message_id))

    def add_file(self, file: File | Mapping[str, Any], content: bytes = b"") -> None:
        """Add a file.

        Args:
            file: The file object; `thread_file` builds it.
            content: Its content.

        Raises:
            ValueError: If it has no id.
        """
        self._do(partial(self._emulator.store.add_file, _wire(file), content))

    def add_whole_thread(self, whole: WholeThread) -> None:
        """Add a thread with its messages, runs and steps, as `openai_steps.testing.strategies.whole_threads` gives it.

        Args:
            whole: The thread with everything in it.
        """
        thread_id = whole.thread["id"]
        self.add_thread(thread_id, messages=whole.messages, **whole.thread)
        for run in whole.runs:
            fields = {name: value for name, value in run.items() if name != "thread_id"}
            self.add_run(thread_id, run["id"], steps=whole.steps[run["id"]], **fields)

    def inject(
        self, fault: Fault, times: int = 1, *, matching: Callable[[RecordedRequest], bool] | None = None
    ) -> None:
        """Make the next requests go wrong.

        Args:
            fault: Of `openai_steps.emulator`: ``Answer``, ``Delay``, ``Stall``, ``Reset``, ``Cut``, ``CloseAfter``, or
                your own. aiohttp itself repeats a request once if its connection breaks: reset it twice.
            times: How many requests it takes.
            matching: Which requests; None means all.

        Raises:
            ValueError: If ``times`` is below 1.
        """
        self._do(partial(self._emulator.inject, fault, times, matching=matching))

    @property
    def faults_left(self) -> int:
        """How many injected faults still wait for a request."""
        return self._do(lambda: self._emulator.faults_left)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests received so far, oldest first."""
        return self._do(lambda: self._emulator.requests)

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self._do(self._emulator.clear_requests)

    async def _serve(self, started: Future[str]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with AsyncExitStack() as stack:
            try:
                base_url = await stack.enter_async_context(self._emulator.serve(host=self._host))
            except Exception as error:
                started.set_exception(error)
                return
            started.set_result(base_url)
            await self._stop.wait()

    def _do(self, action: Callable[[], T]) -> T:
        """Run the action in the server's thread, between two requests."""
        done: Future[T] = Future()

        def act() -> None:
            try:
                done.set_result(action())
            except Exception as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        return done.result()


def _dialect(given: str | Dialect | None) -> Dialect | None:
    if not isinstance(given, str):
        return given
    known = {**DIALECTS, **HABITS}
    if given not in known:
        raise ValueError(f"no dialect {given!r}; there are {', '.join(known)}")
    return known[given]


def _wire(item: RunStep | Message | File | Mapping[str, Any]) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else unstructure(item)
