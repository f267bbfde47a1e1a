"""What a request asks for: a closed table of routes, ids and parameters. Pure: text in, a value or a rejection out.

The caller's own path and query are not passed on: they are read into values here, from which a new URL is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote_to_bytes

from attrs import field, frozen

from openai_steps._arguments import LONGEST_ID, ArgumentError, read_page_size
from openai_steps._endpoint.base_url import VERSION_PARAMETER
from openai_steps._http.requests import (
    Request,
    file_request,
    list_request,
    message_request,
    messages_request,
    run_request,
    runs_request,
    step_request,
    thread_request,
    threads_request,
)
from openai_steps._models.runs import Order
from openai_steps.gateway._rejection import Rejection

PREFIX: Final = "/v1"
HEALTH: Final = frozenset({"/healthz", "/readyz"})

ROUTE_GROUPS: Final = ("messages", "threads", "files")
"""Names of the routes that are served only on request."""

_LIST: Final = frozenset({"limit", "order", "after", "before"})
_INCLUDE: Final = frozenset({"include", "include[]"})

# azure-ai-agents and the AzureOpenAI clients send it with each request; the endpoint has its own.
_DROPPED: Final = frozenset({VERSION_PARAMETER})


@frozen(kw_only=True)
class Route:
    """One row of the table.

    Attributes:
        template: The path below ``/v1`` with names for ids, which is also its name in logs.
        request: Makes the request to the server of ids and arguments.
        parameters: The parameters that it takes.
        group: The name by which it is switched on; None if it is always on.
    """

    template: str
    request: Callable[..., Request] = field(repr=False)
    parameters: frozenset[str] = frozenset()
    group: str | None = None


_RUN_PATH: Final = "/threads/{thread_id}/runs/{run_id}"
_MESSAGES_PATH: Final = "/threads/{thread_id}/messages"

STEPS: Final = Route(template=f"{_RUN_PATH}/steps", request=list_request, parameters=_LIST | _INCLUDE)
STEP: Final = Route(template=f"{_RUN_PATH}/steps/{{step_id}}", request=step_request, parameters=_INCLUDE)
RUN: Final = Route(template=_RUN_PATH, request=run_request)
RUNS: Final = Route(template="/threads/{thread_id}/runs", request=runs_request, parameters=_LIST)
FILE_CONTENT: Final = Route(
    template="/files/{file_id}/content", request=partial(file_request, content=True), group="files"
)
ROUTES: Final = (
    *(STEPS, STEP, RUN, RUNS, FILE_CONTENT),
    Route(template=_MESSAGES_PATH, request=messages_request, parameters=_LIST | {"run_id"}, group="messages"),
    Route(template=f"{_MESSAGES_PATH}/{{message_id}}", request=message_request, group="messages"),
    Route(template="/threads", request=threads_request, parameters=_LIST, group="threads"),
    Route(template="/threads/{thread_id}", request=thread_request, group="threads"),
    Route(template="/files/{file_id}", request=file_request, group="files"),
)


@frozen(kw_only=True)
class Target:
    """A request that the table allows, as values."""

    route: Route
    ids: Mapping[str, str]
    limit: int | None = None
    order: Order | None = None
    after: str | None = None
    before: str | None = None
    run_id: str | None = None
    include: tuple[str, ...] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters besides the ids, by their names in the route's ``request``."""
        names = ("limit", "order", "after", "before", "run_id", "include")
        return {name: value for name in names if (value := getattr(self, name)) not in (None, ())}


def check_form(raw_target: str) -> None:
    """Refuse a request's target that is not a path.

    RFC 9112, section 3.2, has three more forms. The absolute one (``GET http://elsewhere/ HTTP/1.1``) would make
    aiohttp take the host from the target.

    Raises:
        Rejection: 400.
    """
    if not raw_target.startswith("/") or raw_target.startswith("//"):
        raise Rejection(400, "invalid_request", "The request's target must be a path that begins with one /.")


def read_target(raw_target: str, groups: Iterable[str] = ()) -> Target:
    """Read the path and query of a request, percent-encoded as received.

    Args:
        raw_target: The target of the request line.
        groups: Which of `ROUTE_GROUPS` are served.

    Raises:
        Rejection: 404 for a path that is not in the table, 400 for an id, a parameter or a value that is refused.
    """
    path, _, query = raw_target.partition("?")
    served = frozenset(groups)
    for route, pattern in _PATTERNS:
        match = pattern.fullmatch(path)
        if match is not None and (route.group is None or route.group in served):
            ids = {name: _id(name, _decode(name, text)) for name, text in match.groupdict().items()}
            return _with_query(route, ids, query)
    raise Rejection(404, "unknown_route", f"This gateway serves {_templates(served)}, and nothing else.")


def _with_query(route: Route, ids: Mapping[str, str], query: str) -> Target:
    given: dict[str, str] = {}
    include: list[str] = []
    for name, value in _pairs(query):
        if name in _DROPPED:
            continue
        if name not in route.parameters:
            known = ", ".join(sorted(route.parameters)) or "none"
            raise _refused(name, f"The parameter {_shown(name)} is not known here: {known} may be given.")
        if name in _INCLUDE:
            include += value.split(",")  # azure-ai-agents sends include[]=a,b
        elif name in given:
            raise _refused(name, f"The parameter {name} is given twice.")
        else:
            given[name] = value
    return Target(
        route=route,
        ids=ids,
        limit=_limit(given.get("limit")),
        order=_order(given.get("order")),
        after=_optional_id("after", given),
        before=_optional_id("before", given),
        run_id=_optional_id("run_id", given),
        include=_names(include),
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST)
    except ValueError:
        if not query:
            return []
        raise Rejection(400, "invalid_request", "The query is not of the form name=value&name=value.") from None


_MOST: Final = 32
MOST_NAMES: Final = 8
LONGEST_NAME: Final = 200

# All ids seen are letters, digits and a few marks. A slash or a dot-dot that a server behind this one decodes once more
# would lead to another path, with the key.
_ID: Final = re.compile(rf"[A-Za-z0-9_.:~@=+-]{{1,{LONGEST_ID}}}")
_NAME: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_NAME}}}")


def _decode(name: str, text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise _refused(name, f"{name} is not valid UTF-8.") from None


def _id(name: str, value: str) -> str:
    if not _ID.fullmatch(value) or set(value) == {"."}:
        raise _refused(name, f"{name} must be an id of letters, digits and _ - . : ~ @ = +, not {_shown(value)}.")
    return value


def _optional_id(name: str, given: Mapping[str, str]) -> str | None:
    return _id(name, given[name]) if name in given else None


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return read_page_size("limit", text)
    except ArgumentError as error:
        raise _refused("limit", str(error)) from None


def _order(text: str | None) -> Order | None:
    if text not in (None, "asc", "desc"):
        raise _refused("order", f"order must be asc or desc, not {_shown(str(text))}.")
    return cast("Order | None", text)


def _names(names: list[str]) -> tuple[str, ...]:
    if len(names) > MOST_NAMES or not all(_NAME.fullmatch(name) for name in names):
        raise _refused("include", f"include must be up to {MOST_NAMES} names of printable ASCII.")
    return tuple(names)


def _refused(param: str, message: str) -> Rejection:
    return Rejection(400, "invalid_request", message, param=param[:64])


def _shown(text: str) -> str:
    return ascii(text[:64])


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(PREFIX + re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/?#]+)", re.escape(template)))


_PATTERNS: Final = tuple((route, _pattern(route.template)) for route in ROUTES)


def _templates(groups: frozenset[str]) -> str:
    return ", ".join(PREFIX + route.template for route in ROUTES if route.group is None or route.group in groups)
