"""Shapes: the msgspec structs against which JSON text is checked in C, before any model is made.

A shape is derived from an attrs class. It accepts exactly what the class holds without any leniency of `hooks`: no
unknown keys, no misfit, no kind without a class, times in whole seconds or milliseconds. What it refuses is not an
error: the hooks read it instead. So a shape may refuse too much, which costs time only, and must never accept what the
hooks would read as something else.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs
import msgspec

from openai_steps._json.hooks import fields_of, members_of, without_none
from openai_steps._json.scalars import LAST_SECOND

# From -1, DashScope's placeholder for a missing time, to the last millisecond of the year 5138.
_TIME: Final = Annotated[int, msgspec.Meta(ge=-1, lt=1000 * LAST_SECOND)]


@cache
def shape_of(cls: Any) -> type[msgspec.Struct]:
    """Return the struct for an attrs class; the items of a page are structs as well."""
    fields: list[Any] = []
    for field in fields_of(cls):
        kind = wire_type(field.type) if field.name != held_as_text(cls) else tuple[msgspec.Raw, ...]
        fields.append((field.name, kind) if field.default is attrs.NOTHING else (field.name, kind, field.default))
    return _struct(cls, fields)


@cache
def raw_shape_of(cls: Any) -> type[msgspec.Struct]:
    """Return the struct for a page whose items are left as text."""
    fields: list[Any] = [(field.name, wire_type(field.type), field.default) for field in fields_of(cls)]
    return _struct(cls, [("data", list[msgspec.Raw]) if name == "data" else (name, *rest) for name, *rest in fields])


def _struct(cls: Any, fields: list[Any]) -> type[msgspec.Struct]:
    tag = getattr(cls, "type", None)
    is_tagged = isinstance(tag, str)
    return msgspec.defstruct(
        cls.__name__,
        fields,
        tag_field="type" if is_tagged else None,
        tag=tag if is_tagged else None,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,  # no struct refers back
    )


def held_as_text(cls: Any) -> str | None:
    """Return the field whose members are kept as text until it is first read: an array of a union."""
    name = getattr(cls, "touched", None)
    if name is None:
        return None
    (kind,) = [field.type for field in fields_of(cls) if field.name == name]
    return name if get_origin(kind) is tuple and members_of(get_args(kind)[0]) is not None else None


def wire_type(kind: Any) -> Any:
    """Return the type that msgspec checks for a model's type."""
    inner = without_none(kind)
    if inner is not kind:
        return wire_type(inner) | None
    if kind is datetime:
        return _TIME
    if members_of(kind) is not None:
        return any_of(kind)
    if attrs.has(kind):
        return shape_of(kind)
    if get_origin(kind) is tuple:
        return tuple[wire_type(get_args(kind)[0]), ...]  # type: ignore[misc]
    return kind


def any_of(union: Any) -> Any:
    """Return the type that msgspec checks for a union of classes."""
    found = members_of(union)
    assert found is not None
    shapes = map(shape_of, found[0])
    return Union[(*shapes, _Nothing)]


class _Nothing(msgspec.Struct, tag_field="type", tag="\0"):
    """A second member for unions of one struct: a lone struct could lack its tag in the text."""
