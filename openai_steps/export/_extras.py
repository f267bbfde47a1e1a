"""The modules that need an optional library, imported on first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from openai_steps._extras import needing


def parquet() -> Any:
    """Return the module `_parquet`, or say what to install."""
    with needing("pyarrow", "openai-steps[parquet]"):
        return import_module("openai_steps.export._parquet")


def cluster() -> Any:
    """Return the module `cluster`, or say what to install."""
    with needing("distributed", "openai-steps[dask]"):
        return import_module("openai_steps.export.cluster")
