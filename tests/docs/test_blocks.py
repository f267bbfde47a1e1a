"""Every block of code in the README and the documentation runs, and prints what the page says that it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]
RUN_BLOCK = Path(__file__).with_name("run_block.py")
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
PROFILES = (
    "openai",
    "azure_openai",
    "azure_foundry",
    "foundry_local",
    "fabric",
    "dashscope",
)  # howto/NAME.md runs against the emulator's NAME
OTHER_PAGES = {"foundry_token": "azure_foundry"}

# What stands for a reader's own ids.
PLACEHOLDERS = {"THREAD": "thread_demo", "RUN": "run_demo", "STEP": "step_98poBxUDRUAYCf9QrIn7Rpry"}

# Servers run until they are stopped.
NOT_RUN = re.compile(r"openai-steps (serve|gateway|console)\b")

OPTIONAL = (
    "azure.identity",
    "openai",
    "aiolimiter",
    "fastapi",
    "litestar",
    "msgspec",
    "vcr",
    "aioresponses",
    "prometheus_client",
    "structlog",
    "polars",
    "pandas",
    "duckdb",
)


@frozen
class Block:
    kind: str
    line: int
    source: str
    printed: str | None


def blocks(page: Path) -> list[Block]:
    """Find the blocks; one of text right after the word "prints:" is what the block before it prints."""
    text = page.read_text()
    found: list[Block] = []
    for match in re.finditer(r"^( *)```(python|bash|text)\n(.*?)^\1```$", text, re.M | re.S):
        indent, kind, source = match.groups()
        source = re.sub(rf"^{indent}", "", source, flags=re.M)
        if kind != "text":
            found.append(Block(kind, text.count("\n", 0, match.start()) + 1, source, None))
        elif re.search(r"prints:\s*$", text[: match.start()]):
            last = found.pop()
            found.append(Block(last.kind, last.line, last.source, source))
    return found


def runnable(block: Block) -> str:
    if block.kind == "python":
        return block.source
    lines = [line for line in block.source.splitlines() if line.startswith("openai-steps") and not NOT_RUN.match(line)]
    return re.sub(r"\b(THREAD|RUN|STEP)\b", lambda name: PLACEHOLDERS[name[0]], "\n".join(lines))


def without_secrets() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if not name.startswith(("OPENAI", "AZURE", "DASHSCOPE", "PROJECT_", "FOUNDRY_", "PYTHON")):
            yield name, value


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_of_a_page_run(page: Path, tmp_path: Path) -> None:
    profile = page.stem if page.stem in PROFILES else OTHER_PAGES.get(page.stem, "compatible")
    scripts = sysconfig.get_path("scripts")
    environment = dict(without_secrets()) | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    for block in blocks(page):
        source = runnable(block)
        if not source or _lacks_module(source):
            continue
        done = subprocess.run(
            [sys.executable, "-W", "error", RUN_BLOCK, profile, block.kind],
            input=source,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{page.relative_to(ROOT)}:{block.line}\n{done.stdout}{done.stderr}"
        if block.printed is not None:
            assert _lines(done.stdout) == _lines(block.printed), f"{page.relative_to(ROOT)}:{block.line}"


def test_blocks_are_found() -> None:
    kinds = {block.kind for page in PAGES for block in blocks(page)}
    assert kinds == {"python", "bash"}


def test_no_other_language_hides_a_block() -> None:
    for page in PAGES:
        languages = set(re.findall(r"^ *```(\w+)$", page.read_text(), re.M))
        assert languages <= {"python", "bash", "text", "console", "json", "toml", "powershell"}, page


def test_the_sample_in_the_readme_is_short() -> None:
    (sample,) = [block for block in blocks(ROOT / "README.md") if block.kind == "python"]
    assert len([line for line in sample.source.splitlines() if line.strip()]) <= 12


def _lacks_module(source: str) -> bool:
    imported = [name for name in OPTIONAL if re.search(rf"^ *(from|import) {re.escape(name)}\b", source, re.M)]
    return not all(_has(name) for name in imported)


def _has(name: str) -> bool:
    return find_spec(name.split(".")[0]) is not None and find_spec(name) is not None


def _lines(text: str) -> list[str]:
    # How wide the columns of a table are is the business of rich, and of its version.
    return [re.sub(r"(?<=\S) {2,}", "  ", line).rstrip() for line in text.strip().splitlines()]
