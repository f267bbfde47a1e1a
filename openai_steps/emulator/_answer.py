"""What the server answers to a request: a function of the store, the profile and the request."""

from __future__ import annotations

import re
import time

import attrs
import orjson

from openai_steps.emulator import _refusal
from openai_steps.emulator._dialect import Dialect
from openai_steps.emulator._listing import Body, list_steps
from openai_steps.emulator._profile import Profile
from openai_steps.emulator._refusal import Refusal, error_body
from openai_steps.emulator._requests import RecordedRequest, Target, read_include, read_query, route
from openai_steps.emulator._store import Store
from openai_steps.emulator._wire import JSONObject, render, render_step


@attrs.frozen(kw_only=True)
class Reply:
    """A status and a body, empty or JSON."""

    status: int
    body: bytes


@attrs.frozen(kw_only=True)
class Service:
    """A store behind the demands of a profile.

    Args:
        store: Runs and steps.
        profile: What is demanded, and how errors are worded.
        dialect: How pages are made.
        api_key: The key that every request must carry; None demands none.
    """

    store: Store
    profile: Profile
    dialect: Dialect
    api_key: str | None = attrs.field(repr=False)

    def answer(self, request: RecordedRequest, request_id: str) -> Reply:
        """Answer a request; a refusal is an answer too."""
        try:
            return Reply(status=200, body=orjson.dumps(self._found(request)))
        except Refusal as refusal:
            body = error_body(refusal, self.profile.errors, request_id)
            return Reply(status=refusal.status, body=b"" if body is None else orjson.dumps(body))

    def _found(self, request: RecordedRequest) -> Body:
        target = route(request, self.profile.prefix)
        self._check_key(request)
        self._check_demands(request)
        if target.listing:
            return self._listed(target, request)
        run = self._run(target)
        if target.step_id is None:
            return render(run, self.dialect, time.time())
        step = self.store.step(target.thread_id, target.run_id, target.step_id)
        if step is None:
            raise _refusal.not_found("run step", target.step_id)
        return render_step(step, read_include(request, self.dialect), self.dialect, time.time())

    def _listed(self, target: Target, request: RecordedRequest) -> Body:
        if self.profile.missing_run != "empty":
            self._run(target)
        steps = self.store.steps(target.thread_id, target.run_id)
        return list_steps(steps, read_query(request, self.dialect), self.dialect, now=time.time())

    def _run(self, target: Target) -> JSONObject:
        run = self.store.run(target.thread_id, target.run_id)
        if run is not None:
            return run
        status = 400 if self.profile.missing_run == "bad_request" else 404
        if self.store.has_thread(target.thread_id):
            raise _refusal.not_found("run", target.run_id, status=status)
        raise _refusal.not_found("thread", target.thread_id, status=status)

    def _check_key(self, request: RecordedRequest) -> None:
        if self.api_key is None:
            return
        sent = {name: request.headers.get(name) for name in self.profile.key_headers}
        if not any(sent.values()):
            raise _refusal.no_key()
        if not any(value == _credential(name, self.api_key) for name, value in sent.items()):
            raise _refusal.wrong_key()

    def _check_demands(self, request: RecordedRequest) -> None:
        beta, versions = self.profile.beta, self.profile.api_versions
        sent = request.headers.get("OpenAI-Beta")
        if beta is not None and sent != beta:
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
