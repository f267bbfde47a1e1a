"""What every verb needs: to send a request and read its reply, within the call's timeouts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, Self, TypeAlias, TypeVar

from attrs import evolve

from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._errors import APIStatusError
from openai_steps._http.replies import Reply, read_reply
from openai_steps._http.requests import Request
from openai_steps._models.pages import Page
from openai_steps._sending.deadline import Deadline
from openai_steps._sending.jitter import jitter
from openai_steps._sending.retry import wait_as_asked
from openai_steps._sending.sleep import sleep
from openai_steps._sending.transport import Transport
from openai_steps._settings import RetryPolicy, Timeouts
from openai_steps._walks.trust import LearnedPaging, ListKind, Trust

T = TypeVar("T")
Names: TypeAlias = tuple[str, ...] | str
"""The names to include, as the caller passed them."""


class OwnTexts(Protocol):
    """Collects the server's own text of what is read."""

    def note(self, reply: Reply, model: Any) -> None:
        """Note a reply and its model: a page has the text of each item in ``raw``."""
        ...


class Requests:
    """Sends requests and reads replies; the other classes of this package add the verbs."""

    _transport: Transport
    _timeouts: Timeouts
    _retry: RetryPolicy
    _texts: OwnTexts | None = None
    _trust: dict[ListKind, Trust]

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint of this client's server."""
        return self._transport.endpoint

    @property
    def trust(self) -> tuple[LearnedPaging, ...]:
        """What this client has found out about its server's pages, and relies on."""
        return tuple(learned for kind, trust in self._trust.items() for learned in trust.learned(kind))

    def _trusted(self, kind: ListKind, *, verify_paging: bool) -> Trust | None:
        """Return what is known of the server's lists of this kind; None to rely on nothing."""
        return None if verify_paging else self._trust[kind]

    async def _get(self, request: Request, timeout: Timeouts | float | None) -> Reply:
        """Send a request and return its reply."""
        return await self._transport.get(request, timeouts=timeouts_for(timeout, self._timeouts))

    async def _read(self, request: Request, kind: type[T], timeout: Timeouts | float | None, *, raw: bool = False) -> T:
        """Send a request and return its reply's model; with ``raw``, a page has the text of its items."""
        if self._texts is None:
            return read_reply(await self._get(request, timeout), kind, request=request, raw=raw)
        reply = await self._get(request, timeout)
        model = read_reply(reply, kind, request=request, raw=issubclass(kind, Page))
        self._texts.note(reply, model)
        return model

    def _keeping(self, texts: OwnTexts) -> Self:
        """Return a client, over the same connections, that collects the server's own texts."""
        other = self._copy()
        other._texts = texts
        return other

    def _copy(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    async def _ask_patiently(self, ask: Callable[[], Awaitable[T]], deadline: Deadline) -> T:
        """Ask, and ask again after a wait that the server wants and the request's own deadline does not allow."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return await deadline.wait_for(ask())
            except APIStatusError as error:
                wait = wait_as_asked(
                    error, policy=self._retry, attempt=attempt, jitter=jitter(), time_left=deadline.time_left
                )
                if wait is None:
                    raise
            await deadline.wait_for(sleep(wait))


def timeouts_for(timeout: Timeouts | float | None, of_client: Timeouts) -> Timeouts:
    """Return the timeouts of a call; seconds are for one request, and raise the total if need be."""
    if timeout is None or isinstance(timeout, Timeouts):
        return timeout or of_client
    checked = evolve(of_client, attempt=timeout)
    return evolve(checked, total=max(timeout, of_client.total))


def names_of(include: Iterable[str]) -> Names:
    """Return the names for more than one request. A single text is refused where a request is built."""
    return include if isinstance(include, str) else tuple(include)
