"""Gives public names their public ``__module__``, so that tracebacks, pickles and documentation name it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import FunctionType
from typing import Any

import attrs


def publish(package: str, names: Mapping[str, Any]) -> None:
    """Give the classes and functions of a package's private modules the package's own name as ``__module__``.

    Annotations are text until they are looked up in the module that a class names. They are resolved before that
    module changes, so that ``typing.get_type_hints`` and ``attrs.resolve_types`` go on working.

    Args:
        package: The package's ``__name__``.
        names: Its ``globals()``.
    """
    for value in names.values():
        if isinstance(value, type | FunctionType) and value.__module__.startswith(f"{package}."):
            if isinstance(value, type) and "__annotations__" in vars(value):
                value.__annotations__ = inspect.get_annotations(value, eval_str=True)
                if attrs.has(value):
                    attrs.resolve_types(value)
            value.__module__ = package
