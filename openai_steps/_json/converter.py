"""The converter: JSON to models and back, by cattrs.

Structuring is strict (a value of the wrong type is never coerced: it is refused, or kept with a note of its place) and
lossless: ``unstructure`` gives back what was structured, except for null versus absent, for times, which come back in
seconds, for encoders' habits (see `scalars`), and for placeholders of missing values (-1 for a time, ``{}`` for usage,
an error with empty texts).
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar, cast, overload

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from openai_steps._errors import ResponseDecodeError
from openai_steps._json import scalars
from openai_steps._json.hooks import Hook, add_structure_hooks, is_page
from openai_steps._json.scalars import ABSENT, Mismatch
from openai_steps._json.text import to_text
from openai_steps._models.messages import Message
from openai_steps._models.model import Model
from openai_steps._models.pages import MessagePage, Page, RunPage, StepPage, ThreadPage
from openai_steps._models.runs import Run
from openai_steps._models.steps import RunStep
from openai_steps._models.tool_calls import FunctionCall

T = TypeVar("T")


def structure(data: Any, cls: type[T]) -> T:
    """Turn JSON into any of the models. A page keeps unreadable items in ``unreadable``."""
    return cast(T, read_with(converter().get_structure_hook(cls), data))


def read_with(hook: Hook, data: Any) -> Any:
    """Call a hook, and turn a mismatch into the error that users see."""
    try:
        return hook(data, None)
    except Mismatch as mismatch:
        message = f"{mismatch.path} should be {mismatch.expected}, but is {_shorten(mismatch.value)}."
        raise ResponseDecodeError(message, path=mismatch.path, expected=mismatch.expected, body=data) from None


@overload
def unstructure(value: Model) -> dict[str, Any]: ...


@overload
def unstructure(value: Sequence[Model]) -> list[dict[str, Any]]: ...
def unstructure(value: Any) -> Any:
    """Turn a model back into JSON objects in the wire shape.

    Args:
        value: A step, a page, any other model of this package, or a list or tuple of them.

    Returns:
        Plain dicts and lists. Fields that are None are null if OpenAI always sends them, and left out otherwise.

    Raises:
        ValueError: If unknown content is nested some hundred levels deep.
    """
    try:
        return converter().unstructure(value)
    except RecursionError:
        raise ValueError("The data is nested too deeply to be written as JSON.") from None


def dumps(value: Model | Sequence[Model]) -> bytes:
    """Turn a model, or a list or tuple of models, into JSON text in the wire shape (UTF-8, one line).

    Args:
        value: See `unstructure`.

    Raises:
        ValueError: See `unstructure`.
    """
    return to_text(unstructure(value))


# repr itself would write out a whole body, and fail on one that is nested a thousand levels deep.
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
def converter() -> Converter:
    """Return cattrs' converter with all the rules."""
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


_OURS_ALONE: Final = {"problem", "problems", "unreadable", "raw"}  # fields that are not on the wire


def _unstructure_page_hook(cls: Any, converter: Converter) -> Callable[[Any], Any]:
    unstructure_model = _unstructure_hook(cls, converter)

    def unstructure_page(page: Page[Any]) -> dict[str, Any]:
        wire: dict[str, Any] = unstructure_model(page)
        for item in page.unreadable:
            wire["data"].insert(item.index, converter.unstructure(item))
        return wire

    return unstructure_page
