"""A library that is not there is named, with the extra that brings it; any other missing module is not excused."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from openai_steps.export import _extras


@pytest.mark.parametrize(
    ("ask", "module", "library", "extra"),
    [
        (_extras.parquet, "_parquet", "pyarrow", "parquet"),
        (_extras.cluster, "cluster", "distributed", "dask"),
    ],
)
def test_what_to_install_is_said(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Any], module: str, library: str, extra: str
) -> None:
    monkeypatch.delitem(sys.modules, f"openai_steps.export.{module}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ModuleNotFoundError, match=re.escape(f"pip install 'openai-steps[{extra}]'")) as caught:
        ask()
    assert caught.value.name == library


def test_another_missing_module_is_a_bug_and_shown_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai_steps.export._parquet", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        _extras.parquet()
    assert "pip install" not in str(caught.value)
