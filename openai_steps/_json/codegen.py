"""Generate the function that turns a JSON object into one of our attrs classes.

cattrs can do this by itself, at three times the price and without our rules: wrong types are refused, unknown keys
kept, absent and null are one. So this is a hook factory for cattrs. Its functions take short cuts:

- types are compared with ``is``, and a hook is called only for what is not simply right;
- nothing is thrown or caught on the way (a ``try`` costs nothing until it catches), yet an error knows its path;
- what must be there is looked up by ``o[key]``, at two thirds of the price of ``o.get(key)``;
- keys are looked up by the very strings that orjson makes of them, so that a look-up compares addresses, not letters;
- unknown keys are looked for only where the known ones do not account for all;
- an instance is built as a subclass without the frozen ``__setattr__`` and then becomes the real, frozen class. The
  ``__init__`` of a frozen attrs class calls ``object.__setattr__`` for each field, at about 45 ns instead of 3.

``docs/performance.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Union, cast, get_args

import attrs
import orjson
from cattrs import Converter

from openai_steps._json.scalars import Mismatch, json_object
from openai_steps._models.extra import NO_EXTRA

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
        o = {**json_object(o)}
    self = open_class()
    try:
"""
_FIELD = """\
        self.{name} = v_{name} = {value}
        if {condition}:
            try:
                self.{name} = hook_{name}(v_{name}, None)
            except Mismatch as problem:
                raise problem.inside({name!r})
"""
_TAIL = """\
    except KeyError:  # something is missing: that is refused just as if it were null
        return structure({{**nulls, **o}})
    self.extra = no_extra if {all_known} else {{k: v for k, v in o.items() if k not in known}}
    self.__class__ = frozen_class
    return self
"""

_FEW: Final = 2  # fields that may be missing: so many can be counted in less time than a set of keys is searched


def structure_hook(cls: Any, converter: Converter) -> Hook:
    """Return a function that structures JSON objects as ``cls``, an attrs class with a field ``extra``.

    Args:
        cls: The class. A field without ``None`` in its type must be there and not be null.
        converter: Where the hooks for the fields' types come from.
    """
    attrs.resolve_types(cls)
    fields = [field for field in attrs.fields(cls) if field.name != "extra"]
    keys = as_orjson_makes_them([field.name for field in fields] + ["type"] * hasattr(cls, "type"))
    known = frozenset(keys)
    scope: dict[str, Any] = {
        "Mismatch": Mismatch,
        "json_object": json_object,
        "open_class": _open_class(cls),
        "frozen_class": cls,
        "no_extra": NO_EXTRA,
        "nulls": dict.fromkeys(field.name for field in fields),
        "known": known,
        "are_known": known.issuperset,
        **{f"key_{key}": key for key in keys},
    }
    optional = [field.name for field in fields if without_none(field.type) is not field.type]
    lines = [_HEAD]
    for field in fields:
        name, key = field.name, f"key_{field.name}"
        value = f"o.get({key})" if name in optional else f"o[{key}]"
        scope[f"hook_{name}"] = converter.get_structure_hook(field.type)
        lines.append(_FIELD.format(name=name, value=value, condition=_needs_hook(f"v_{name}", field.type)))
    source = "".join([*lines, _TAIL.format(all_known=_all_known(len(known), optional))])
    exec(compile(source, f"<structure {cls.__name__}>", "exec"), scope)  # noqa: S102 - as attrs and cattrs do it
    return cast(Hook, scope["structure"])


def without_none(kind: Any) -> Any:
    """Return the type ``T`` for ``T | None`` and for ``T``."""
    members = get_args(kind)
    if type(None) not in members:
        return kind
    return Union[tuple(member for member in members if member is not type(None))]  # noqa: UP007 - built, not written


def as_orjson_makes_them(keys: Iterable[str]) -> list[str]:
    """Return the same texts as the objects that orjson, which keeps the keys it has met, puts into its dicts."""
    return list(orjson.loads(orjson.dumps(dict.fromkeys(keys))))


def _open_class(cls: type) -> type:
    """Return a subclass of the same layout whose fields can be set."""
    members = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(cls.__name__, (cls,), {"__slots__": (), **members})


def _needs_hook(value: str, kind: Any) -> str:
    """Return the condition, in Python, under which the value of a field must go through its hook."""
    inner = without_none(kind)
    tests = [] if inner is kind else [f"{value} is not None"]
    if inner in _TAKEN_AS_IS:
        tests.append(f"{value}.__class__ is not {_TAKEN_AS_IS[inner]}")
    return " and ".join(tests) or "True"


def _all_known(known: int, optional: list[str]) -> str:
    """Return the condition, in Python, under which an object has known keys only.

    Args:
        known: How many of them there are.
        optional: Those that may be missing. The others are there by now: the fields because their hooks took them, the
            tag ``type`` because it has chosen the class.
    """
    return "are_known(o)" if len(optional) > _FEW else f"len(o) == {_count(known, optional)} or are_known(o)"


def _count(known: int, optional: list[str]) -> str:
    """Return the number of keys that are there, in Python; a comparison is cheaper than to add up truths."""
    if not optional:
        return str(known)
    name, *others = optional
    return f"({_count(known - 1, others)} if v_{name} is None else {_count(known, others)})"
