"""Replies as values: models from good ones, errors from the others. Nothing here receives one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

from attrs import define, field

from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._errors import APIStatusError, ResponseDecodeError, ResponseTooLargeError, error_class
from openai_steps._http.error_bodies import as_text, gist, json_or_text, read_error_body
from openai_steps._http.requests import Request
from openai_steps._http.retry_after import retry_after
from openai_steps._json.bounds import has_more_values
from openai_steps._json.decoder import decode, decode_by_items, decode_raw
from openai_steps._models.pages import Page
from openai_steps._models.raw import RawStepPage
from openai_steps._secrets import mask, mask_json
from openai_steps._settings import Limits
from openai_steps._words import duration

T = TypeVar("T")


@define  # likewise
class Reply:
    """An answer: status, headers as received, and the body, decompressed.

    ``secrets`` were sent with the request and must not get into an error if the server echoes them.
    ``max_values`` is how many JSON values the body may have.
    """

    status: int
    raw_headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    max_values: int = field(default=Limits().max_values, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers with their names in lower case; of one that came more than once, the last."""
        return {name.lower(): _without_surrogates(value) for name, value in self.raw_headers.items()}

    def masked_body(self) -> bytes:
        """Return the body without the secrets that were sent for it."""
        return mask(self.body.decode("latin-1"), self.secrets).encode("latin-1")  # each byte is one character


def is_immutable(reply: Reply) -> bool:
    """Whether the server says that what it sent will not change any more (RFC 8246), as for an archived run."""
    directives = reply.headers.get("cache-control", "").lower().split(",")
    return "immutable" in map(str.strip, directives)


def _without_surrogates(value: str) -> str:
    # aiohttp keeps bytes that are not UTF-8 as lone surrogates, which cannot be encoded again.
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# --- Answers ----------------------------------------------------------------------------------------------------


def read_reply(reply: Reply, kind: type[T], *, request: Request, raw: bool = False) -> T:
    """Turn the body of a good answer into a model.

    Args:
        reply: The answer.
        kind: The model's class.
        request: What was asked.
        raw: Whether to keep the text of each item of a page as well.

    Raises:
        APIStatusError: If the body is an error after all.
        ResponseTooLargeError: If it has too many values.
        ResponseDecodeError: If it is not JSON, or not of this kind.
    """
    if has_more_values(reply.body, reply.max_values):
        request_id = find_request_id(_masked_headers(reply))
        raise ResponseTooLargeError(
            f"The body has more than {reply.max_values:,} JSON values: ask for smaller pages, or raise "
            f"Limits.max_values. {_where(request, request_id)}",
            request_id=request_id,
        )
    read = _reader(kind, raw=raw)
    try:
        found = read(reply.body)
        if not (isinstance(found, Page) and (found.unreadable or found.extra.get("error"))):
            return found  # pyright: ignore[reportReturnType]
    except (ValueError, ResponseDecodeError):
        found = None
    body = reply.masked_body()
    request_id = find_request_id(_masked_headers(reply))
    if not (isinstance(found, Page) and found.data):
        _check_no_error(reply, body, request, request_id)
    if found is not None:
        # An unreadable item is shown in its error: read it from the masked body.
        return found if body == reply.body else read(body)  # pyright: ignore[reportReturnType]
    problem, path, expected = _decode_problem(body, kind)
    raise ResponseDecodeError(
        f"{problem} {_where(request, request_id)}", path=path, expected=expected, body=body, request_id=request_id
    )


def _reader(kind: type[T], *, raw: bool) -> Callable[[bytes], T]:
    if kind is RawStepPage:
        return cast(Callable[[bytes], T], decode_raw)
    return partial(decode_by_items, cls=kind, raw=True) if raw else partial(decode, cls=kind)


def _check_no_error(reply: Reply, body: bytes, request: Request, request_id: str | None) -> None:
    """Raise the error if a body with a good status is one; some gateways and self-hosted servers send these."""
    data = mask_json(json_or_text(as_text(body)), reply.secrets)  # again, for what JSON may have spelled otherwise
    if not isinstance(data, Mapping) or not (data.get("error") or ("message" in data and "code" in data)):
        return
    details = read_error_body(data).map(lambda text: mask(text, reply.secrets))
    raise APIStatusError(
        f"{_status_line(reply.status)}, but the body is an error: {details.message} {_where(request, request_id)}",
        status=reply.status,
        code=details.code,
        type=details.type,
        param=details.param,
        request_id=request_id or details.request_id,
        headers=_masked_headers(reply),
        body=data,
    )


def _decode_problem(body: bytes, kind: type[Any]) -> tuple[str, str, str | None]:
    """Return what is wrong with a masked body, the JSON path to it, and what was expected there."""
    try:
        decode(body, kind)
    except ValueError as error:
        return f"The body is not JSON ({error}): {gist(as_text(body))}", "$", None
    except ResponseDecodeError as error:
        return error.message, error.path, error.expected
    return "The body cannot be read.", "$", None  # only since a secret in it is masked


def check_status(reply: Reply, *, request: Request, endpoint: Endpoint, now: datetime) -> None:
    """Raise the error that a status means; return if it means success.

    Args:
        reply: The answer.
        request: What was asked.
        endpoint: Who was asked.
        now: The time now, aware: a wait may be given as a date, in an answer that has no ``Date``.

    Raises:
        APIStatusError: For any status but 2xx.
    """
    if 200 <= reply.status < 300:
        return
    text = mask(as_text(reply.body), reply.secrets)
    body = mask_json(json_or_text(text), reply.secrets)  # again, for what JSON may have spelled otherwise
    details = read_error_body(body).map(lambda text: mask(text, reply.secrets))
    headers = _masked_headers(reply)
    request_id = find_request_id(headers) or details.request_id
    message = details.message or mask(gist(text), reply.secrets) or "no explanation"
    asked = retry_after(reply.headers, message, now=now)
    hint = _hint(reply.status, details.code, headers, request, endpoint) or _wait_hint(asked)
    raise error_class(reply.status)(
        f"{_status_line(reply.status)}: {message} {_where(request, request_id)}{hint}",
        status=reply.status,
        code=details.code,
        type=details.type,
        param=details.param,
        request_id=request_id,
        headers=headers,
        body=body,
        retry_after=asked,
    )


def _masked_headers(reply: Reply) -> dict[str, str]:
    return {name: mask(value, reply.secrets) for name, value in reply.headers.items()}


def find_request_id(headers: Mapping[str, str]) -> str | None:
    """Return the provider's id for a request from the answer's headers."""
    return next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), None)


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


def _hint(status: int, code: str | None, headers: Mapping[str, str], request: Request, endpoint: Endpoint) -> str:
    if 300 <= status < 400:
        if "location" not in headers:
            return ""  # 300 and 304 need none
        target = headers["location"]
        return f" The server points to {target!r}. Redirects are not followed: set base_url to the right place."
    if status in (404, 410) and (ended := endpoint.ended_on):
        return (
            f" This API was announced to end at {endpoint.host} on {ended}. Azure AI Foundry Agents (until "
            "2027-03-31), DashScope and self-hosted servers still do: see Endpoint."
        )
    return _hint_at_absence(status, code, request)


# What servers without such a list answer; LLAMPHouse's is 405, leapfrogai's 501.
_ABSENT: Final = frozenset({404, 405, 501})


def _hint_at_absence(status: int, code: str | None, request: Request) -> str:
    if request.read == "threads" and code == "missing_scope":  # OpenAI's, for any key but its own website's
        return " The key is right, but no key may list threads here: pass the ids of threads that you know."
    if request.read == "threads" and status in _ABSENT:
        return " It seems that this server has no list of threads: pass the ids of threads that you know."
    if request.read == "runs" and status in _ABSENT:
        return " There is no such thread, or this server has no list of runs."
    return ""


def _wait_hint(asked: float | None) -> str:
    return f" The server asks to wait {duration(asked)}." if asked else ""
