"""The HTTP of run steps: build a request; judge an answer. No I/O.

Facts about paths, parameters and error bodies come from OpenAI's OpenAPI document, the SDKs of Azure and DashScope, and
answers recorded from servers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final, TypeVar
from urllib.parse import quote

import orjson
from attrs import define, evolve, field, frozen

from openai_steps._converter import decode
from openai_steps._endpoint import Endpoint
from openai_steps._errors import ResponseDecodeError, error_class
from openai_steps._models import Order
from openai_steps._retry import retry_after
from openai_steps._walk import MAX_PAGE_SIZE

T = TypeVar("T")


@define  # frozen would take twice as long to make, and one is made for each request
class Request:
    """A GET request: the whole URL, percent-encoded, and its path for messages."""

    url: str
    path: str


@define  # likewise
class Reply:
    """An answer: status, headers as they came, and the body, decompressed.

    ``secrets`` is what was sent with the request and must not get into an error, should the server echo it.
    """

    status: int
    raw_headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers with their names in lower case; of one that came more than once, the last."""
        return {name.lower(): _without_surrogates(value) for name, value in self.raw_headers.items()}


def _without_surrogates(value: str) -> str:
    # aiohttp keeps bytes that are no UTF-8 as lone surrogates, which nothing can write out again.
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# --- Requests ---------------------------------------------------------------------------------------------------


def list_request(
    endpoint: Endpoint,
    thread_id: str,
    run_id: str,
    *,
    limit: int | None = None,
    order: Order | None = None,
    after: str | None = None,
    before: str | None = None,
    include: Iterable[str] = (),
) -> Request:
    """Build the request for a page of steps.

    Raises:
        ValueError: If an argument is none that a server would take; the message names it.
    """
    if limit is not None and not is_page_size(limit):
        raise ValueError(f"limit must be a whole number from 1 to {MAX_PAGE_SIZE}, not {limit!r}.")
    if after is not None and before is not None and not endpoint.both_cursors:
        raise ValueError(f"{endpoint.provider} takes either after or before in a request, not both.")
    query = []
    if limit is not None:
        query.append(f"limit={limit}")
    if order is not None:
        query.append(f"order={check_order(order)}")
    if after is not None:
        query.append(f"after={_segment('after', after)}")
    if before is not None:
        query.append(f"before={_segment('before', before)}")
    query += _include(endpoint, include)
    return _request(endpoint, f"{_run_path(thread_id, run_id)}/steps", query)


def step_request(
    endpoint: Endpoint, thread_id: str, run_id: str, step_id: str, *, include: Iterable[str] = ()
) -> Request:
    """Build the request for one step; ValueError for arguments that no server would take."""
    path = f"{_run_path(thread_id, run_id)}/steps/{_segment('step_id', step_id)}"
    return _request(endpoint, path, _include(endpoint, include))


def run_request(endpoint: Endpoint, thread_id: str, run_id: str) -> Request:
    """Build the request for a run; ValueError for arguments that no server would take."""
    return _request(endpoint, _run_path(thread_id, run_id), [])


def request_headers(endpoint: Endpoint) -> dict[str, str]:
    """Return the headers of each request, but for the one with the key."""
    return {
        "Accept": "application/json",
        "User-Agent": f"openai-steps/{version('openai-steps')}",
        **endpoint.headers,
    }


def is_page_size(number: object) -> bool:
    """Tell whether a page may have this many steps."""
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MAX_PAGE_SIZE


def check_order(order: object) -> str:
    """Return the order, or raise a ValueError that names it."""
    if order not in ("asc", "desc"):
        raise ValueError(f"order must be 'asc' or 'desc', not {order!r}.")
    return str(order)


# No id in use comes near; a longer one would only break the limits on a request's first line.
_LONGEST_ID: Final = 1024


def check_id(name: str, value: object) -> str:
    """Return the id, or raise a ValueError that names the argument and its value."""
    if not isinstance(value, str) or not value or value in (".", ".."):
        raise ValueError(f"{name} must be an id, not {value!r}.")
    if len(value) > _LONGEST_ID:
        raise ValueError(f"{name} is no id: it has {len(value)} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} is no id: {value!r} is not valid Unicode.") from None
    return value


def _segment(name: str, value: str) -> str:
    return _quote(check_id(name, value))


_needs_no_quotes: Final = re.compile(r"[A-Za-z0-9_.~-]+").fullmatch


def _quote(text: str) -> str:
    """Percent-encode whatever is special anywhere in a URL; a space, too, for a plus sign is one in forms only."""
    return text if _needs_no_quotes(text) else quote(text, safe="")


def _run_path(thread_id: str, run_id: str) -> str:
    return f"/threads/{_segment('thread_id', thread_id)}/runs/{_segment('run_id', run_id)}"


def _include(endpoint: Endpoint, include: Iterable[str]) -> list[str]:
    if isinstance(include, str):
        raise ValueError(f"include must be a list of names: write [{include!r}].")
    names = list(include)
    if not names:
        return []
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"include must be a list of names, not {names!r}.")
    if endpoint.include_style == "unsupported":
        raise ValueError(f"{endpoint.provider} does not know include: leave it out.")
    if endpoint.include_style == "comma":
        names = [",".join(names)]
    return [_parameter("include[]", name) for name in names]


def _parameter(name: str, value: str) -> str:
    return f"{_quote(name)}={_quote(value)}"


def _request(endpoint: Endpoint, path: str, query: list[str]) -> Request:
    if endpoint.query:
        query = [*(_parameter(name, value) for name, value in endpoint.query), *query]
    return Request(f"{endpoint.base_url}{path}{'?' if query else ''}{'&'.join(query)}", path)


# --- Answers ----------------------------------------------------------------------------------------------------


def read_reply(reply: Reply, kind: type[T], *, request: Request) -> T:
    """Turn the body of a good answer into a model.

    Raises:
        ResponseDecodeError: If the body is not JSON, or not of this kind.
    """
    try:
        return decode(reply.body, kind)
    except (orjson.JSONDecodeError, ResponseDecodeError):
        pass
    body = mask(reply.body.decode("latin-1"), reply.secrets).encode("latin-1")  # each byte is one character
    problem, path = _decode_problem(body, kind)
    request_id = find_request_id(_masked_headers(reply))
    raise ResponseDecodeError(f"{problem} {_where(request, request_id)}", path=path, body=body, request_id=request_id)


def _decode_problem(body: bytes, kind: type[Any]) -> tuple[str, str]:
    """Return what is wrong with a body, from which secrets have been taken, and the JSON path to it."""
    try:
        decode(body, kind)
    except orjson.JSONDecodeError as error:
        return f"The body is not JSON ({error}): {_excerpt(_as_text(body))}", "$"
    except ResponseDecodeError as error:
        return error.message, error.path
    return "The body can not be read.", "$"  # but could be, had it not told a secret


def check_status(reply: Reply, *, request: Request, endpoint: Endpoint) -> None:
    """Raise the error that an answer is, if it is one.

    Args:
        reply: The answer.
        request: What was asked.
        endpoint: Who was asked.

    Raises:
        APIStatusError: For any status but 2xx.
    """
    if 200 <= reply.status < 300:
        return
    text = mask(_as_text(reply.body), reply.secrets)
    body = _json_or_text(text)
    told = read_error_body(body)
    headers = _masked_headers(reply)
    request_id = find_request_id(headers) or told.request_id
    message = told.message or _excerpt(text) or "no explanation"
    hint = _hint(reply.status, headers, endpoint)
    raise error_class(reply.status)(
        f"{_status_line(reply.status)}: {message} {_where(request, request_id)}{hint}",
        status=reply.status,
        code=told.code,
        type=told.type,
        param=told.param,
        request_id=request_id,
        headers=headers,
        body=body,
        retry_after=retry_after(reply.headers, now=datetime.now(UTC)),
    )


@frozen(kw_only=True)
class ErrorBody:
    """What the body of an error says, wherever it says it."""

    message: str | None = None
    code: str | None = None
    type: str | None = None
    param: str | None = None
    request_id: str | None = None


def read_error_body(body: Any) -> ErrorBody:
    """Read an error's body of any shape seen: OpenAI, Azure, DashScope, FastAPI, plain text.

    Args:
        body: Decoded JSON, or text.
    """
    if isinstance(body, Mapping):
        error = body.get("error", body.get("detail", body))
        if isinstance(error, Mapping):
            return _unwrap(
                ErrorBody(
                    message=_text_of(error, "message", "msg", "detail"),
                    code=_text_of(error, "code"),
                    type=_text_of(error, "type"),
                    param=_text_of(error, "param"),
                    request_id=_text_of(body, "request_id"),
                )
            )
        return ErrorBody(message=_to_text(error), request_id=_text_of(body, "request_id"))
    return ErrorBody(message=_excerpt(_to_text(body) or "") or None)


def _unwrap(told: ErrorBody) -> ErrorBody:
    """Some gateways put the error of the server behind them, as JSON text, into their own message."""
    inner = _json_or_text(told.message or "")
    if not isinstance(inner, Mapping):
        return told
    deeper = read_error_body(inner)
    found = {"message": deeper.message, "code": deeper.code, "type": deeper.type, "param": deeper.param}
    return evolve(told, **{name: value for name, value in found.items() if value is not None})


def _masked_headers(reply: Reply) -> dict[str, str]:
    return {name: mask(value, reply.secrets) for name, value in reply.headers.items()}


def find_request_id(headers: Mapping[str, str]) -> str | None:
    """Return the provider's name for a request from the answer's headers."""
    return next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), None)


_SHORTEST_SECRET: Final = 6


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret in it made unreadable, also where JSON, a URL or Python spells it otherwise."""
    for secret in secrets:
        if len(secret) < _SHORTEST_SECRET:
            continue  # a stand-in such as "x" or "none": no secret, but part of many a word
        for spelling in _spellings(secret):
            text = text.replace(spelling, "***")
    return text


def _spellings(secret: str) -> tuple[str, ...]:
    in_json = json.dumps(secret)[1:-1]
    in_python = secret.replace("\\", "\\\\")
    return (
        *(secret, quote(secret, safe=""), in_json, in_json.replace("/", "\\/")),
        *(in_python, in_python.replace("'", "\\'")),
    )


_REQUEST_ID_HEADERS: Final = (
    "x-request-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-dashscope-request-id",
    "request-id",
)


def _where(request: Request, request_id: str | None) -> str:
    return f"(GET {request.path}{f', request id {request_id}' if request_id else ''})"


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _hint(status: int, headers: Mapping[str, str], endpoint: Endpoint) -> str:
    if 300 <= status < 400:
        target = headers.get("location", "elsewhere")
        return f" The server points to {target!r}. Redirects are not followed: set base_url to the right place."
    if status in (404, 410) and (ended := endpoint.ended_on):
        return (
            f" {endpoint.host} stopped serving this API on {ended}. Azure AI Foundry Agents (until 2027-03-31), "
            "DashScope and self-hosted servers still do: see Endpoint."
        )
    return ""


def _as_text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def _excerpt(text: str) -> str:
    """Return the beginning of a text in one line, without the tags of HTML."""
    if re.match(r"\s*<", text):
        text = re.sub(r"(?is)<(script|style).*?</\1>|<[^>]*>", " ", text[:20_000])
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def _json_or_text(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[", '"')):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _text_of(data: Mapping[str, Any], *keys: str) -> str | None:
    return next((_to_text(data[key]) for key in keys if data.get(key) not in (None, "")), None)


def _to_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # orjson reads a thousand levels, json does not write as many
        return None
