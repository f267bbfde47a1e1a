"""Generates the functions that make models from checked structs.

attrs' own ``__init__`` would do, at several times the cost: that of a frozen class calls ``object.__setattr__`` for
each field, at about 45 ns instead of 3. So an instance is built as a subclass without the frozen ``__setattr__`` and
then becomes the real, frozen class. What is left to do (times, nested classes, placeholders for missing values) is
written out field by field. Nothing here can fail, since the shape has checked everything.

A class names in ``touched`` the field that is made when it is first read (`MadeWhenTouched`). If that field is an
array of a union, such as the tool calls, its members are kept as text: each one by itself either fits or becomes the
``Other…`` class of the union, so none need be checked before.

``docs/performance.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias, cast, get_args, get_origin

import attrs
import msgspec
from cattrs import Converter

from openai_steps._json import scalars
from openai_steps._json.hooks import Hook, fields_of, is_page, members_of, says_nothing, without_none
from openai_steps._json.scalars import LAST_SECOND
from openai_steps._json.shapes import any_of, held_as_text, shape_of
from openai_steps._json.text import loads_checked
from openai_steps._models.extra import NO_EXTRA

Build: TypeAlias = Callable[[Any], Any]
"""Turns a checked struct into a model."""

_NOT_ON_THE_WIRE: Final = {"extra": "NO_EXTRA", "problems": "()", "unreadable": "()", "raw": "None"}
_TIME: Final = "from_seconds(v) if 0 <= v < LAST_SECOND else {slow}(v)"
_OPENING_BRACE: Final = ord("{")


class Refused(ValueError):
    """The item has a mistake that its shape does not show: the hooks read it."""


class Builders:
    """Makes the functions that make models of structs.

    Args:
        converter: Has the hooks for values that a struct cannot hold.
    """

    def __init__(self, converter: Converter) -> None:
        self._converter = converter
        self._made: dict[tuple[Any, Any], Build] = {}

    def builder_of(self, cls: Any, way: Any = None) -> Build:
        """Return the function that makes an instance of an attrs class from its shape.

        Args:
            cls: The class.
            way: Its place in the item (see `scalars`), for errors of fields that are made later.
        """
        if (cls, way) not in self._made:
            self._made[cls, way] = self._generate(cls, way)
        return self._made[cls, way]

    def _generate(self, cls: Any, way: Any) -> Build:
        scope: dict[str, Any] = {
            "make": open_class(cls),
            "frozen_class": cls,
            "NO_EXTRA": NO_EXTRA,
            "LAST_SECOND": LAST_SECOND,
            "from_seconds": scalars.from_seconds,
            "time": scalars.time,
            "time_or_unset": scalars.time_or_unset,
        }
        lines = ["def build(s):", *_lines_for_zero(cls, scope), "    self = make()"]
        for field in fields_of(cls):
            inside = None if is_page(cls) else (way, field.name)  # each item of a page is a root of its own
            if field.name == getattr(cls, "touched", None):
                lines += self._lines_for_later(field, inside, scope)
            else:
                lines += self._lines_for(field, inside, scope)
        names = attrs.fields_dict(cls)
        lines += [f"    self.{name} = {value}" for name, value in _NOT_ON_THE_WIRE.items() if name in names]
        lines += ["    self.__class__ = frozen_class", "    return self"]
        code = compile("\n".join(lines), f"<build {cls.__name__}>", "exec")
        exec(code, scope)  # noqa: S102 - as attrs and cattrs do it
        return cast(Build, scope["build"])

    def _lines_for(self, field: attrs.Attribute[Any], way: Any, scope: dict[str, Any]) -> list[str]:
        name, kind = field.name, without_none(field.type)
        is_optional = kind is not field.type
        if kind is datetime:
            made = _TIME.format(slow="time_or_unset" if is_optional else "time")
        elif (build := self._build(kind, way)) is not None:
            scope[f"build_{name}"] = build
            made = f"build_{name}(v)"
        else:
            return [f"    self.{name} = s.{name}"]
        if (is_unset := says_nothing(kind)) is not None:
            scope[f"is_unset_{name}"] = is_unset
            made = f"None if is_unset_{name}(v) else {made}"
        return [f"    v = s.{name}", f"    self.{name} = {'None if v is None else ' if is_optional else ''}{made}"]

    def _lines_for_later(self, field: attrs.Attribute[Any], way: Any, scope: dict[str, Any]) -> list[str]:
        """Write the lines that keep a field's value until the field is first read."""
        scope["make_touched"] = self._build(field.type, way)
        lines = [f"    v = s.{field.name}"]
        for cls in _classes_in(field.type):
            if (text := held_as_text(cls)) is not None:
                scope |= {f"shape_{text}": shape_of(cls), "take": take}
                lines += [f"    if v.__class__ is shape_{text}:", f"        v.{text} = take(v.{text})"]
        return [*lines, "    self._waiting = (make_touched, v)"]

    def _build(self, kind: Any, way: Any) -> Build | None:
        """Return the function that makes a value of this type, or None if the value is used as it is."""
        if (members := members_of(kind)) is not None:
            builders = {shape_of(cls): self.builder_of(cls, way) for cls in members[0]}
            return lambda value: builders[value.__class__](value)
        if attrs.has(kind):
            return self.builder_of(kind, way)
        if get_origin(kind) is tuple:
            return self._build_tuple(get_args(kind)[0], way)
        return None

    def _build_tuple(self, member: Any, way: Any) -> Build | None:
        if members_of(member) is not None:
            return self._build_texts(member, way)
        build = self._build(member, way)
        return None if build is None else lambda values: tuple(map(build, values))

    def _build_texts(self, union: Any, way: Any) -> Build:
        """Return the function that makes the members of an array of a union, of structs or of texts."""
        build = self._build(union, way)
        assert build is not None
        decode = msgspec.json.Decoder(any_of(union)).decode
        hook: Hook = self._converter.get_structure_hook(union)

        def build_one(index: int, one: Any) -> Any:
            if one.__class__ is not bytes:
                return build(one)
            try:
                checked = decode(one)
            except (ValueError, RecursionError):
                return hook(loads_checked(one), (way, index))
            return build(checked)

        return lambda values: tuple([build_one(index, one) for index, one in enumerate(values)])


def _lines_for_zero(cls: Any, scope: dict[str, Any]) -> list[str]:
    """Write the shortcut for a class of one count, such as that of cached tokens, which is nearly always 0.

    All steps share one object, since it is frozen.
    """
    fields = fields_of(cls)
    if len(fields) != 1 or fields[0].type != int | None:
        return []
    (name,) = [field.name for field in fields]
    scope["zero"] = cls(**{name: 0})
    return [f"    if s.{name} == 0:", "        return zero"]


def open_class(cls: type) -> type:
    """Return a subclass of the same layout whose fields can be set."""
    members = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(cls.__name__, (cls,), {"__slots__": (), **members})


def take(objects: tuple[msgspec.Raw, ...]) -> tuple[bytes, ...]:
    """Copy the texts of objects out of their page, which they would keep alive.

    Raises:
        Refused: If one is not an object, or not UTF-8: msgspec has not looked inside.
    """
    texts = tuple(map(bytes, objects))
    for text in texts:
        if text[0] != _OPENING_BRACE or not (text.isascii() or _is_utf8(text)):
            raise Refused
    return texts


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _classes_in(kind: Any) -> tuple[Any, ...]:
    members = members_of(kind)
    return members[0] if members else (kind,) if attrs.has(kind) else ()
