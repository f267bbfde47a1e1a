"""The modules that need a library that not everybody has; asked for when they are used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


def parquet() -> Any:
    """Return the module `_parquet`, or say what to install."""
    return _import("_parquet", library="pyarrow", extra="parquet")


def cluster() -> Any:
    """Return the module `cluster`, or say what to install."""
    return _import("cluster", library="distributed", extra="dask")


def _import(name: str, *, library: str, extra: str) -> ModuleType:
    try:
        return import_module(f"openai_steps.export.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library:
            raise
        raise ModuleNotFoundError(f"This needs {library}: pip install 'openai-steps[{extra}]'", name=library) from None
