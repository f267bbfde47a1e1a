"""The gateway: checks a request, reads it into values, sends a new one with the key, and passes the answer on."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
from aiohttp import web

from openai_steps._endpoint.base_url import is_loopback
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._errors import StepsError
from openai_steps._http.requests import Request
from openai_steps.gateway._answer import (
    Answer,
    answer_of_error,
    answer_of_file,
    answer_of_rejection,
    answer_of_reply,
    answer_with,
)
from openai_steps.gateway._events import GatewayEvent, logger
from openai_steps.gateway._guard import Failures, Token, check_host, check_no_body, check_site
from openai_steps.gateway._readings import Readings
from openai_steps.gateway._rejection import Rejection
from openai_steps.gateway._repair import read_whole
from openai_steps.gateway._server import SERVER, Bounds, listen, send
from openai_steps.gateway._target import (
    FILE_CONTENT,
    HEALTH,
    PREFIX,
    ROUTE_GROUPS,
    STEPS,
    Target,
    check_form,
    read_target,
)

if TYPE_CHECKING:
    from openai_steps import AsyncStepsClient

Observer = Callable[[GatewayEvent], None]

_REPAIR: Final = "x-openai-steps-repair"
_METHODS: Final = ("GET", "HEAD")
_ANY_HOST: Final = "*"
_HOST_NAME: Final = re.compile(r"\*|[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


class Gateway:
    """A read-only reverse proxy: callers read through it without the server's key.

    It answers GET and HEAD for the paths of runs and steps, and of ``routes``. Only ids and known parameters go on to
    the server, in a new request with this client's key and headers.

    Args:
        client: Reads from the server. You close it. A gateway's callers retry themselves: give it
            ``RetryPolicy(attempts=2)`` and a total timeout below theirs.
        token: The secret that callers must send, as ``Authorization: Bearer`` or ``api-key``: 16 printable characters
            or more. None lets in anyone who can reach the gateway.
        repair: Whether to answer lists by the documented contract, whatever the server's pages are like: from the run
            as a whole, read and verified in both orders, or not at all (502 ``upstream_paging``).
        routes: More to serve besides runs and steps: ``messages``, ``threads``, ``files``.
        allow_hosts: Host names of this gateway besides 127.0.0.1, localhost and ::1; ``*``: any.
        allow_origins: Origins whose web pages may read, such as ``http://localhost:5173``.
        observer: Called after each request with its event. Its exceptions are logged.

    Raises:
        ValueError: If the token is too short, or a name or origin is malformed.
    """

    def __init__(
        self,
        client: AsyncStepsClient,
        *,
        token: str | None = None,
        repair: bool = False,
        routes: Iterable[str] = (),
        allow_hosts: Iterable[str] = (),
        allow_origins: Iterable[str] = (),
        observer: Observer | None = None,
    ) -> None:
        self._client = client
        self._token = Token(token)
        self._groups = _known(routes)
        self._hosts = tuple(_checked(_HOST_NAME, name, "a host's name") for name in allow_hosts)
        self._origins = tuple(_checked(_ORIGIN, origin, "an origin") for origin in allow_origins)
        self._observer = observer
        self._failures = Failures()
        self._readings = Readings(partial(read_whole, client), now=time.monotonic) if repair else None
        self._bounds = Bounds()

    def __repr__(self) -> str:
        return f"<Gateway to {self._client.endpoint.base_url}>"

    @asynccontextmanager
    async def serve(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        socket_path: str | os.PathLike[str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        without_token: bool = False,
        bounds: Bounds | None = None,
    ) -> AsyncIterator[str]:
        """Serve until the block is left; requests that were begun are then answered.

        Args:
            host: The address to listen on. Beyond the loopback interface a token is needed.
            port: The port; 0 takes a free one.
            socket_path: A Unix socket instead of an address; only this user can connect to it.
            ssl_context: For TLS.
            without_token: Whether to listen beyond the loopback interface even without a token: anyone who can reach
                the port reads with your key.
            bounds: The limits for callers.

        Yields:
            The base URL for callers, ending in ``/v1``; that of the loopback interface, if it listens on all addresses.

        Raises:
            ValueError: If there is no token where one is needed.
            OSError: If the address or path is taken or not allowed.
        """
        names = self._names(host, on_socket=socket_path is not None, may_be_open=without_token)
        self._bounds = bounds or Bounds()

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(request, names)

        async with listen(
            handle, host=host, port=port, socket_path=socket_path, ssl_context=ssl_context, bounds=self._bounds
        ) as origin:
            yield origin + PREFIX

    async def handle(self, request: web.BaseRequest, *, prefix: str = "") -> web.StreamResponse:
        """Answer a request: the gateway as a handler in a server of your own.

        Args:
            request: Its path must begin with ``prefix`` and ``/v1``.
            prefix: The path before ``/v1``.
        """
        return await self._handle(request, self._hosts, prefix)

    def _names(self, host: str, *, on_socket: bool, may_be_open: bool) -> tuple[str, ...]:
        """Return the host names of this server, or refuse to be open to everyone."""
        if on_socket:
            return (_ANY_HOST,)  # no browser gets here
        if is_loopback(host):
            return self._hosts
        if not self._token.is_needed and not may_be_open:
            raise ValueError(
                f"{host} can be reached from other machines, and anyone there could read with your key. "
                "Give a token, or say without_token=True."
            )
        # The Host check keeps out web pages of a rebound name, which have no token.
        return self._hosts or ((_ANY_HOST,) if self._token.is_needed else (f"[{host}]" if ":" in host else host,))

    async def _handle(self, request: web.BaseRequest, names: tuple[str, ...], prefix: str = "") -> web.StreamResponse:
        begun = time.monotonic()
        seen = _Seen()
        try:
            answer = await self._answer(request, names, prefix, seen)
        except asyncio.CancelledError:
            self._report(request, seen, begun, status=499, size=0)
            raise
        response = web.Response(status=answer.status, body=answer.body, headers={**answer.headers, "Server": SERVER})
        if request.headers.get("Origin") in self._origins:
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        if answer.close:
            response.force_close()
        try:
            await send(request, response, seconds=self._bounds.write_seconds)
        finally:
            seen.code = answer.code
            seen.request_id = answer.headers.get("x-request-id")
            self._report(request, seen, begun, status=answer.status, size=len(answer.body))
        return response

    async def _answer(self, request: web.BaseRequest, names: tuple[str, ...], prefix: str, seen: _Seen) -> Answer:
        try:
            check_form(request.raw_path)
            check_host(request.headers, names=names, port=_port(request))
            check_site(request.headers, origins=self._origins)
            check_no_body(request.headers)
            if request.method not in _METHODS:
                return self._other_method(request)
            path = request.raw_path.partition("?")[0]
            if path in HEALTH:
                seen.route = path
                return await self._health(path)
            self._check_token(request)
            target = read_target(request.raw_path.removeprefix(prefix), self._groups)
            seen.route = target.route.template
            return await self._fetch(target, seen)
        except Rejection as rejection:
            return answer_of_rejection(rejection)
        except StepsError as error:
            return answer_of_error(error)
        except Exception as error:  # a bug: the log gets only its class, since its text may hold anything
            logger.error("%s while answering %s", type(error).__name__, seen.route)
            return answer_of_rejection(Rejection(500, "internal", "The gateway failed; its log says more."))

    def _check_token(self, request: web.BaseRequest) -> None:
        if not self._token.is_in(request.headers):
            raise self._failures.refuse(
                time.monotonic(),
                code="gateway_token",
                message="This gateway wants its own token, as Authorization: Bearer TOKEN; not the server's key.",
            )

    def _other_method(self, request: web.BaseRequest) -> Answer:
        if request.method == "OPTIONS" and request.headers.get("Origin") in self._origins:
            asked = request.headers.get("Access-Control-Request-Headers", "").split(",")
            headers = [name for name in map(str.strip, asked) if _CORS_HEADER.fullmatch(name)]
            return Answer(
                status=204,
                body=b"",
                headers={
                    "Access-Control-Allow-Methods": ", ".join(_METHODS),
                    "Access-Control-Allow-Headers": ", ".join(headers),
                    "Vary": "Origin",
                },
            )
        allowed = {"Allow": ", ".join(_METHODS)}
        raise Rejection(405, "method_not_allowed", "This gateway only reads: GET and HEAD.", headers=allowed)

    async def _health(self, path: str) -> Answer:
        if path == "/readyz":
            try:
                async with asyncio.timeout(_READY_SECONDS):
                    await self._client._transport.authorize()
            except Exception as error:  # whatever a credential raises
                raise Rejection(
                    503, "upstream_credentials", f"There is no key or token for the server: {type(error).__name__}."
                ) from None
        return Answer(status=200, body=b'{"status":"ok"}', headers=_HEALTH_HEADERS)

    async def _fetch(self, target: Target, seen: _Seen) -> Answer:
        try:
            request = request_for(self._client.endpoint, target)
        except ValueError as error:
            raise Rejection(400, "invalid_request", str(error)) from None
        try:
            if self._readings is not None and target.route is STEPS:
                return await self._repaired(self._readings, target, seen)
            reply = await self._client._transport.get(request)
        except (StepsError, Rejection):
            raise
        except Exception as error:  # whatever a credential raises
            logger.error("%s while getting the key for the server", type(error).__name__)
            raise Rejection(
                502, "upstream_credentials", f"The gateway got no key or token for the server: {type(error).__name__}."
            ) from None
        seen.source = "server"
        if target.route is FILE_CONTENT:
            return answer_of_file(reply)
        return answer_of_reply(reply, {} if self._readings is None else {_REPAIR: "passed"})

    async def _repaired(self, readings: Readings, target: Target, seen: _Seen) -> Answer:
        key = (target.ids["thread_id"], target.ids["run_id"], tuple(sorted(set(target.include))))
        run, seen.source = await readings.get(key)
        return answer_with(run.page(target), {_REPAIR: "exact"})

    def _report(self, request: web.BaseRequest, seen: _Seen, begun: float, *, status: int, size: int) -> None:
        if self._observer is None:
            return
        event = GatewayEvent(
            method=request.method if request.method in _USUAL_METHODS else "other",
            route=seen.route,
            status=status,
            code=seen.code,
            seconds=time.monotonic() - begun,
            sent_bytes=size if request.method != "HEAD" else 0,
            request_id=seen.request_id,
            source=seen.source,
        )
        try:
            self._observer(event)
        except Exception:
            logger.exception("The observer of this gateway failed")


@attrs.define
class _Seen:
    """What is known of a request so far, for its event."""

    route: str | None = None
    code: str | None = None
    request_id: str | None = None
    source: str | None = None


_USUAL_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_HEALTH_HEADERS: Final = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_READY_SECONDS: Final = 10.0

# The headers that the SDKs send from a browser, and no others.
_CORS_HEADER: Final = re.compile(r"authorization|api-key|content-type|openai-beta|x-stainless-[a-z-]{1,40}")


def request_for(endpoint: Endpoint, target: Target) -> Request:
    """Return the request to the server for a target.

    Raises:
        ValueError: If this server does not take an argument.
    """
    return target.route.request(endpoint, **target.ids, **target.arguments)


def create_app(
    client: AsyncStepsClient,
    *,
    token: str | None = None,
    repair: bool = False,
    routes: Iterable[str] = (),
    allow_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    observer: Observer | None = None,
) -> web.Application:
    """Return the gateway as an aiohttp application, for a server of your own.

    Prefer `Gateway.serve`, which has bounds for callers that aiohttp lacks.

    Args:
        client: See `Gateway`.
        token: See `Gateway`.
        repair: See `Gateway`.
        routes: See `Gateway`.
        allow_hosts: See `Gateway`.
        allow_origins: See `Gateway`.
        observer: See `Gateway`.

    Raises:
        ValueError: See `Gateway`.
    """
    gateway = Gateway(
        client,
        token=token,
        repair=repair,
        routes=routes,
        allow_hosts=allow_hosts,
        allow_origins=allow_origins,
        observer=observer,
    )
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    return app


def _known(routes: Iterable[str]) -> tuple[str, ...]:
    named = tuple(routes)
    for name in named:
        if name not in ROUTE_GROUPS:
            raise ValueError(f"There are no routes {name!r}, but {', '.join(ROUTE_GROUPS)}.")
    return named


def _checked(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is not {what}.")
    return text


def _port(request: web.BaseRequest) -> int | None:
    name = request.get_extra_info("sockname")
    return name[1] if isinstance(name, tuple) else None
