"""What is missing is named."""

import re
import sys
from importlib import import_module

import pytest

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")


@pytest.mark.parametrize(
    ("missing", "module", "advice"),
    [
        ("opentelemetry.trace", "openai_steps.otel", "openai-steps[otel]"),
        ("opentelemetry.sdk.trace.id_generator", "openai_steps.otel.sdk", "opentelemetry-sdk"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str, module: str, advice: str) -> None:
    import_module(module)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, module)
    with pytest.raises(ImportError, match=re.escape(advice)):
        import_module(module)
