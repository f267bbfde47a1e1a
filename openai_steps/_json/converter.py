"""THE converter: JSON to models and back, by cattrs.

Structuring is strict (a wrong type is an error that names its JSON path, never a silent coercion) and lossless:
``unstructure`` gives back what was structured, up to null versus absent, to times, which come back in seconds, and to
the ways of saying nothing (-1 for a time, ``{}`` for usage, an error with empty texts).
"""

from __future__ import annotations

import gc
import json
import reprlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import cache, partial
from operator import eq
from threading import Lock
from types import UnionType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, overload

import attrs
import orjson
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from openai_steps._errors import ResponseDecodeError
from openai_steps._json import scalars
from openai_steps._json.codegen import Hook, as_orjson_makes_them, structure_hook, without_none
from openai_steps._json.scalars import Mismatch
from openai_steps._models.actions import RequiredAction
from openai_steps._models.messages import Message
from openai_steps._models.model import Model
from openai_steps._models.pages import MessagePage, Page, RunPage, StepPage, ThreadPage
from openai_steps._models.runs import Run
from openai_steps._models.steps import CompletionTokensDetails, LastError, PromptTokenDetails, RunStep, Usage
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
    """Turn JSON into any of the models: the step and page above, and the run."""
    try:
        return cast(T, _converter().get_structure_hook(cls)(data, cls))
    except Mismatch as problem:
        message = f"{problem.path} should be {problem.expected}, but is {_shorten(problem.value)}."
        raise ResponseDecodeError(message, path=problem.path, body=data) from None


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
    shown = "missing or null" if value is None else _REPR.repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


# --- The rules --------------------------------------------------------------------------------------------------

_LEAVES: Final[Mapping[Any, Hook]] = {
    str: scalars.text,
    int: scalars.whole_number,
    float: scalars.number,
    bool: scalars.boolean,
    datetime: scalars.time,
}

_TEXT_OR_OBJECT: Final = str | dict[str, Any]

_ARRAYS: Final = (list, tuple)  # written as a union, it would be made anew for each look

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
    for leaf, hook in _LEAVES.items():
        converter.register_structure_hook(leaf, hook)
    converter.register_structure_hook_func(partial(eq, dict[str, Any]), scalars.json_object)
    converter.register_unstructure_hook(datetime, scalars.seconds)
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_factory(_is_union, _union_hook)
    converter.register_structure_hook_factory(attrs.has, structure_hook)
    converter.register_structure_hook_factory(_is_page, _page_hook)
    converter.register_unstructure_hook_factory(attrs.has, _unstructure_hook)
    return converter


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_union(kind: Any) -> bool:
    return isinstance(kind, UnionType) or get_origin(kind) is Union


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    member = get_args(kind)[0]
    hook: Callable[..., Any] = converter.get_structure_hook(member)  # all of ours do without the type

    def structure_tuple(value: Any, _: Any) -> tuple[Any, ...]:
        if value.__class__ is not list and not isinstance(value, _ARRAYS):
            raise Mismatch("an array", value)
        try:
            return tuple(map(hook, value))
        except Mismatch as problem:
            raise problem.inside(_index_of_mismatch(hook, value)) from None

    return structure_tuple


def _index_of_mismatch(hook: Hook, items: Sequence[Any]) -> int:
    for index, item in enumerate(items):
        try:
            hook(item, None)
        except Mismatch:
            return index
    raise AssertionError("a hook is a function of its input")


def _union_hook(kind: Any, converter: Converter) -> Hook:
    """Return the hook for ``T | None`` (whose caller looks for None itself) or for a tagged union."""
    inner = without_none(kind)
    if inner == _TEXT_OR_OBJECT:
        return scalars.text_or_object
    if inner in _UNLESS_UNSET:
        return _UNLESS_UNSET[inner](_tagged_hook(inner, converter))
    if inner is kind:
        return _tagged_hook(kind, converter)
    if inner is datetime:
        return scalars.time_or_unset
    wrap = _WRAPPED.get(inner)
    hook = converter.get_structure_hook(inner)
    return wrap(hook) if wrap else hook


def _tagged_hook(kind: Any, converter: Converter) -> Hook:
    """Return the hook for a union of classes that the key ``type`` tells apart, the last of them for any other."""
    *tagged, other = get_args(kind)
    hooks = {cls.type: converter.get_structure_hook(cls) for cls in tagged}
    (type_key,) = as_orjson_makes_them(["type"])

    def structure_other(value: Any, _: Any) -> Any:
        return other(value)

    def structure_tagged(value: Any, _: Any = None) -> Any:
        if value.__class__ is not dict:
            value = scalars.json_object(value)
        try:
            hook = hooks.get(value.get(type_key), structure_other)
        except TypeError:  # a tag that is an object or an array
            hook = structure_other
        return hook(value, None)

    return structure_tagged


def _error_unless_unset(hook: Hook) -> Hook:
    def structure_error(value: Any, _: Any) -> LastError | None:
        error: LastError = hook(value, None)
        return error if error.code or error.message or error.extra else None

    return structure_error


def _action_unless_unset(hook: Hook) -> Hook:
    def structure_action(value: Any, _: Any) -> RequiredAction | None:
        if value.__class__ is dict and not any(value.values()):
            return None
        action: RequiredAction = hook(value, None)
        return action

    return structure_action


def _usage_unless_unset(hook: Hook) -> Hook:
    def structure_usage(value: Any, _: Any) -> Usage | None:
        usage: Usage = hook(value, None)
        is_unset = usage.total_tokens is None and all(number is None for number in value.values())
        return None if is_unset else usage

    return structure_usage


def _shared_if_zero(key: str, hook: Hook) -> Hook:
    """Nearly all servers count 0 of these tokens: one object, since it is frozen, will do for all steps."""
    zero = 0
    of_zero = hook({key: zero}, None)

    def structure_details(value: Any, _: Any) -> Any:
        if value.__class__ is dict and len(value) == 1 and value.get(key) is zero:  # neither 0.0 nor False is
            return of_zero
        return hook(value, None)

    return structure_details


# The first two are how DashScope says that there is no error and no usage; see _leaves.time_or_unset for times.
_WRAPPED: Final[Mapping[Any, Callable[[Hook], Hook]]] = {
    LastError: _error_unless_unset,
    Usage: _usage_unless_unset,
    PromptTokenDetails: partial(_shared_if_zero, "cached_tokens"),
    CompletionTokensDetails: partial(_shared_if_zero, "reasoning_tokens"),
}


# MiniMax says with a type of no text that nothing is required.
_UNLESS_UNSET: Final[Mapping[Any, Callable[[Hook], Hook]]] = {RequiredAction: _action_unless_unset}


def _is_page(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Page)


def _page_hook(cls: Any, converter: Converter) -> Hook:
    structure_list = structure_hook(cls, converter)

    def structure_any_page(value: Any, _: Any) -> Any:
        if isinstance(value, _ARRAYS):
            return structure_bare(value)
        if value.__class__ is not dict:
            value = scalars.json_object(value)
        if "data" in value and value["data"] is None:
            value = {**value, "data": []}
        return structure_list(value, None)

    def structure_bare(items: Sequence[Any]) -> Any:
        try:
            return structure_list({"data": items}, None)
        except Mismatch as problem:
            problem.way.pop()  # the server sent no "data"
            raise

    return structure_any_page


def _unstructure_hook(cls: Any, converter: Converter) -> Callable[[Any], Any]:
    names = {field.name for field in attrs.fields(cls)}
    if "data" in names and "extra" not in names:  # an Other… class: its data is the wire's object
        return lambda value: converter.unstructure(value.data)
    sent_as_null = _SENT_AS_NULL.get(cls, frozenset())
    fields: dict[str, Any] = {name: override(omit_if_default=name not in sent_as_null) for name in names}
    fields["extra"] = override(omit=True)
    unstructure_fields = make_dict_unstructure_fn(cls, converter, **fields)
    tag = {"type": cls.type} if isinstance(getattr(cls, "type", None), str) else {}

    def unstructure_model(value: Any) -> dict[str, Any]:
        fields = {**tag, **unstructure_fields(value)}
        return {**fields, **converter.unstructure(value.extra)} if value.extra else fields

    return unstructure_model if "extra" in names else unstructure_fields
