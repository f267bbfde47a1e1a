"""The rules by which JSON becomes models, as hooks for cattrs: strict at the leaf, tolerant at the union.

They are derived from the attrs classes. A class's fields decide how it is read:

``extra``
    It is read from a JSON object, and keeps the keys that it does not know.
``problems``
    It is an item, for example a step, and tolerant: a value that does not fit is replaced by the field's default, and
    kept in ``extra``, with the reason in ``problems``. Without a default it must fit, or the whole item is refused.
``data`` and ``problem``
    It is the ``Other…`` class, the last in a union of classes that the key ``type`` distinguishes. It takes the objects
    of other types, and those that do not fit the class of their type; ``problem`` says why.
``data`` and ``has_more``
    It is a page; an item that is refused goes into its ``unreadable``.

So an odd value costs the smallest thing around it that can be replaced: the field of an item, the tool call, the
details. Null and absent are the same where there is a default; an array may be null (Go) or an empty object (Lua).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from operator import eq
from types import UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin

import attrs
from cattrs import Converter

from openai_steps._json import scalars
from openai_steps._json.scalars import ABSENT, Mismatch
from openai_steps._models.actions import OtherRequiredAction, RequiredAction
from openai_steps._models.extra import NO_EXTRA, Misfit
from openai_steps._models.pages import Page
from openai_steps._models.steps import LastError, RunStep, Usage

Hook: TypeAlias = Callable[[Any, Any], Any]
"""Turns a JSON value, and the path to it, into a value of the type, or raises Mismatch."""

_LEAVES: Final[Mapping[Any, Hook]] = {
    str: scalars.text,
    int: scalars.whole_number,
    float: scalars.number,
    bool: scalars.boolean,
    datetime: scalars.time,
}
_TEXT_OR_OBJECT: Final = str | dict[str, Any]


def add_structure_hooks(converter: Converter) -> None:
    """Register all the rules with a converter."""
    for leaf, hook in _LEAVES.items():
        converter.register_structure_hook(leaf, hook)
    converter.register_structure_hook_func(partial(eq, dict[str, Any]), scalars.json_object)
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_factory(_is_union, _union_hook)
    converter.register_structure_hook_factory(attrs.has, _object_hook)
    converter.register_structure_hook_factory(is_page, _page_hook)


# --- What a type is ---------------------------------------------------------------------------------------------


def without_none(kind: Any) -> Any:
    """Return the type ``T`` for ``T | None`` and for ``T``."""
    members = get_args(kind)
    if type(None) not in members:
        return kind
    return Union[tuple(member for member in members if member is not type(None))]  # noqa: UP007 - built, not written


def members_of(kind: Any) -> tuple[tuple[Any, ...], Any] | None:
    """Return the classes of a union that ``type`` distinguishes, and the ``Other…`` class; None for other types."""
    *tagged, other = get_args(kind) or (kind,)
    is_tagged = tagged and attrs.has(other) and "problem" in attrs.fields_dict(other)
    return (tuple(tagged), other) if is_tagged else None


def fields_of(cls: Any) -> list[attrs.Attribute[Any]]:
    """Return the fields of a class that have a key of their own on the wire, their types resolved."""
    attrs.resolve_types(cls)
    return [field for field in attrs.fields(cls) if field.name not in _NOT_ON_THE_WIRE]


def keys_of(cls: Any) -> frozenset[str]:
    """Return the keys that a class knows: those of its fields, and the tag of its union."""
    keys = {field.name for field in fields_of(cls)}
    return frozenset(keys | {"type"} if hasattr(cls, "type") else keys)


_NOT_ON_THE_WIRE: Final = {"extra", "problems", "unreadable", "raw"}


def item_of(cls: type[Page[Any]]) -> Any:
    """Return the class of a page's items."""
    attrs.resolve_types(cls)
    return get_args(attrs.fields_dict(cls)["data"].type)[0]


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_union(kind: Any) -> bool:
    return isinstance(kind, UnionType) or get_origin(kind) is Union


def is_page(kind: Any) -> bool:
    """Return whether a type is a page of a list."""
    return isinstance(kind, type) and issubclass(kind, Page)


# --- Arrays and unions ------------------------------------------------------------------------------------------


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    member = get_args(kind)[0]
    hook: Hook = converter.get_structure_hook(member)

    def structure_tuple(value: Any, way: Any) -> tuple[Any, ...]:
        return tuple(hook(item, (way, index)) for index, item in enumerate(_array(value, way)))

    return structure_tuple


def _array(value: Any, way: Any) -> list[Any] | tuple[Any, ...]:
    if isinstance(value, list | tuple):
        return value
    if value is None or value == {}:
        return ()
    raise Mismatch("an array", value, way)


def _union_hook(kind: Any, converter: Converter) -> Hook:
    """Return the hook for ``T | None`` (None itself is handled before) or for a tagged union."""
    inner = without_none(kind)
    if inner == _TEXT_OR_OBJECT:
        return scalars.text_or_object
    if inner is datetime:
        return scalars.time_or_unset
    if members_of(inner) is not None:
        return _tagged_hook(inner, converter)
    hook: Hook = converter.get_structure_hook(inner)
    return hook


def _tagged_hook(kind: Any, converter: Converter) -> Hook:
    found = members_of(kind)
    assert found is not None
    tagged, other = found
    hooks: dict[str, Hook] = {cls.type: converter.get_structure_hook(cls) for cls in tagged}

    def structure_tagged(value: Any, way: Any, tag: Any = None) -> Any:
        data = scalars.json_object(value, way)
        tag = tag if data.get("type") is None else data["type"]
        try:
            if tag is not None:
                hook = hooks.get(scalars.text(tag, (way, "type")))
                return other(data) if hook is None else hook(data, way)
        except Mismatch as mismatch:
            return other(data, problem=mismatch.misfit)
        return other(data)

    return structure_tagged


# --- Objects ----------------------------------------------------------------------------------------------------


def _object_hook(cls: Any, converter: Converter) -> Hook:
    read_fields = _fields_reader(cls, fields_of(cls), converter)

    def structure_object(value: Any, way: Any) -> Any:
        return cls(**read_fields(scalars.json_object(value, way), way))

    return structure_object


def _fields_reader(cls: Any, fields: list[attrs.Attribute[Any]], converter: Converter) -> Hook:
    """Return the function that turns a JSON object into the arguments of a class."""
    known = keys_of(cls)
    is_item = "problems" in attrs.fields_dict(cls)
    readers = [(field.name, _field_reader(cls, field, converter), _fallback(field)) for field in fields]

    def read_fields(data: dict[str, Any], way: Any) -> dict[str, Any]:
        arguments = {}
        problems: list[Misfit] = []
        extra = {key: value for key, value in data.items() if key not in known}
        for name, read, fallback in readers:
            try:
                arguments[name] = read(data, way)
            except Mismatch as mismatch:
                if not is_item or fallback is attrs.NOTHING:
                    raise
                arguments[name] = _stand_in(fallback, mismatch, problems)
                if data.get(name) is not None:
                    extra[name] = data[name]
        if problems:
            arguments["problems"] = tuple(problems)
        arguments["extra"] = extra or NO_EXTRA
        return arguments

    return read_fields


def _field_reader(cls: Any, field: attrs.Attribute[Any], converter: Converter) -> Hook:
    """Return the function that reads a field from its object, which is at ``way``."""
    name, default = field.name, field.default
    hook: Hook = converter.get_structure_hook(field.type)
    is_unset = says_nothing(without_none(field.type))

    def read(data: dict[str, Any], way: Any) -> Any:
        value = data.get(name, ABSENT)
        if (value is None or value is ABSENT) and default is not attrs.NOTHING:
            return default
        return hook(value, (way, name))

    def read_unless_unset(data: dict[str, Any], way: Any) -> Any:
        found = default if data.get(name) in ({}, []) else read(data, way)
        return (
            default
            if found is not None and is_unset and is_unset(found) and not getattr(found, "extra", None)
            else found
        )

    def read_details(data: dict[str, Any], way: Any) -> Any:
        # In Foundry Local the step, not its details, has the type.
        structure_tagged: Any = hook
        return structure_tagged(data.get(name), (way, name), data.get("type"))

    if (cls, name) == (RunStep, "step_details"):
        return read_details
    return read_unless_unset if is_unset else read


def _fallback(field: attrs.Attribute[Any]) -> Any:
    """Return what replaces a value that does not fit: the field's default, or the Other… class of a union."""
    members = members_of(without_none(field.type))
    return members[1] if members and field.default is attrs.NOTHING else field.default


def _stand_in(fallback: Any, mismatch: Mismatch, problems: list[Misfit]) -> Any:
    if isinstance(fallback, type):
        return fallback({}, problem=mismatch.misfit)
    problems.append(mismatch.misfit)
    return fallback


_COUNTS: Final = tuple(name for name in attrs.fields_dict(Usage) if name != "extra")


def says_nothing(kind: Any) -> Callable[[Any], bool] | None:
    """Return the function that recognizes the placeholder for a missing object of this type, if servers send one.

    It takes models, and the structs that `shapes` derives from them; with an ``extra`` they are not placeholders.
    """
    return _SAYS_NOTHING.get(kind)


def _no_error(error: Any) -> bool:
    return not (error.code or error.message)


def _no_usage(usage: Any) -> bool:
    # Called for each step; nearly every server sends a total, which settles it.
    return usage.total_tokens is None and all(getattr(usage, name) is None for name in _COUNTS)


def _no_action(action: Any) -> bool:
    return isinstance(action, OtherRequiredAction) and not any(action.data.values())


# DashScope sends these when there is no error and no usage, MiniMax an empty ``type`` when nothing is required. For
# times see `scalars.time_or_unset`.
_SAYS_NOTHING: Final[Mapping[Any, Callable[[Any], bool]]] = {
    LastError: _no_error,
    Usage: _no_usage,
    RequiredAction: _no_action,
}


# --- Pages ------------------------------------------------------------------------------------------------------


def _page_hook(cls: Any, converter: Converter) -> Hook:
    return page_reader(cls, converter, converter.get_structure_hook(item_of(cls)))


def page_reader(
    cls: Any,
    converter: Converter,
    read_item: Hook,
    *,
    to_json: Callable[[Any], Any] | None = None,
    to_raw: Callable[[Any], bytes] | None = None,
) -> Hook:
    """Return the function that reads a page.

    Args:
        cls: The class of the page.
        converter: Has the hooks for its other fields.
        read_item: Reads an item, in any form.
        to_json: Turns an unreadable item into plain Python, if it is not.
        to_raw: Turns an item into the text to keep. None: no text is kept.
    """
    read_fields = _fields_reader(cls, [field for field in fields_of(cls) if field.name != "data"], converter)
    unreadable = get_args(attrs.fields_dict(cls)["unreadable"].type)[0]

    def read_page(value: Any, way: Any) -> Any:
        data = {"data": value} if isinstance(value, list | tuple) else scalars.json_object(value, way)
        items, texts, refused = [], [], []
        for index, one in enumerate(_array(data.get("data", ABSENT), (way, "data"))):
            raw = None if to_raw is None else to_raw(one)
            try:
                items.append(read_item(one, None))
                texts.append(raw)
            except Mismatch as mismatch:
                plain = one if to_json is None else to_json(one)
                refused.append(unreadable(plain, mismatch.misfit, index=index, raw=raw))
        arguments = read_fields(data, way)
        arguments["raw"] = None if to_raw is None else tuple(texts)
        return cls(**arguments, data=tuple(items), unreadable=tuple(refused))

    return read_page
