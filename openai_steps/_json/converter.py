"""THE converter: JSON to models and back, by cattrs.

Structuring is strict (a value of the wrong type is never coerced: it is kept aside, with a note where it was, or
refused) and lossless: ``unstructure`` gives back what was structured, up to null versus absent, to times, which come
back in seconds, to encoders' habits (see `scalars`), and to the ways of saying nothing (-1 for a time, ``{}`` for
usage, an error with empty texts).
"""

from __future__ import annotations

import gc
import json
import reprlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import cache
from threading import Lock
from typing import Any, Final, TypeVar, cast, overload

import attrs
import orjson
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from openai_steps._errors import ResponseDecodeError
from openai_steps._json import scalars
from openai_steps._json.hooks import add_structure_hooks, is_page
from openai_steps._json.scalars import ABSENT, Mismatch
from openai_steps._models.messages import Message
from openai_steps._models.model import Model
from openai_steps._models.pages import MessagePage, Page, RunPage, StepPage, ThreadPage
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._models.tool_calls import FunctionCall

_pausing: Final = Lock()


class CollectorPaused:
    """A context in which the collector is off, unless it is off already: by its owner, or by another thread in one.

    It is one switch for all threads, so only the one that has the lock may use it.
    """

    __slots__ = ("_is_mine",)

    def __enter__(self) -> None:
        self._is_mine = gc.isenabled() and _pausing.acquire(blocking=False)
        if self._is_mine:
            gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._is_mine:
            gc.enable()
            _pausing.release()


T = TypeVar("T")

_LARGE: Final = 32 * 1024  # bytes, of which the collector's 700 new objects are made

_TOO_DEEP: Final = "The data is nested too deeply to be written as JSON."


def decode(body: bytes, cls: type[T]) -> T:
    """Turn JSON text into any of the models, as `structure` does, without the cyclic collector getting in the way.

    A page of a hundred steps makes thousands of objects and not one cycle. Left running, the collector searches the
    whole heap once in twenty pages and finds nothing: a quarter of the time that a stream of steps takes. A small page
    is done before the collector would have come.
    """
    with CollectorPaused() if len(body) > _LARGE else nullcontext():
        return structure(orjson.loads(body), cls)


def structure(data: Any, cls: type[T]) -> T:
    """Turn JSON into any of the models. A page has the items that can not be read in its ``unreadable``."""
    try:
        return cast(T, _converter().get_structure_hook(cls)(data, None))
    except Mismatch as mismatch:
        message = f"{mismatch.path} should be {mismatch.expected}, but is {_shorten(mismatch.value)}."
        raise ResponseDecodeError(message, path=mismatch.path, expected=mismatch.expected, body=data) from None


@overload
def unstructure(value: Model) -> dict[str, Any]: ...


@overload
def unstructure(value: Sequence[Model]) -> list[dict[str, Any]]: ...
def unstructure(value: Any) -> Any:
    """Turn a model back into JSON objects of the wire's shape.

    Args:
        value: A step, a page, any other model of this package, or a list or tuple of them.

    Returns:
        Plain dicts and lists. Of the fields that are None, those that OpenAI always sends are there as null.

    Raises:
        ValueError: If a part that this package does not know is nested some hundred levels deep.
    """
    try:
        return _converter().unstructure(value)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def dumps(value: Model | Sequence[Model]) -> bytes:
    """Turn a model, or a list or tuple of models, into JSON text of the wire's shape (UTF-8, one line).

    Args:
        value: As for `unstructure`.

    Raises:
        ValueError: As for `unstructure`.
    """
    wire = unstructure(value)
    try:
        return orjson.dumps(wire)
    except orjson.JSONEncodeError:  # 65 bits, a lone surrogate, 255 levels: what json reads, json can write
        try:
            return json.dumps(wire, separators=(",", ":")).encode()
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None


# repr itself would write out all of a body, and give up on one that is nested a thousand deep.
_REPR: Final = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80


def _shorten(value: Any) -> str:
    shown = "missing" if value is ABSENT else "null" if value is None else _REPR.repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


# --- The rules --------------------------------------------------------------------------------------------------

# The fields that OpenAI sends as null when they are unset; it leaves the others out.
_SENT_AS_NULL: Final[Mapping[type, frozenset[str]]] = {
    RunStep: frozenset({"cancelled_at", "completed_at", "expires_at", "failed_at", "last_error", "usage"}),
    **dict.fromkeys((StepPage, RunPage, MessagePage, ThreadPage), frozenset({"first_id", "last_id"})),
    Run: frozenset(
        {
            *("started_at", "completed_at", "cancelled_at", "failed_at", "expires_at"),
            *("required_action", "last_error", "incomplete_details", "usage"),
        }
    ),
    Message: frozenset({"assistant_id", "run_id"}),
    FunctionCall: frozenset({"output"}),
}


@cache
def _converter() -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list})
    add_structure_hooks(converter)
    converter.register_unstructure_hook(datetime, scalars.seconds)
    converter.register_unstructure_hook_factory(attrs.has, _unstructure_hook)
    converter.register_unstructure_hook_factory(is_page, _unstructure_page_hook)
    return converter


def _unstructure_hook(cls: Any, converter: Converter) -> Callable[[Any], Any]:
    names = {field.name for field in attrs.fields(cls)} - _OURS_ALONE
    if "data" in names and "extra" not in names:  # an Other… class, or an unreadable item: its data is the wire's
        return lambda value: converter.unstructure(value.data)
    sent_as_null = _SENT_AS_NULL.get(cls, frozenset())
    fields: dict[str, Any] = {name: override(omit_if_default=name not in sent_as_null) for name in names}
    fields |= dict.fromkeys({"extra", *_OURS_ALONE} & attrs.fields_dict(cls).keys(), override(omit=True))
    unstructure_fields = make_dict_unstructure_fn(cls, converter, **fields)
    tag = {"type": cls.type} if isinstance(getattr(cls, "type", None), str) else {}

    def unstructure_model(value: Any) -> dict[str, Any]:
        fields = {**tag, **unstructure_fields(value)}
        return {**fields, **converter.unstructure(value.extra)} if value.extra else fields

    return unstructure_model if "extra" in names else unstructure_fields


_OURS_ALONE: Final = {"problem", "problems", "unreadable"}  # fields that are not on the wire


def _unstructure_page_hook(cls: Any, converter: Converter) -> Callable[[Any], Any]:
    unstructure_model = _unstructure_hook(cls, converter)

    def unstructure_page(page: Page[Any]) -> dict[str, Any]:
        wire: dict[str, Any] = unstructure_model(page)
        for item in page.unreadable:
            wire["data"].insert(item.index, converter.unstructure(item))
        return wire

    return unstructure_page
