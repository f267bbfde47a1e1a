"""Requests as values: URL, path and headers. Nothing here sends one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypedDict, Unpack
from urllib.parse import quote

from attrs import define, field

from openai_steps._arguments import ArgumentError, check_id, check_list, check_order, check_page_size
from openai_steps._endpoint.endpoint import Endpoint, Read
from openai_steps._models.runs import Order
from openai_steps._version import VERSION


@define  # frozen would take twice as long to make, and one is made for each request
class Request:
    """A GET request: the whole URL, percent-encoded, its path for messages, and what it reads."""

    url: str = field(repr=False)  # its query may hold a key
    path: str
    read: Read = "steps"

    @property
    def route(self) -> str:
        """The path without its ids: ``/threads/{thread_id}/runs/{run_id}``."""
        parts = self.path.split("/")  # the first is empty, then kinds and ids alternate
        ids = {place: f"{{{parts[place - 1].removesuffix('s')}_id}}" for place in range(2, len(parts), 2)}
        return "/".join(ids.get(place, part) for place, part in enumerate(parts))


# --- Requests ---------------------------------------------------------------------------------------------------


class Paging(TypedDict, total=False):
    """The paging parameters of every list."""

    limit: int | None
    order: Order | None
    after: str | None
    before: str | None


def list_request(
    endpoint: Endpoint, thread_id: str, run_id: str, *, include: Iterable[str] = (), **paging: Unpack[Paging]
) -> Request:
    """Build the request for a page of steps.

    Raises:
        ArgumentError: If an argument has a value that no server takes; the message names it.
    """
    query = [*_paging(endpoint, paging), *_include(endpoint, include)]
    return _request(endpoint, "steps", f"{_run_path(thread_id, run_id)}/steps", query)


def step_request(
    endpoint: Endpoint, thread_id: str, run_id: str, step_id: str, *, include: Iterable[str] = ()
) -> Request:
    """Build the request for one step; ValueError for arguments that no server would take."""
    path = f"{_run_path(thread_id, run_id)}/steps/{_segment('step_id', step_id)}"
    return _request(endpoint, "step", path, _include(endpoint, include))


def runs_request(endpoint: Endpoint, thread_id: str, **paging: Unpack[Paging]) -> Request:
    """Build the request for a page of runs; errors as for `list_request`."""
    return _request(endpoint, "runs", f"{_thread_path(thread_id)}/runs", _paging(endpoint, paging))


def run_request(endpoint: Endpoint, thread_id: str, run_id: str) -> Request:
    """Build the request for a run; ValueError for arguments that no server would take."""
    return _request(endpoint, "run", _run_path(thread_id, run_id), [])


def messages_request(
    endpoint: Endpoint, thread_id: str, *, run_id: str | None = None, **paging: Unpack[Paging]
) -> Request:
    """Build the request for a page of messages, of a thread or of one run; errors as for `list_request`."""
    query = _paging(endpoint, paging)
    if run_id is not None:
        query.append(f"run_id={_segment('run_id', run_id)}")
    return _request(endpoint, "messages", f"{_thread_path(thread_id)}/messages", query)


def message_request(endpoint: Endpoint, thread_id: str, message_id: str) -> Request:
    """Build the request for a message; ValueError for arguments that no server would take."""
    path = f"{_thread_path(thread_id)}/messages/{_segment('message_id', message_id)}"
    return _request(endpoint, "message", path, [])


def threads_request(endpoint: Endpoint, **paging: Unpack[Paging]) -> Request:
    """Build the request for a page of threads; errors as for `list_request`."""
    return _request(endpoint, "threads", "/threads", _paging(endpoint, paging))


def thread_request(endpoint: Endpoint, thread_id: str) -> Request:
    """Build the request for a thread; ValueError for arguments that no server would take."""
    return _request(endpoint, "thread", _thread_path(thread_id), [])


def file_request(endpoint: Endpoint, file_id: str, *, content: bool = False) -> Request:
    """Build the request for a file object, or for its content; ValueError as for `run_request`."""
    path = f"/files/{_segment('file_id', file_id)}{'/content' if content else ''}"
    return _request(endpoint, "file", path, [])


def request_headers(endpoint: Endpoint) -> dict[str, str]:
    """Return the headers of each request, but for the one with the key."""
    return {
        "Accept": "application/json",
        # What aiohttp can always decode. By default it asks for br, too, where Brotli is installed, and cannot read
        # the answer with Brotli 1.1.0, which has no limit on what it unpacks.
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"openai-steps/{VERSION}",
        **endpoint.headers,
    }


def _segment(name: str, value: str) -> str:
    return _quote(check_id(name, value))


_needs_no_quotes: Final = re.compile(r"[A-Za-z0-9_.~-]+").fullmatch


def _quote(text: str) -> str:
    """Percent-encode whatever is special in a URL; a space as %20, since a plus sign means a space in forms only."""
    return text if _needs_no_quotes(text) else quote(text, safe="")


def _thread_path(thread_id: str) -> str:
    return f"/threads/{_segment('thread_id', thread_id)}"


def _run_path(thread_id: str, run_id: str) -> str:
    return f"{_thread_path(thread_id)}/runs/{_segment('run_id', run_id)}"


def _paging(endpoint: Endpoint, paging: Paging) -> list[str]:
    limit, order = paging.get("limit"), paging.get("order")
    after, before = paging.get("after"), paging.get("before")
    if limit is not None:
        check_page_size("limit", limit)
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
    return query


def _include(endpoint: Endpoint, include: Iterable[str]) -> list[str]:
    check_list("include", include, "names")
    names = list(include)
    if not names:
        return []
    if not all(isinstance(name, str) and name for name in names):
        raise ArgumentError("include", f"must be a list of names, not {names!r}.")
    if endpoint.include_style == "unsupported":
        raise ArgumentError("include", f"is unknown to {endpoint.provider}: leave it out.")
    if endpoint.include_style == "comma":
        names = [",".join(names)]
    return [_parameter("include[]", name) for name in names]


def _parameter(name: str, value: str) -> str:
    return f"{_quote(name)}={_quote(value)}"


def _request(endpoint: Endpoint, read: Read, path: str, query: list[str]) -> Request:
    if read in endpoint.absent:
        raise ValueError(f"{endpoint.provider} has no {_ABSENT[read]}.")
    if endpoint.query:
        query = [*(_parameter(name, value) for name, value in endpoint.query), *query]
    return Request(f"{endpoint.base_url}{path}{'?' if query else ''}{'&'.join(query)}", path, read)


# What some servers do not have, and what to do instead.
_ABSENT: Final[Mapping[Read, str]] = {
    "threads": "list of threads that a key may read: pass the ids of threads that you know",
    "runs": "list of runs: pass the ids of runs that you know",
    "file": "files in this API",
}
