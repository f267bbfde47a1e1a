"""A received request, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

import attrs

from openai_steps.emulator import _refusal
from openai_steps.emulator._dialect import FILE_SEARCH_CONTENT, Dialect, Kind, Order, Query

# Longer digit strings make int() itself refuse at some point:
# https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
_LONGEST = 18

_ORDERS: dict[str, Order] = {"asc": "asc", "desc": "desc"}


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """A request that the emulator received.

    Args:
        method: The HTTP method.
        raw_path: The path as sent, percent-encoded, without the query.
        raw_query: The query as sent, without the question mark.
        headers: The headers, by case-insensitive name; not shown in the repr, they hold keys.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str] = attrs.field(repr=False)

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query parameters, decoded, in the order sent."""
        return tuple(parse_qsl(self.raw_query, keep_blank_values=True))


@attrs.frozen(kw_only=True)
class Target:
    """The thing that a path names, or the list of such things.

    Args:
        kind: What it is.
        thread_id: Its thread, or the thread itself.
        run_id: Its run, or the run itself.
        ident: Its id; None for a list.
    """

    kind: Kind
    thread_id: str = ""
    run_id: str = ""
    ident: str | None = None

    @property
    def read(self) -> str:
        """What is read, in one word: the list in the plural, the thing in the singular."""
        return self.kind if self.ident is not None else f"{self.kind}s"


def route(request: RecordedRequest, prefix: str) -> Target:
    """Read the path of a request.

    Args:
        request: The request.
        prefix: The path before ``/threads`` and ``/files``.

    Returns:
        What it names; each id is percent-decoded once, as one segment.

    Raises:
        Refusal: 404 for a path that the API does not have; 405 for a method other than reading.
    """
    path = request.raw_path
    if path.startswith(f"{prefix}/"):
        target = _target([unquote(segment) for segment in path.removeprefix(prefix).split("/")[1:]])
        if target is not None and request.method in ("GET", "HEAD"):
            return target
        if target is not None:
            raise _refusal.wrong_method()
    raise _refusal.unknown_url(request.method, path)


def _target(segments: list[str]) -> Target | None:
    match segments:
        case ["threads"]:
            return Target(kind="thread")
        case ["threads", thread_id]:
            return Target(kind="thread", thread_id=thread_id, ident=thread_id)
        case ["threads", thread_id, "messages"]:
            return Target(kind="message", thread_id=thread_id)
        case ["threads", thread_id, "messages", message_id]:
            return Target(kind="message", thread_id=thread_id, ident=message_id)
        case ["threads", thread_id, "runs"]:
            return Target(kind="run", thread_id=thread_id)
        case ["threads", thread_id, "runs", run_id]:
            return Target(kind="run", thread_id=thread_id, run_id=run_id, ident=run_id)
        case ["threads", thread_id, "runs", run_id, "steps"]:
            return Target(kind="run step", thread_id=thread_id, run_id=run_id)
        case ["threads", thread_id, "runs", run_id, "steps", step_id]:
            return Target(kind="run step", thread_id=thread_id, run_id=run_id, ident=step_id)
        case ["files", file_id]:
            return Target(kind="file", ident=file_id)
        case ["files", file_id, "content"]:
            return Target(kind="content", ident=file_id)
        case _:
            return None


def read_query(request: RecordedRequest, dialect: Dialect, kind: Kind = "run step") -> Query:
    """Read the query of a list request; of a parameter given twice, the last counts.

    Args:
        request: The request.
        dialect: How the server reads ``include``.
        kind: What is listed.

    Returns:
        The query. Its limit may be out of range: the listing checks it.

    Raises:
        Refusal: 400: the limit is not a number, the order or a name to include is unknown.
    """
    given = dict(request.query)
    limit = given.get("limit")
    order = given.get("order", dialect.message_order if kind == "message" else "desc")
    if order not in _ORDERS:
        raise _refusal.bad_value("order", order, tuple(_ORDERS))
    return Query(
        limit=None if limit is None else _integer(limit),
        order=_ORDERS[order],
        after=given.get("after"),
        before=given.get("before"),
        include=read_include(request, dialect) if kind == "run step" else (),
        run_id=_read_run_id(given.get("run_id"), dialect) if kind == "message" else None,
    )


def _read_run_id(given: str | None, dialect: Dialect) -> str | None:
    if given is not None and dialect.run_id == "refused":
        raise _refusal.unknown_parameter("run_id")
    return given if dialect.run_id == "honoured" else None


def read_include(request: RecordedRequest, dialect: Dialect) -> tuple[str, ...]:
    """Read the names of the additional fields that a request asks for.

    Args:
        request: The request.
        dialect: How the server reads ``include``.

    Returns:
        The names.

    Raises:
        Refusal: 400: a name is unknown, or the server knows no such parameter.
    """
    bracketed = [value for name, value in request.query if name == "include[]"]
    plain = [value for name, value in request.query if name == "include"]
    match dialect.include:
        case "unsupported":
            if bracketed or plain:
                raise _refusal.unknown_parameter("include[]")
            names = []
        case "repeated":
            names = bracketed
        case "comma":
            names = [name for value in bracketed + plain for name in value.split(",") if name]
    for name in names:
        if name != FILE_SEARCH_CONTENT:
            raise _refusal.bad_value("include[]", name, (FILE_SEARCH_CONTENT,))
    return tuple(names)


def _integer(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _LONGEST:
        raise _refusal.limit_not_a_number(text)
    return int(text)
