"""The console over HTTP: checks each request first, and forbids in each answer what the page does not need."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

import attrs
from aiohttp import web

from openai_steps._client.client import AsyncStepsClient
from openai_steps._endpoint.base_url import is_loopback
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._json.text import loads, to_text
from openai_steps._models.runs import RunRef
from openai_steps._settings import Limits, RetryPolicy, Timeouts
from openai_steps._words import size
from openai_steps.console._api import Api, Connection, Result, observe
from openai_steps.console._assets import load_assets
from openai_steps.console._follow import follow
from openai_steps.console._form import FormError, read_form
from openai_steps.console._session import Sessions
from openai_steps.gateway._events import GatewayEvent, logger
from openai_steps.gateway._gateway import Gateway, Observer
from openai_steps.gateway._guard import check_host, check_site
from openai_steps.gateway._rejection import Rejection
from openai_steps.gateway._server import SERVER, Bounds, listen, response_to, send
from openai_steps.gateway._target import check_form

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), clipboard-write=(self)",
    "Cache-Control": "no-store",
    "Server": SERVER,
}
# The timeline's page brings its own policy; it runs in an origin of its own, which can reach nothing here.
_FRAME_HEADERS: Final = {
    **{name: value for name, value in _HEADERS.items() if name != "X-Frame-Options"},
    "Content-Security-Policy": "sandbox allow-scripts; frame-ancestors 'self'",
    "Content-Type": "text/html; charset=utf-8",
}
_FOREVER: Final = "public, max-age=31536000, immutable"

_LIMITS: Final = Limits(max_body_bytes=16 * 1024 * 1024)
_RETRY: Final = RetryPolicy(attempts=3)
_TIMEOUTS: Final = Timeouts(attempt=25, total=55)
_BOUNDS: Final = Bounds(connections=64)
_LONGEST_BODY: Final = 64 * 1024
_BODY_SECONDS: Final = 10.0
_MOST_FOLLOWS: Final = 8
_MOST_FRAMES: Final = 8


class Console:
    """A local page to try a call and to see a run. The keys stay here.

    Args:
        connections: The servers, by their names in the page; the first is chosen at first.
        runs: Runs to offer at first.
        allow_hosts: Host names of this console besides 127.0.0.1, localhost and ::1.
        client_options: By a connection's name, its client's other arguments, such as ``proxy``.
        observer: Called after each request with its event.

    Raises:
        ValueError: If there is no connection.
        ModuleNotFoundError: If Jinja2 is not installed; it comes with the extra ``console``.
    """

    def __init__(
        self,
        connections: Mapping[str, Endpoint],
        *,
        runs: Iterable[RunRef] = (),
        allow_hosts: Iterable[str] = (),
        client_options: Mapping[str, Mapping[str, Any]] | None = None,
        observer: Observer | None = None,
    ) -> None:
        import jinja2  # noqa: F401 - raises its error here, not at the first timeline

        if not connections:
            raise ValueError("A console needs a connection.")
        self._endpoints = dict(connections)
        self._runs = tuple(runs)
        self._hosts = tuple(allow_hosts)
        self._options = dict(client_options or {})
        self._observer = observer
        self._token = secrets.token_urlsafe(32)
        self._sessions = Sessions(now=time.monotonic, make_token=partial(secrets.token_urlsafe, 32))
        self._connections: dict[str, Connection] = {}
        self._gateways: dict[str, Gateway] = {}
        self._frames: OrderedDict[str, bytes] = OrderedDict()
        self._follows = 0
        self._followers: set[asyncio.Transport] = set()
        self._stack = AsyncExitStack()
        self._api = Api(
            self._connections,
            token=self._token,
            runs=self._runs,
            replace_key=self._replace_key,
            keep_page=self._keep_frame,
        )

    def invite(self) -> str:
        """Return the rest of a link, after the origin, that opens the page once, within five minutes."""
        return f"/#t={self._sessions.invite()}"

    @asynccontextmanager
    async def serve(
        self, *, host: str = "127.0.0.1", port: int = 0, ssl_context: ssl.SSLContext | None = None
    ) -> AsyncIterator[str]:
        """Serve until the block is left.

        Args:
            host: The address to listen on. Beyond the loopback interface it takes TLS and ``allow_hosts``.
            port: The port; 0 takes a free one.
            ssl_context: For TLS.

        Yields:
            The origin, to which `invite` adds the rest of a link.

        Raises:
            ValueError: If it would be open to other machines without TLS or a name.
            OSError: If the address is taken or not allowed.
        """
        if not is_loopback(host) and (ssl_context is None or not self._hosts):
            raise ValueError(
                f"{host} can be reached from other machines: the console listens there only with TLS "
                "and with the name that browsers call it by (allow_hosts)."
            )
        async with (
            AsyncExitStack() as self._stack,
            listen(self._handle, host=host, port=port, ssl_context=ssl_context, bounds=_BOUNDS) as origin,
        ):
            for number, (name, endpoint) in enumerate(self._endpoints.items()):
                path = "/v1" if number == 0 else f"/via/{number}/v1"
                await self._connect(name, endpoint, origin + path)
            try:
                yield origin
            finally:
                for transport in tuple(self._followers):  # or else a run that goes on would hold up the end
                    transport.close()

    async def _connect(self, name: str, endpoint: Endpoint, base_url: str) -> None:
        options = {"retry": _RETRY, "timeout": _TIMEOUTS, **self._options.get(name, {})}
        client = AsyncStepsClient(endpoint, limits=_LIMITS, observer=observe, **options)
        await self._stack.enter_async_context(client)
        self._connections[name] = Connection(name, client, base_url)
        path = "/" + base_url.split("/", 3)[3]
        self._gateways[path] = Gateway(client, token=self._token, allow_hosts=self._hosts, observer=self._observer)

    async def _replace_key(self, name: str, key: str) -> None:
        old = self._connections[name]
        endpoint = attrs.evolve(old.client.endpoint, api_key=key, credential=None, key_source="typed into this console")
        await self._connect(name, endpoint, old.base_url)
        await old.client.aclose()

    # --- Requests ---------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        for prefix, gateway in self._gateways.items():
            if path.startswith(prefix + "/"):
                return await gateway.handle(request, prefix=prefix.removesuffix("/v1"))
        begun = time.monotonic()
        code: str | None = None
        try:
            response = await self._answer(request, path)
        except Rejection as rejection:
            code = rejection.code
            response = response_to(rejection)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a bug: its text may hold anything
            logger.error("%s while answering %s", type(error).__name__, _route(path))
            code = "internal"
            response = response_to(Rejection(500, code, "The console failed; its log says more."))
        if not response.prepared:
            if "Content-Security-Policy" not in response.headers:
                for name, value in _HEADERS.items():
                    response.headers.setdefault(name, value)
            await send(request, response, seconds=_BOUNDS.write_seconds)
        if self._observer is not None:
            size = len(response.body) if isinstance(response, web.Response) and isinstance(response.body, bytes) else 0
            self._observer(
                GatewayEvent(
                    method=request.method,
                    route=_route(path),
                    status=response.status,
                    code=code,
                    seconds=time.monotonic() - begun,
                    sent_bytes=size,
                )
            )
        return response

    async def _answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        check_form(request.raw_path)
        name = request.get_extra_info("sockname")
        check_host(request.headers, names=self._hosts, port=name[1])
        if not (path == "/" and request.headers.get("Sec-Fetch-Dest") == "document"):
            # The page itself is the same for all, has no secret, and cannot be framed: a link to it may come from
            # anywhere, such as the file with which the browser is opened.
            check_site(request.headers)
        if request.method in ("GET", "HEAD"):
            return self._file(path)
        if request.method != "POST":
            raise Rejection(405, "method_not_allowed", "GET, HEAD and POST.", headers={"Allow": "GET, HEAD, POST"})
        data = await _read_json(request)
        if path == "/session":
            return _json({"secret": self._sessions.open(str(data.get("token", "")))})
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        self._sessions.check(secret if scheme.lower() == "bearer" else "")
        if path == "/api/follow":
            return await self._follow(request, data)
        if path == "/api/lock":
            self._sessions.lock()
            return _json({"ok": True})
        if path == "/api/invite":
            return _json({"ok": True, "link": self.invite()})
        function = path.removeprefix("/api/")
        if path == function or function not in self._api.functions:
            raise Rejection(404, "unknown_route", "There is no such path.")
        return web.Response(text=await self._api.answer(function, data), content_type="application/json")

    def _file(self, path: str) -> web.Response:
        assets = load_assets()
        if path == "/":
            return web.Response(body=assets.page, content_type="text/html", charset="utf-8")
        if (asset := assets.files.get(path)) is not None:
            return web.Response(
                body=asset.body,
                content_type=asset.content_type,
                charset="utf-8",
                headers={"Cache-Control": _FOREVER},
            )
        if (frame := self._frames.pop(path, None)) is not None:
            return web.Response(body=frame, headers=_FRAME_HEADERS)
        raise Rejection(404, "unknown_route", "There is no such path.")

    def _keep_frame(self, page: str) -> str:
        """Keep a page, and return the path under which it is served once, since a frame sends no header of ours."""
        path = f"/frame/{secrets.token_urlsafe(32)}"
        self._frames[path] = page.encode()
        while len(self._frames) > _MOST_FRAMES:
            self._frames.popitem(last=False)
        return path

    async def _follow(self, request: web.BaseRequest, data: Result) -> web.StreamResponse:
        try:
            form = data.get("form")
            call, connection = read_form(form if isinstance(form, dict) else {}), self._api.connection(data)
        except FormError as error:
            return _json({"ok": False, "fields": error.fields})
        if self._follows >= _MOST_FOLLOWS:
            raise Rejection(429, "too_many", f"{_MOST_FOLLOWS} runs are followed already: stop one of them.")
        self._follows += 1
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        transport = request.transport
        if transport is not None:
            self._followers.add(transport)
        try:
            await response.prepare(request)
            stream = follow(self._api, connection, call)
            try:
                async for event in stream:
                    async with asyncio.timeout(_BOUNDS.write_seconds):
                        await response.write(event)
                await response.write_eof()
            finally:
                await stream.aclose()
        except (ConnectionError, TimeoutError):  # the page was closed, or does not read
            if transport is not None:
                transport.abort()
        finally:
            self._follows -= 1
            if transport is not None:
                self._followers.discard(transport)
        return response


_ROUTES: Final = ("/session", "/api/", "/assets/", "/frame/", "/")


def _route(path: str) -> str | None:
    """Return a path for the log: nothing that a caller made up, and no one-time path."""
    if path.startswith("/api/"):
        return path if path.removeprefix("/api/").isalpha() and len(path) < 20 else "/api/"
    return next((route for route in _ROUTES if path == route or (len(route) > 1 and path.startswith(route))), None)


async def _read_json(request: web.BaseRequest) -> Result:
    if request.content_type != "application/json":  # forms of other sites cannot send it unasked
        raise Rejection(415, "invalid_request", "The body must be application/json.", close=True)
    if "Content-Length" not in request.headers or int(request.headers["Content-Length"]) > _LONGEST_BODY:
        raise Rejection(413, "too_large", f"The body may have {size(_LONGEST_BODY)}.", close=True)
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            data: Any = loads(await request.read())
    except (TimeoutError, ValueError):
        raise Rejection(400, "invalid_request", "The body is not JSON.", close=True) from None
    if not isinstance(data, dict):
        raise Rejection(400, "invalid_request", "The body must be a JSON object.")
    return data


def _json(result: Result) -> web.Response:
    return web.Response(body=to_text(result), content_type="application/json")
