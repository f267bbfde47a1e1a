"""What the server answers to a request: a function of the store, the profile and the request."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from hashlib import sha256

import attrs
import msgspec

from openai_steps.emulator import _refusal
from openai_steps.emulator._dialect import Dialect
from openai_steps.emulator._listing import Body, list_items
from openai_steps.emulator._profile import Profile
from openai_steps.emulator._refusal import Refusal, error_body
from openai_steps.emulator._requests import RecordedRequest, Target, read_include, read_query, route
from openai_steps.emulator._store import ReadableStore
from openai_steps.emulator._wire import JSONObject, render_item

_ALLOWED = "GET, HEAD, OPTIONS"


@attrs.frozen(kw_only=True)
class Reply:
    """A status, a body and the headers that go with it; an empty body has no type."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Service:
    """Answers from a store as a profile's server would.

    Args:
        store: Runs and steps.
        profile: What is demanded, and how errors are worded.
        dialect: How pages are made.
        api_key: The key that every request must carry; None demands none.
    """

    store: ReadableStore
    profile: Profile
    dialect: Dialect
    api_key: str | None = attrs.field(repr=False)

    def answer(self, request: RecordedRequest, request_id: str) -> Reply:
        """Answer a request, or refuse it."""
        if request.method == "OPTIONS":
            return Reply(status=204, body=b"", headers={"Allow": _ALLOWED})
        try:
            target = route(request, self.profile.prefix)
            self._check_key(request)
            self._check_demands(request, target)
            self._check_read(request, target)
            if target.kind == "content":
                return self._content(str(target.ident), request)
            found = self._listed(target, request) if target.ident is None else self._found(target, request)
            return Reply(status=200, body=_as_json(found))
        except Refusal as refusal:
            body = error_body(refusal, self.profile.errors, request_id)
            headers = {"Allow": _ALLOWED} if refusal.status == 405 else {}  # RFC 9110, section 15.5.6
            text = b"" if body is None else _as_json(body)
            return Reply(status=refusal.status, body=text, headers=headers)

    def _found(self, target: Target, request: RecordedRequest) -> JSONObject:
        record = self._look_up(target, str(target.ident))
        if record is None:
            raise _refusal.not_found(target.kind, str(target.ident))
        include = read_include(request, self.dialect) if target.kind == "run step" else ()
        return render_item(target.kind, record, include, self.dialect, time.time())

    def _look_up(self, target: Target, ident: str) -> JSONObject | None:
        match target.kind:
            case "thread":
                return self.store.thread(ident)
            case "message":
                self._check_thread(target)
                return self.store.message(target.thread_id, ident)
            case "run":
                return self._run(target)
            case "run step":
                self._run(target)
                return self.store.step(target.thread_id, target.run_id, ident)
            case _:
                return self.store.file(ident)

    def _listed(self, target: Target, request: RecordedRequest) -> Body:
        items = self._items(target)
        query = read_query(request, self.dialect, target.kind)
        if query.run_id is not None:
            items = [message for message in items if message.get("run_id") == query.run_id]
        return list_items(items, query, self.dialect, kind=target.kind, now=time.time())

    def _items(self, target: Target) -> list[JSONObject]:
        if target.kind == "thread":
            return self.store.threads()
        if self.profile.missing_run != "empty":
            self._check_thread(target)
            if target.kind == "run step":
                self._run(target)
        thread_id = None if self.dialect.thread_id == "ignored" else target.thread_id
        match target.kind:
            case "run step":
                return self.store.steps(target.thread_id, target.run_id)
            case "run":
                return self.store.runs_of(thread_id)
            case _:
                return self.store.messages(thread_id)

    def _content(self, file_id: str, request: RecordedRequest) -> Reply:
        content = self.store.content(file_id)
        if content is None:
            raise _refusal.not_found("file", file_id)
        match self.dialect.content:
            case "json_text":
                return Reply(status=200, body=msgspec.json.encode(content.decode("utf-8", "replace")))
            case "null":
                return Reply(status=200, body=b"null")
            case "whole":
                return Reply(status=200, body=content, content_type=_BYTES)
            case "ranges":
                return _in_parts(content, request)

    def _run(self, target: Target) -> JSONObject:
        run = self.store.run(target.thread_id, target.run_id)
        if run is not None:
            return run
        self._check_thread(target)
        raise _refusal.not_found("run", target.run_id, status=self._status_of_missing)

    def _check_thread(self, target: Target) -> None:
        if not self.store.has_thread(target.thread_id):
            raise _refusal.not_found("thread", target.thread_id, status=self._status_of_missing)

    @property
    def _status_of_missing(self) -> int:
        return 400 if self.profile.missing_run == "bad_request" else 404

    def _check_read(self, request: RecordedRequest, target: Target) -> None:
        match self.profile.absent.get(target.read):
            case "unknown_url":
                raise _refusal.unknown_url(request.method, request.raw_path)
            case "wrong_method":
                raise _refusal.wrong_method()
            case "session_key_only":
                raise _refusal.session_key_only(request.raw_path)
            case None:
                pass

    def _check_key(self, request: RecordedRequest) -> None:
        if self.api_key is None:
            return
        sent = {name: request.headers.get(name) for name in self.profile.key_headers}
        if not any(sent.values()):
            raise _refusal.no_key()
        if not any(value == _credential(name, self.api_key) for name, value in sent.items()):
            raise _refusal.wrong_key()

    def _check_demands(self, request: RecordedRequest, target: Target) -> None:
        beta, versions = self.profile.beta, self.profile.api_versions
        sent = request.headers.get("OpenAI-Beta")
        is_beta = target.kind not in ("file", "content")  # files are an API of their own, whose clients do not send it
        if beta is not None and sent != beta and is_beta:
            raise _refusal.bad_beta(sent, beta)
        if versions is None:
            return
        version = dict(request.query).get("api-version")
        if not version:
            raise _refusal.no_version()
        if not re.fullmatch(versions, version):
            raise _refusal.bad_version(version)


def _credential(header: str, key: str) -> str:
    return f"Bearer {key}" if header == "Authorization" else key


_BYTES = "application/octet-stream"


def _as_json(body: object) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can write
        return json.dumps(body, separators=(",", ":")).encode()


def _in_parts(content: bytes, request: RecordedRequest) -> Reply:
    """Return the content, or the part of it from an offset on (RFC 9110, section 14), if it is still the same."""
    tag = f'"{sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d{1,18})-", request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", tag) != tag:
        return Reply(status=200, body=content, content_type=_BYTES, headers=headers)
    start, length = int(asked[1]), len(content)
    if start >= length:
        raise _refusal.no_such_range()
    headers["Content-Range"] = f"bytes {start}-{length - 1}/{length}"
    return Reply(status=206, body=content[start:], content_type=_BYTES, headers=headers)
