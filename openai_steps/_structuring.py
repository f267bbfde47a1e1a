"""Generate the function that turns a JSON object into one of our attrs classes.

cattrs can do this by itself, at more than twice the price and without our rules: wrong types are refused, unknown keys
kept, absent and null are one. So this is a hook factory for cattrs. Its functions take three short cuts:

- types are compared with ``is``, and a hook is called only for what is not simply right;
- nothing is thrown or caught on the way (a ``try`` costs nothing until it catches), yet an error knows its path;
- an instance is built as a subclass without the frozen ``__setattr__`` and then becomes the real, frozen class. The
  ``__init__`` of a frozen attrs class calls ``object.__setattr__`` for each field, at about 45 ns instead of 3.

``docs/performance.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Union, cast, get_args

import attrs
from cattrs import Converter

from openai_steps._leaves import Mismatch, json_object
from openai_steps._models import NO_EXTRA

Hook = Callable[[Any, Any], Any]

# The types whose values are taken as they are, without calling a hook, when the class is just this.
_TAKEN_AS_IS: Mapping[Any, str] = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    dict[str, Any]: "dict",
}

_HEAD = """\
def structure(o, _=None):
    if o.__class__ is not dict:
        o = json_object(o)
    get = o.get
    self = new(open_class)
"""
_FIELD = """\
    self.{name} = v = get({name!r})
    if {condition}:
        try:
            self.{name} = hook_{name}(v, None)
        except Mismatch as problem:
            raise problem.inside({name!r})
"""
_TAIL = """\
    self.extra = no_extra if is_known(o) else {k: v for k, v in o.items() if k not in known}
    self.__class__ = frozen_class
    return self
"""


def structure_hook(cls: Any, converter: Converter) -> Hook:
    """Return a function that structures JSON objects as ``cls``, an attrs class with a field ``extra``.

    Args:
        cls: The class. A field without ``None`` in its type must be there and not be null.
        converter: Where the hooks for the fields' types come from.
    """
    attrs.resolve_types(cls)
    fields = [field for field in attrs.fields(cls) if field.name != "extra"]
    known = frozenset([field.name for field in fields] + ["type"] * hasattr(cls, "type"))
    scope: dict[str, Any] = {
        "Mismatch": Mismatch,
        "json_object": json_object,
        "new": object.__new__,
        "open_class": _open_class(cls),
        "frozen_class": cls,
        "no_extra": NO_EXTRA,
        "known": known,
        "is_known": known.issuperset,
    }
    lines = [_HEAD]
    for field in fields:
        scope[f"hook_{field.name}"] = converter.get_structure_hook(field.type)
        lines.append(_FIELD.format(name=field.name, condition=_needs_hook(field.type)))
    source = "".join([*lines, _TAIL])
    exec(compile(source, f"<structure {cls.__name__}>", "exec"), scope)  # noqa: S102 - as attrs and cattrs do it
    return cast(Hook, scope["structure"])


def without_none(kind: Any) -> Any:
    """Return the type ``T`` for ``T | None`` and for ``T``."""
    members = get_args(kind)
    if type(None) not in members:
        return kind
    return Union[tuple(member for member in members if member is not type(None))]  # noqa: UP007 - built, not written


def _open_class(cls: type) -> type:
    """Return a subclass of the same layout whose fields can be set."""
    members = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), members)


def _needs_hook(kind: Any) -> str:
    """Return the condition, in Python, under which the value ``v`` of a field must go through its hook."""
    inner = without_none(kind)
    tests = [] if inner is kind else ["v is not None"]
    if inner in _TAKEN_AS_IS:
        tests.append(f"v.__class__ is not {_TAKEN_AS_IS[inner]}")
    return " and ".join(tests) or "True"
