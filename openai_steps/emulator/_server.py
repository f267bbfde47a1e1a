"""The emulator over HTTP: records each request, plays a fault or answers."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files
from itertools import count
from os import PathLike
from typing import Final, cast

import attrs
from aiohttp import web

from openai_steps._bounded_server import BoundedServer, shown_address, stop_accepting
from openai_steps.emulator._answer import Service
from openai_steps.emulator._dialect import Dialect, EmptyIds, MessageState
from openai_steps.emulator._faults import Exchange, Fault, FaultQueue
from openai_steps.emulator._jsonl import load_jsonl, read_jsonl
from openai_steps.emulator._profile import PROFILES, Profile
from openai_steps.emulator._requests import RecordedRequest
from openai_steps.emulator._store import ReadableStore, Store

DEMO_THREAD = "thread_demo"
DEMO_RUN = "run_demo"

# Handlers end by themselves as soon as the server closes; this is for a client that stops reading.
_SHUTDOWN_SECONDS = 1.0


class Emulator:
    """An in-memory server of run steps that can be as odd as the real ones.

    Args:
        profile: The provider to imitate: a name of `PROFILES`, or a profile.
        dialect: How pages are made, instead of as the profile says.
        api_key: The key that every request must carry; None demands no key.
        store: The runs to serve; a new empty store if None.
        recorded: Whether to say that nothing will change any more, as an archive should:
            ``Cache-Control: immutable`` (RFC 8246). Long answers are compressed for clients that ask for it.
        keep_requests: How many of the last requests to remember; None remembers all.

    Attributes:
        store: The runs. Changes show in the next answer, while serving too.
        profile: The provider imitated.
        dialect: How pages are made.

    Raises:
        ValueError: If there is no profile of that name.
    """

    def __init__(
        self,
        *,
        profile: str | Profile = "compatible",
        dialect: Dialect | None = None,
        api_key: str | None = None,
        store: ReadableStore | None = None,
        recorded: bool = False,
        keep_requests: int | None = 1000,
    ) -> None:
        self.profile: Profile = profile if isinstance(profile, Profile) else _named(profile)
        self.dialect: Dialect = dialect or (_as_declared(self.profile.dialect) if recorded else self.profile.dialect)
        # A store of another kind may be read-only; its owner knows.
        self.store: Store = cast(Store, store) if store is not None else Store()
        self._service = Service(store=self.store, profile=self.profile, dialect=self.dialect, api_key=api_key)
        self._headers = {"Cache-Control": "max-age=60, immutable"} if recorded else {}
        self._compresses = recorded  # a test's server sends its bodies as they are
        self._faults = FaultQueue()
        self._requests: deque[RecordedRequest] = deque(maxlen=keep_requests)
        self._numbers = count(1)

    @classmethod
    def from_jsonl(
        cls,
        path: str | PathLike[str],
        *,
        profile: str | Profile = "compatible",
        dialect: Dialect | None = None,
        api_key: str | None = None,
    ) -> Emulator:
        """Serve the steps of a JSON Lines file.

        Args:
            path: The file; see `load_jsonl`.
            profile: See the class.
            dialect: See the class.
            api_key: See the class.

        Returns:
            An emulator, not serving yet.

        Raises:
            OSError: If the file cannot be read.
            JSONLinesError: If a line is wrong.
            ValueError: If there is no profile of that name.
        """
        return cls(profile=profile, dialect=dialect, api_key=api_key, store=load_jsonl(path))

    @classmethod
    def demo(
        cls,
        *,
        profile: str | Profile = "compatible",
        dialect: Dialect | None = None,
        api_key: str | None = None,
    ) -> Emulator:
        """Serve the bundled run: thread ``thread_demo``, run ``run_demo``.

        Args:
            profile: See the class.
            dialect: See the class.
            api_key: See the class.

        Returns:
            An emulator, not serving yet.

        Raises:
            ValueError: If there is no profile of that name.
        """
        lines = files("openai_steps.emulator").joinpath("demo.jsonl").read_bytes().split(b"\n")
        store = read_jsonl(lines, name="demo.jsonl")
        return cls(profile=profile, dialect=dialect, api_key=api_key, store=store)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The requests received so far, oldest first, at most the last ``keep_requests``."""
        return tuple(self._requests)

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self._requests.clear()

    def inject(
        self,
        fault: Fault,
        times: int = 1,
        *,
        matching: Callable[[RecordedRequest], bool] | None = None,
    ) -> None:
        """Make the next requests go wrong; faults come in the order of their injection.

        Args:
            fault: `Answer`, `Delay`, `Stall`, `Reset`, `Cut`, `CloseAfter`, or your own.
            times: How many requests it takes.
            matching: Which requests; None means all.

        Raises:
            ValueError: If ``times`` is below 1.
        """
        self._faults.add(fault, times, matching)

    @property
    def faults_left(self) -> int:
        """How many injected faults still wait for a request."""
        return len(self._faults)

    def clear_faults(self) -> None:
        """Forget the faults that still wait for a request."""
        self._faults.clear()

    @asynccontextmanager
    async def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serve until the block is left; stalled and slow requests are dropped then.

        Args:
            host: The address to listen on.
            port: The port; 0 takes a free one.

        Yields:
            The base URL, to which a client appends ``/threads/{thread_id}/runs/{run_id}/steps``; that of the loopback
            interface, if it listens on all addresses.

        Raises:
            OSError: If the port is taken or not allowed.
        """
        closing = asyncio.Event()

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(request, closing)

        runner = web.ServerRunner(BoundedServer(handle), shutdown_timeout=_SHUTDOWN_SECONDS)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family) as listener:
            base_url = f"http://{shown_address(listener, host)}{self.profile.prefix}"
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                yield base_url
            finally:
                closing.set()
                await stop_accepting(listener)
                await runner.cleanup()

    async def _handle(self, request: web.BaseRequest, closing: asyncio.Event) -> web.StreamResponse:
        recorded = _recorded(request)
        self._requests.append(recorded)
        request_id = f"req_{next(self._numbers):08d}"

        def normal() -> web.Response:
            return self._respond(recorded, request_id)

        fault = self._faults.take(recorded)
        if fault is None:
            return normal()
        return await fault.play(Exchange(request=request, request_id=request_id, normal=normal, closing=closing))

    def _respond(self, request: RecordedRequest, request_id: str) -> web.Response:
        reply = self._service.answer(request, request_id)
        headers = {"x-request-id": request_id}
        if reply.status == HTTPStatus.OK:
            headers.update(self._headers)
        headers.update(reply.headers)
        if reply.body:
            headers["Content-Type"] = reply.content_type
        response = web.Response(status=reply.status, body=reply.body, headers=headers)
        if self._compresses and len(reply.body) >= _WORTH_IT and _takes_gzip(request):
            response.enable_compression(web.ContentCoding.gzip)
        return response


def _as_declared(dialect: Dialect) -> Dialect:
    """Return a server's habits without those that its own schema forbids, for clients that go by the schema.

    On the wire an empty page has a first and a last id of null, and messages have no status; OpenAI's schema requires
    texts, and the status.
    """
    ids: EmptyIds = "empty_text" if dialect.empty_ids == "null" else dialect.empty_ids
    state: MessageState = "declared" if dialect.message_state == "absent" else dialect.message_state
    return attrs.evolve(dialect, empty_ids=ids, message_state=state)


def _named(name: str) -> Profile:
    try:
        return PROFILES[name]
    except KeyError:
        raise ValueError(f"There is no profile {name!r}, but {', '.join(PROFILES)}.") from None


_WORTH_IT: Final = 1000
"""Bytes; a shorter body hardly gets smaller."""


def _takes_gzip(request: RecordedRequest) -> bool:
    """Return whether the client accepts it (https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding)."""
    for coding in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = coding.replace(" ", "").lower().partition(";")
        if name in ("gzip", "*"):
            return weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _recorded(request: web.BaseRequest) -> RecordedRequest:
    raw_path, _, raw_query = request.raw_path.partition("?")
    return RecordedRequest(method=request.method, raw_path=raw_path, raw_query=raw_query, headers=request.headers)
