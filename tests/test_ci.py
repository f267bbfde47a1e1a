"""No test is skipped everywhere: what needs a library of a group runs where that group is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CI = TESTS.parent / ".ci" / "run"
WORKFLOWS = TESTS.parent / ".github" / "workflows"

# What the groups peers, examples and prices bring and the group test does not, by the names to import.
OF_GROUPS = {
    *("openai", "azure", "cryptography", "dashscope", "litellm", "genai_prices"),
    *("fastapi", "uvicorn", "httpx", "litestar", "vcr", "nbformat", "nbclient", "ipykernel", "polars", "pandas"),
    *("duckdb", "aiogram", "telegram", "discord", "slack_sdk"),
}
NEEDS = re.compile(r"""(?:importorskip|find_spec|distribution|sources_of)\(\s*["'](\w+)(?!\.ai\.evaluation)\b""")
IN_CHECKOUTS = pytest.mark.skipif(not CI.exists(), reason="an sdist has no files of CI")


@IN_CHECKOUTS
def test_what_is_skipped_without_a_group_runs_again_with_it() -> None:
    (again,) = re.findall(r'^"\$work/venv/bin/pytest" -q (.+)$', CI.read_text().replace("\\\n", ""), re.M)
    folders = [TESTS.parent / path for path in again.split()]
    assert all(path.exists() for path in folders)
    needing = [
        path
        for path in TESTS.rglob("test_*.py")
        if path != Path(__file__) and OF_GROUPS & set(NEEDS.findall(path.read_text("utf-8")))
    ]
    assert len(needing) > 15
    assert [path for path in needing if not any(path.is_relative_to(folder) for folder in folders)] == []


@IN_CHECKOUTS
def test_every_session_runs_somewhere_by_itself() -> None:
    defined = set(re.findall(r"^@nox\.session\(.*\)\ndef (\w+)", (TESTS.parent / "noxfile.py").read_text(), re.M))
    run = " ".join(path.read_text() for path in (CI, *WORKFLOWS.glob("*.yml")))
    assert "tests" in defined
    by_hand = {name for name in defined if not re.search(rf"\b{name}\b", run)}
    assert by_hand == {"bench", "compare"}  # they judge nothing
