"""The functions of the page: one for each path below ``/api``, JSON in and JSON out.

Bad input and a server's errors are results, too: ``{"ok": false, …}``. The page names a connection, never a URL.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

import attrs

from openai_steps import _words
from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._client.client import AsyncStepsClient
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._errors import ResponseDecodeError, StepsError
from openai_steps._http.replies import Reply, find_request_id, read_reply
from openai_steps._http.requests import list_request, request_headers
from openai_steps._json.converter import dumps
from openai_steps._json.text import to_text
from openai_steps._models.pages import StepPage
from openai_steps._models.runs import Order, Run, RunRef
from openai_steps._models.steps import RunStep
from openai_steps._secrets import hide, mask
from openai_steps._sending.events import RequestEvent
from openai_steps._walks.pages import FLIPPED
from openai_steps.console import _rows
from openai_steps.console._form import KNOWN_INCLUDES, PARAMETERS, Call, FormError, read_form, read_pasted, thread_of
from openai_steps.console._snippets import snippets, token_line
from openai_steps.doctor import examine
from openai_steps.timeline import build_timeline, to_html, to_svg

Result: TypeAlias = dict[str, Any]

MOST_ROWS: Final = 5_000
_MOST_RAW: Final = 2 * 1024 * 1024
_MOST_STEPS_KEPT: Final = 20_000
_MOST_BODIES_KEPT: Final = 4
_DEFAULT_SIZE: Final = 20


_ATTEMPTS: ContextVar[list[RequestEvent]] = ContextVar("attempts")


def observe(event: RequestEvent) -> None:
    """Note an attempt for its call; clients call this."""
    attempts = _ATTEMPTS.get(None)
    if attempts is not None:
        attempts.append(event)


@attrs.define
class Connection:
    """A server, and its name in the page."""

    name: str
    client: AsyncStepsClient
    base_url: str


class Api:
    """The functions of the page.

    Args:
        connections: The servers.
        token: The token of programs that read through this console.
        runs: Runs to begin with.
        replace_key: Makes a connection use another key.
        keep_page: Keeps a page of HTML, and returns the path under which it is served once.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        *,
        token: str,
        runs: Iterable[RunRef],
        replace_key: Callable[[str, str], Awaitable[None]],
        keep_page: Callable[[str], str],
    ) -> None:
        self._connections = connections
        self._token = hide(token)
        self._runs = tuple(runs)
        self._replace_key = replace_key
        self._keep_page = keep_page
        self._steps: OrderedDict[tuple[str, str, str, str], RunStep] = OrderedDict()
        self._bodies: OrderedDict[int, bytes] = OrderedDict()
        self._views = 0
        self.functions: Mapping[str, Callable[[Result], Awaitable[Result]]] = {
            "state": self._state,
            "paste": self._paste,
            "snippets": self._snippets,
            "call": self._call,
            "page": self._page,
            "run": self._whole_run,
            "step": self._step,
            "runs": self._runs_of_thread,
            "timeline": self._timeline,
            "doctor": self._doctor,
            "save": self._save,
            "key": self._key,
        }

    async def answer(self, name: str, data: Result) -> str:
        """Call a function, and return its result as JSON; an error is a result, too.

        Raises:
            KeyError: If there is no such function.
        """
        result = await self._result(self.functions[name], data)
        return mask(to_text(result).decode(), await self.secrets(data))

    async def secrets(self, data: Result) -> tuple[str, ...]:
        """Return the secrets of the named connection."""
        try:
            return await self.connection(data).client._transport.authorize()
        except Exception:  # no such connection; a credential that fails
            return ()

    async def _result(self, function: Callable[[Result], Awaitable[Result]], data: Result) -> Result:
        try:
            return {"ok": True, **await function(data)}
        except FormError as error:
            return {"ok": False, "fields": error.fields}
        except Exception as error:  # a server's, a credential's, an argument's
            return {"ok": False, "error": error_result(error)}

    def connection(self, data: Result) -> Connection:
        """Return the named connection, or the first.

        Raises:
            FormError: If no connection has that name.
        """
        name = data.get("connection") or next(iter(self._connections))
        if name not in self._connections:
            raise FormError({"connection": "There is no such connection."})
        return self._connections[name]

    def remember(self, connection: Connection, steps: Iterable[RunStep]) -> None:
        """Keep steps, whose details may be asked for."""
        for step in steps:
            key = (connection.name, str(step.thread_id), str(step.run_id), step.id)
            self._steps[key] = step
            self._steps.move_to_end(key)
        while len(self._steps) > _MOST_STEPS_KEPT:
            self._steps.popitem(last=False)

    async def _state(self, _: Result) -> Result:
        return {
            "connections": [_about(connection) for connection in self._connections.values()],
            "parameters": [attrs.asdict(parameter) for parameter in PARAMETERS],
            "includes": [[name, about] for name, about in KNOWN_INCLUDES.items()],
            "runs": [[run.thread_id, run.run_id] for run in self._runs],
            "token_line": token_line(self._token),
            "most_rows": MOST_ROWS,
        }

    async def _paste(self, data: Result) -> Result:
        return {"form": read_pasted(str(data.get("text", "")))}

    async def _snippets(self, data: Result) -> Result:
        call = read_form(_form(data))
        made = snippets(call, base_url=self.connection(data).base_url, whole=bool(data.get("whole")))
        return {"snippets": [[language, text] for language, text in made.items()]}

    async def _call(self, data: Result) -> Result:
        """Send one request, just as the form says."""
        call, connection = read_form(_form(data)), self.connection(data)
        endpoint = connection.client.endpoint
        request = list_request(endpoint, call.thread_id, call.run_id, **call.query)
        secrets = await connection.client._transport.authorize()
        asked = {"method": "GET", "url": mask(request.url, secrets), "headers": _header_names(endpoint)}
        begun = time.monotonic()
        attempts: list[RequestEvent] = []
        _ATTEMPTS.set(attempts)
        try:
            reply = await connection.client._transport.get(request)
        except StepsError as error:
            failed = {"error": _rows.error_row(error), **_headers_of(error)}
            return {"ok": False, "asked": asked, "milliseconds": _since(begun), "attempts": len(attempts), **failed}
        answer = {"asked": asked, "milliseconds": _since(begun), "attempts": len(attempts), **self._raw(reply)}
        try:
            page = read_reply(reply, StepPage, request=request)
        except ResponseDecodeError as error:
            return {**answer, "ok": False, "error": _rows.error_row(error)}
        self.remember(connection, page.data)
        unreadable, paging = len(page.unreadable), _rows.paging(connection.client.trust)
        return {
            **answer,
            "rows": _rows.rows(page.data),
            "unreadable": unreadable,
            "has_more": page.has_more,
            "paging": paging,
        }

    def _raw(self, reply: Reply) -> Result:
        body = reply.masked_body()
        self._views += 1
        self._bodies[self._views] = body
        while len(self._bodies) > _MOST_BODIES_KEPT:
            self._bodies.popitem(last=False)
        headers = {name: mask(value, reply.secrets) for name, value in reply.headers.items()}
        return {
            "status": reply.status,
            "bytes": len(body),
            "raw": _words.lines(body[:_MOST_RAW].decode("utf-8", "replace")),
            "raw_is_cut": len(body) > _MOST_RAW,
            "view": self._views,
            "headers": [[name, _words.line(value)] for name, value in sorted(headers.items())],
            "request_id": _words.line(find_request_id(headers) or ""),
        }

    async def _page(self, data: Result) -> Result:
        """Read the page next to the shown one, exactly, whatever the server does with cursors."""
        call, connection = read_form(_form(data)), self.connection(data)
        direction, cursor = data.get("direction"), data.get("cursor")
        order: Order = call.order or "desc"
        size = call.limit or _DEFAULT_SIZE
        backward = direction in ("previous", "last")
        options: dict[str, Any] = {"order": FLIPPED[order] if direction == "last" else order}
        if direction in ("next", "previous"):
            options["after" if direction == "next" else "before"] = str(cursor)
        begun = time.monotonic()
        # One more than is shown, to see whether there are more.
        walk = connection.client.iter_steps(
            call.thread_id,
            call.run_id,
            include=call.include,
            max_steps=size + 1,
            page_size=min(MAX_PAGE_SIZE, size + 1),
            **options,
        )
        async with aclosing(walk) as read:
            items = [step async for step in read if isinstance(step, RunStep)]
        more, steps = len(items) > size, items[:size]
        shown = steps[::-1] if backward else steps
        self.remember(connection, shown)
        return {
            "rows": _rows.rows(shown),
            "more": more,
            "milliseconds": _since(begun),
            "paging": _rows.paging(connection.client.trust),
        }

    async def _whole_run(self, data: Result) -> Result:
        call, connection = read_form(_form(data)), self.connection(data)
        begun = time.monotonic()
        steps, unreadable = await self._collect(connection, call, call.order or "asc")
        run = await _run_of(connection.client, call)
        shown = steps[:MOST_ROWS]
        return {
            "rows": _rows.rows(shown),
            "count": len(steps),
            "unreadable": unreadable,
            "summary": _rows.summary(steps, run),
            "run": None if run is None else _rows.run_row(run),
            "milliseconds": _since(begun),
            "paging": _rows.paging(connection.client.trust),
        }

    async def _collect(self, connection: Connection, call: Call, order: Order) -> tuple[list[RunStep], int]:
        """Read a whole run; return its steps, and how many of them cannot be read."""
        items = await connection.client.collect_steps(
            call.thread_id, call.run_id, order=order, include=call.include, odd="keep"
        )
        steps = [item for item in items if isinstance(item, RunStep)]
        self.remember(connection, steps)
        return steps, len(items) - len(steps)

    async def _step(self, data: Result) -> Result:
        call, connection = read_form({**_form(data), "after": "", "before": ""}), self.connection(data)
        step_id = str(data.get("step"))
        step = self._steps.get((connection.name, call.thread_id, call.run_id, step_id))
        if step is None:
            step = await connection.client.get_step(call.thread_id, call.run_id, step_id, include=call.include)
        return {"step": _rows.details(step)}

    async def _runs_of_thread(self, data: Result) -> Result:
        """Read some of a thread's runs, newest first."""
        after = str(data["after"]) if data.get("after") else None
        client, size = self.connection(data).client, _DEFAULT_SIZE
        async with aclosing(client.iter_runs(thread_of(_form(data)), after=after, max_runs=size + 1)) as read:
            runs = [run async for run in read]
        return {"runs": [_rows.run_row(run) for run in runs[:size]], "more": len(runs) > size}

    async def _timeline(self, data: Result) -> Result:
        call, connection = read_form(_form(data)), self.connection(data)
        steps, _ = await self._collect(connection, call, "asc")
        run = await _run_of(connection.client, call)
        page = to_html(build_timeline(steps, run=run))
        return {"path": self._keep_page(mask(page, await self.secrets(data)))}

    async def _doctor(self, data: Result) -> Result:
        call, connection = read_form(_form(data)), self.connection(data)
        report = await examine(connection.client, call.thread_id, call.run_id)
        table = [[_words.line(text) for text in (f.check, f.grade, f.found, f.means)] for f in report.findings]
        return {"findings": table, "requests": report.requests}

    async def _save(self, data: Result) -> Result:
        """Return a file's text: the server's own answer, the steps as JSON Lines, or the timeline."""
        if data.get("kind") == "raw":
            body = self._bodies.get(data.get("view", 0), b"")
            return {"name": "answer.json", "text": body.decode("utf-8", "replace")}
        call, connection = read_form(_form(data)), self.connection(data)
        steps, _ = await self._collect(connection, call, "asc")
        if (kind := data.get("kind")) in ("timeline", "svg"):
            timeline = build_timeline(steps, run=await _run_of(connection.client, call))
            drawn = to_svg(timeline) if kind == "svg" else to_html(timeline)
            return {"name": "timeline.svg" if kind == "svg" else "timeline.html", "text": drawn}
        return {"name": "steps.jsonl", "text": "".join(f"{dumps(step).decode()}\n" for step in steps)}

    async def _key(self, data: Result) -> Result:
        """Use another key for a connection, until this program ends. No function returns it."""
        connection = self.connection(data)
        try:
            await self._replace_key(connection.name, hide(str(data.get("key", ""))))
        except ValueError as error:
            raise FormError({"key": str(error)}) from None
        return {"connections": [_about(connection) for connection in self._connections.values()]}


def _form(data: Result) -> Mapping[str, Any]:
    form = data.get("form")
    return form if isinstance(form, Mapping) else {}


def _about(connection: Connection) -> Result:
    endpoint = connection.client.endpoint
    return {
        "name": connection.name,
        "provider": endpoint.provider,
        "host": endpoint.host,
        "server": endpoint.base_url,
        "key": endpoint.key_source,
        "base_url": connection.base_url,
        "ended_on": endpoint.ended_on,
    }


def _header_names(endpoint: Endpoint) -> list[str]:
    has_key = endpoint.api_key is not None or endpoint.credential is not None
    return [*request_headers(endpoint), *([endpoint.key_header] if has_key else [])]


def _headers_of(error: StepsError) -> Result:
    headers = getattr(error, "headers", None)
    if not headers:
        return {}
    return {
        "status": getattr(error, "status", None),
        "headers": [[name, _words.line(value)] for name, value in sorted(headers.items())],
    }


def _since(begun: float) -> float:
    return round((time.monotonic() - begun) * 1000, 1)


async def _run_of(client: AsyncStepsClient, call: Call) -> Run | None:
    try:
        return await client.get_run(call.thread_id, call.run_id)
    except StepsError:  # a server that has steps only
        return None


def error_result(error: Exception) -> Result:
    """Return an error for the page, without the text of a credential's error, which may hold anything."""
    if not isinstance(error, StepsError | ValueError | ModuleNotFoundError):
        error = StepsError(f"{type(error).__name__}: a key or token may be missing.")
    return _rows.error_row(error)
