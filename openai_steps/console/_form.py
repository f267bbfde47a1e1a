"""The form: its parameters, and the values filled in. Pure.

Ids are trimmed and not changed otherwise; empty fields are not sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import asdict, frozen

from openai_steps import _words
from openai_steps._arguments import MAX_PAGE_SIZE, check_id, read_page_size
from openai_steps._models.runs import Order
from openai_steps._models.steps import INCLUDE_FILE_SEARCH_CONTENT
from openai_steps.gateway._target import LONGEST_NAME, MOST_NAMES


@frozen(kw_only=True)
class Parameter:
    """One parameter of the operation, as the page explains it."""

    name: str
    place: str
    kind: str
    about: str
    required: bool = False


PARAMETERS: Final = (
    Parameter(name="thread_id", place="path", kind="text", required=True, about="The thread's id."),
    Parameter(name="run_id", place="path", kind="text", required=True, about="The run's id."),
    Parameter(
        name="limit", place="query", kind="number", about=f"The most steps to send, 1 to {MAX_PAGE_SIZE}. Default: 20."
    ),
    Parameter(
        name="order", place="query", kind="asc or desc", about="By time: oldest first, or newest first (default)."
    ),
    Parameter(name="after", place="query", kind="text", about="A step's id: send the steps after it in the list."),
    Parameter(
        name="before",
        place="query",
        kind="text",
        about="A step's id: send steps before it. Servers differ in which; the page buttons are always exact.",
    ),
    Parameter(name="include[]", place="query", kind="list of text", about="More to send, one name per line."),
)


@frozen(kw_only=True)
class Call:
    """The values of a valid form."""

    thread_id: str
    run_id: str
    limit: int | None = None
    order: Order | None = None
    after: str | None = None
    before: str | None = None
    include: tuple[str, ...] = ()

    @property
    def query(self) -> dict[str, Any]:
        """The values besides the ids, as arguments of `AsyncStepsClient.list_steps_page`."""
        given = asdict(self)
        return {name: given[name] for name in ("limit", "order", "after", "before", "include") if given[name]}


class FormError(Exception):
    """An invalid form: a sentence for each field at fault."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


def read_form(form: Mapping[str, Any]) -> Call:
    """Read the form.

    Raises:
        FormError: If a value is missing or invalid.
    """
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name, read in _FIELDS.items():
        try:
            found[name] = read(name, form.get(name))
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise FormError(wrong)
    return Call(**found)


def thread_of(form: Mapping[str, Any]) -> str:
    """Read only the thread's id.

    Raises:
        FormError: If it is missing or malformed.
    """
    try:
        return _required_id("thread_id", form.get("thread_id"))
    except ValueError as error:
        raise FormError({"thread_id": str(error)}) from None


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text.")
    return value.strip()


def _required_id(name: str, value: Any) -> str:
    text = _text(name, value)
    if not text:
        raise ValueError(f"Fill in {name}.")
    return _id(name, text)


def _optional_id(name: str, value: Any) -> str | None:
    text = _text(name, value)
    return _id(name, text) if text else None


def _id(name: str, text: str) -> str:
    check_id(name, text)
    if _words.line(text) != text:
        raise ValueError(f"{name} has a character that cannot be seen: {_words.line(text)}")
    return text


def _limit(name: str, value: Any) -> int | None:
    text = str(value) if isinstance(value, int) else _text(name, value)
    if not text:
        return None
    return read_page_size(name, text)


def _order(name: str, value: Any) -> Order | None:
    text = _text(name, value)
    if text not in ("", "asc", "desc"):
        raise ValueError(f"{name} must be asc or desc.")
    return cast("Order", text) if text else None


def _include(name: str, value: Any) -> tuple[str, ...]:
    names = value.splitlines() if isinstance(value, str) else value or []
    if not isinstance(names, list) or not all(isinstance(text, str) for text in names):
        raise ValueError(f"{name} must be a list of names.")
    names = [text.strip() for text in names if text.strip()]
    if len(names) > MOST_NAMES or any(_words.line(text) != text or len(text) > LONGEST_NAME for text in names):
        raise ValueError(f"{name} must be up to {MOST_NAMES} names of characters that can be seen.")
    return tuple(dict.fromkeys(names))


_FIELDS: Final = {
    "thread_id": _required_id,
    "run_id": _required_id,
    "limit": _limit,
    "order": _order,
    "after": _optional_id,
    "before": _optional_id,
    "include": _include,
}

# --- Pasting --------------------------------------------------------------------------------------------------------

_URL: Final = re.compile(r"https?://[^\s'\"<>\\]+")
_PATH: Final = re.compile(r"/threads/([^/?#\s]+)(?:/runs/([^/?#\s]+))?")
_LONGEST_PASTE: Final = 20_000


def read_pasted(text: str) -> dict[str, Any]:
    """Find the fields of the form in a URL of steps or of a run, in a line of curl, or in a pair of ids.

    Returns:
        The values found, by the fields' names; empty if the text has no thread.
    """
    text = text[:_LONGEST_PASTE]
    match = _PATH.search(text)
    if match is None:
        ids = dict(re.findall(r"\b(thread|run)(_[A-Za-z0-9]+)", text))
        return {f"{kind}_id": kind + rest for kind, rest in ids.items()} if "thread" in ids else {}
    url = next((url for url in _URL.findall(text) if _PATH.search(url)), "")
    found: dict[str, Any] = {"thread_id": unquote(match[1]), "run_id": unquote(match[2] or "")}
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=False):
        if name in ("limit", "order", "after", "before"):
            found[name] = value
        elif name in ("include", "include[]"):
            found["include"] = [*found.get("include", []), *value.split(",")]
    return found


KNOWN_INCLUDES: Final = {INCLUDE_FILE_SEARCH_CONTENT: "The text that file searches found"}
"""Known names for ``include[]``, and their meaning."""
