"""What an error's body says, in any of the shapes that servers use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import asdict, evolve, frozen

from openai_steps._json.text import loads


@frozen(kw_only=True)
class ErrorBody:
    """What an error's body says: its message, code, type and parameter."""

    message: str | None = None
    code: str | None = None
    type: str | None = None
    param: str | None = None
    request_id: str | None = None

    def map(self, change: Callable[[str], str]) -> ErrorBody:
        """Return the same with each text changed."""
        return ErrorBody(**{name: change(text) for name, text in asdict(self).items() if text is not None})


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
    return ErrorBody(message=gist(_to_text(body) or "") or None)


def _unwrap(outer: ErrorBody) -> ErrorBody:
    """Return the inner error: some gateways put that of their server, as JSON text, into their own message."""
    inner = json_or_text(outer.message or "")
    if not isinstance(inner, Mapping):
        return outer
    deeper = read_error_body(inner)
    found = {"message": deeper.message, "code": deeper.code, "type": deeper.type, "param": deeper.param}
    return evolve(outer, **{name: value for name, value in found.items() if value is not None})


def as_text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def gist(text: str) -> str:
    """Return the beginning of a text in one line, without the tags of HTML."""
    text = text[:_LONGEST_LOOK]
    if text.lstrip().startswith("<"):
        text = _without_tags(text)
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:197]}..."


_LONGEST_LOOK: Final = 20_000


def _without_tags(html: str) -> str:
    """Return the text between tags, without scripts and styles, in time linear in its length."""
    shown: list[str] = []
    hidden_by = ""
    for piece in html.split("<"):
        tag, _, behind = piece.partition(">")
        name = re.match(r"/?\w*", tag.lower())[0]  # type: ignore[index]
        if hidden_by:
            hidden_by = "" if name == f"/{hidden_by}" else hidden_by
        elif name in _HIDDEN:
            hidden_by = name
        if not hidden_by:
            shown.append(behind)
    return " ".join(shown)


_HIDDEN: Final = ("script", "style")


def json_or_text(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[", '"')):
        return text
    try:
        return loads(text)
    except ValueError:
        return text


def _text_of(data: Mapping[str, Any], *keys: str) -> str | None:
    return next((_to_text(data[key]) for key in keys if data.get(key) not in (None, "")), None)


def _to_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # msgspec reads more levels than json writes
        return None
