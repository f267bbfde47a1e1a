"""What every verb needs: to send a request and read its reply, with the patience that the call asks for."""

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
"""What to include, as the caller gave it."""


class OwnTexts(Protocol):
    """Takes the server's own text of what is read."""

    def note(self, reply: Reply, model: Any) -> None:
        """Note a reply and what was made of it: a page has the text of each item in ``raw``."""
        ...


class Requests:
    """Sends requests and reads replies for the verbs, which the classes of this package add."""

    _transport: Transport
    _timeouts: Timeouts
    _retry: RetryPolicy
    _texts: OwnTexts | None = None
    _trust: dict[ListKind, Trust]

    @property
    def endpoint(self) -> Endpoint:
        """The server that this client asks."""
        return self._transport.endpoint

    @property
    def trust(self) -> tuple[LearnedPaging, ...]:
        """What this client has found out about its server's pages, and believes from now on."""
        return tuple(learned for kind, trust in self._trust.items() for learned in trust.learned(kind))

    def _trusted(self, kind: ListKind, *, verify_paging: bool) -> Trust | None:
        """Return what is known of the server's lists of this kind; None where nothing is to be believed."""
        return None if verify_paging else self._trust[kind]

    async def _get(self, request: Request, timeout: Timeouts | float | None) -> Reply:
        """Send a request and return its reply."""
        return await self._transport.get(request, timeouts=timeouts_for(timeout, self._timeouts))

    async def _read(self, request: Request, kind: type[T], timeout: Timeouts | float | None, *, raw: bool = False) -> T:
        """Send a request and return the model that its reply holds; with ``raw``, a page has the text of its items."""
        if self._texts is None:
            return read_reply(await self._get(request, timeout), kind, request=request, raw=raw)
        reply = await self._get(request, timeout)
        model = read_reply(reply, kind, request=request, raw=issubclass(kind, Page))
        self._texts.note(reply, model)
        return model

    def _keeping(self, texts: OwnTexts) -> Self:
        """Return this client once more, over the same session, which notes the server's own text of what it reads."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._texts = texts
        return other

    async def _ask_patiently(self, ask: Callable[[], Awaitable[T]], deadline: Deadline) -> T:
        """Ask; and the same again where the server asks for a wait that the request's own deadline does not allow."""
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
    """Return what is asked for; seconds are for one request, and stretch the total where they have to."""
    if timeout is None or isinstance(timeout, Timeouts):
        return timeout or of_client
    return evolve(of_client, attempt=timeout, total=max(timeout, of_client.total))


def names_of(include: Iterable[str]) -> Names:
    """Keep the names for more than one request. A text is refused where a request is built."""
    return include if isinstance(include, str) else tuple(include)
