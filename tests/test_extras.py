"""Whatever needs a library of an extra says what to install; any other missing module is not excused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from openai_steps._extras import needing

NEEDS = [
    ("import openai_steps.export.cluster", "distributed", "openai_steps.export.cluster needs distributed", "dask"),
    ("import openai_steps.export.cluster", "pyarrow", "openai_steps.export.cluster needs pyarrow", "dask"),
    (
        "from openai_steps.timeline import build_timeline, to_rich; to_rich(build_timeline([]))",
        *("rich", "A timeline in the terminal needs rich", "cli"),
    ),
    (
        "from openai_steps.timeline import build_timeline, to_html; to_html(build_timeline([]))",
        *("jinja2", "An HTML page needs jinja2", "timeline"),
    ),
    ("import openai_steps.otel", "opentelemetry", "openai_steps.otel needs opentelemetry", "otel"),
]


@pytest.mark.parametrize(("code", "library", "message", "extra"), NEEDS)
def test_what_to_install_is_said(code: str, library: str, message: str, extra: str) -> None:
    missing = f"import sys; sys.modules[{library!r}] = None\n"
    done = subprocess.run([sys.executable, "-c", missing + code], capture_output=True, encoding="utf-8", timeout=60)
    told = f"ModuleNotFoundError: {message}: pip install 'openai-steps[{extra}]'"
    assert done.stderr.splitlines()[-1] == told, done.stderr


def test_another_missing_module_is_a_bug_and_shown_as_one() -> None:
    with pytest.raises(ModuleNotFoundError) as caught, needing("attrs", "anything"):
        import no_such_module  # type: ignore[import-not-found]  # noqa: F401
    assert caught.value.name == "no_such_module"
    assert "pip" not in str(caught.value)
