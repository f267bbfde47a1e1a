"""Shapes: what JSON text is checked against in C, by msgspec, before any model is made of it.

A shape is a msgspec struct derived from an attrs class. It takes exactly what the class holds without any leniency of
`hooks`: no unknown keys, no misfit, no kind without a class, times in whole seconds or milliseconds. What it refuses is
no error, but goes by the hooks instead. So a shape may refuse too much, at the price of time, and must never take what
the hooks would read as something else.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs
import msgspec

from openai_steps._json.hooks import fields_of, members_of, without_none
from openai_steps._json.scalars import LAST_SECOND

# From -1, with which DashScope says that there is no time, to the last millisecond of the year 5138.
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
    """Return the field that is made when it is touched, of texts: an array of a union, each member for itself."""
    name = getattr(cls, "touched", None)
    if name is None:
        return None
    (kind,) = [field.type for field in fields_of(cls) if field.name == name]
    return name if get_origin(kind) is tuple and members_of(get_args(kind)[0]) is not None else None


def wire_type(kind: Any) -> Any:
    """Return what msgspec is to expect where a model has a value of this type."""
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
    """Return what msgspec is to expect where there is an object of one of the classes of a union."""
    found = members_of(union)
    assert found is not None
    shapes = map(shape_of, found[0])
    return Union[(*shapes, _Nothing)]


class _Nothing(msgspec.Struct, tag_field="type", tag="\0"):
    """Beside a struct, so that it is not alone: it need not have its tag in the text then."""
