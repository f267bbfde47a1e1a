"""The answers of the gateway: the server's own, or an error that says whose fault it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from openai_steps._errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    PaginationError,
    ResponseTooLargeError,
    StepsError,
)
from openai_steps._http.error_bodies import read_error_body
from openai_steps._http.replies import Reply, find_request_id
from openai_steps._json.text import to_text
from openai_steps._secrets import mask
from openai_steps.gateway._rejection import Rejection, error_body

# The server's headers that help a caller. Not among them: cookies, redirects, CORS, and anything else meant for the
# server's own clients.
_PASSED: Final = frozenset({"retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms"})
_PASSED_PREFIX: Final = "x-ratelimit-"

_OWN: Final = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
}

_FILE: Final = {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox",
}

# Clients made by Stainless (openai-python, openai-node) repeat a request that ends in 5xx, unless a header says no.
_NO_RETRY: Final = {"x-should-retry": "false"}


@frozen(kw_only=True)
class Answer:
    """A status, a body of JSON, and headers.

    Attributes:
        code: The error's code, for the log; None if there is no error.
    """

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    code: str | None = None
    close: bool = False


def answer_of_reply(reply: Reply, more: Mapping[str, str] | None = None) -> Answer:
    """Return a server's good answer: its own bytes, except for a key that it echoes.

    Args:
        reply: The server's reply.
        more: More headers.

    Raises:
        Rejection: If the body is not JSON, such as the page of a login portal.
    """
    if reply.body.lstrip()[:1] not in (b"{", b"["):
        raise Rejection(502, "upstream", "The server's answer is not JSON.")
    return answer_with(reply.masked_body(), {**_passed(reply.headers, reply.secrets), **(more or {})})


def answer_of_file(reply: Reply) -> Answer:
    """Return a file's content, as bytes that a browser does not show as a page."""
    headers = {**_passed(reply.headers, reply.secrets), **_FILE}
    return answer_with(reply.masked_body(), headers)


def answer_with(body: bytes, headers: Mapping[str, str]) -> Answer:
    """Return a good answer with this body."""
    return Answer(status=200, body=body, headers={**_OWN, **headers})


def answer_of_rejection(rejection: Rejection) -> Answer:
    """Return the answer of a request that this gateway refuses."""
    return Answer(
        status=rejection.status,
        body=rejection.body,
        headers={**_OWN, **rejection.headers},
        code=rejection.code,
        close=rejection.close,
    )


def answer_of_error(error: StepsError) -> Answer:
    """Return the answer to an error of the server, or to its silence."""
    if isinstance(error, APIStatusError) and error.status >= 400 and error.status != 401:
        found = read_error_body(error.body)
        body = error_body(error.status, found.code, found.message or error.message, param=found.param, kind=found.type)
        if isinstance(error.body, Mapping) and isinstance(error.body.get("error"), Mapping):
            body = to_text(error.body)  # the server's own wording, with all its fields
        return Answer(status=error.status, body=body, headers={**_OWN, **_passed(error.headers)}, code=found.code)
    return answer_of_rejection(_rejection_of(error))


def _rejection_of(error: StepsError) -> Rejection:
    status, code, retry = _status_of(error)
    request_id = getattr(error, "request_id", None)
    headers = {**({} if retry else _NO_RETRY), **({"x-request-id": request_id} if request_id else {})}
    return Rejection(status, code, error.message, headers=headers)


def _status_of(error: StepsError) -> tuple[int, str, bool]:
    """Return the status, the code, and whether a retry may help."""
    match error:
        case APIStatusError(status=401):
            return 502, "upstream_credentials", False  # the gateway's key is at fault, not the caller's
        case APITimeoutError():
            return 504, "upstream_timeout", True
        case APIConnectionError(transient=transient):
            return 502, "upstream", transient
        case ResponseTooLargeError():
            return 502, "upstream_too_large", False
        case PaginationError():
            return 502, "upstream_paging", False
        case _:
            return 502, "upstream", False


def _passed(headers: Mapping[str, Any], secrets: tuple[str, ...] = ()) -> dict[str, str]:
    passed = {
        name: mask(str(value), secrets)
        for name, value in headers.items()
        if name in _PASSED or name.startswith(_PASSED_PREFIX)
    }
    request_id = find_request_id(headers)
    if request_id is not None:
        passed["x-request-id"] = mask(request_id, secrets)
    return {name: value for name, value in passed.items() if value.isprintable() and value.isascii()}
