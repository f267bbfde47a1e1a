"""The notebook runs from top to bottom in a kernel, and shows what it says that it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbclient (dependency group examples)")
nbclient = pytest.importorskip("nbclient", reason="needs nbclient (dependency group examples)")
pytest.importorskip("ipykernel", reason="needs ipykernel (dependency group examples)")
pytest.importorskip("polars", reason="needs polars (dependency group examples)")

NOTEBOOK = Path(__file__).parents[2] / "docs" / "examples" / "run.ipynb"


async def test_it_runs_and_shows_tables_and_a_timeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3")
    await client.async_execute()
    shown = [data for cell in notebook.cells for data in _shown(cell)]
    listed, page, step, timeline, tokens, frame = shown
    assert listed["text/plain"].count("RunStep(id=") == 12
    assert len(listed["text/plain"]) < 2_500
    assert "<caption>5 steps, and there are more</caption>" in page["text/html"]
    assert "<td>failed</td>" in step["text/html"]
    assert timeline["text/html"].startswith('<iframe sandbox="allow-scripts"')
    assert timeline["image/svg+xml"].startswith("<svg")
    assert re.fullmatch(r"[1-9]\d+", tokens["text/plain"])
    assert "code_interpreter" in frame["text/plain"]


def test_it_is_kept_without_what_it_showed() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)


def _shown(cell: Any) -> list[dict[str, str]]:
    return [output["data"] for output in cell.get("outputs", []) if output["output_type"] == "execute_result"]
