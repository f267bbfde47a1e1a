"""Both type checkers, on the files beside this one and on the package as its users see it."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = ["tool_calls.py", "verbs.py", "misuse.py"]
BESIDE_PYTHON = Path(sys.executable).parent
PYRIGHT = shutil.which("pyright", path=str(BESIDE_PYTHON))

needs_mypy = pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
needs_pyright = pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed beside this Python")


def run_pyright(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert PYRIGHT is not None
    # pyright finds installed packages through the first python on the path.
    path = os.pathsep.join([str(BESIDE_PYTHON), os.environ.get("PATH", "")])
    return subprocess.run([PYRIGHT, *arguments], capture_output=True, text=True, env={**os.environ, "PATH": path})


@needs_mypy
def test_mypy_agrees() -> None:
    """With --strict, an ignore that nothing needs is an error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *(str(HERE / name) for name in FILES)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1])
    assert run.returncode == 0, run.stdout


@needs_pyright
def test_pyright_agrees() -> None:
    run = run_pyright("-p", str(HERE))
    assert run.returncode == 0, run.stdout


@needs_pyright
def test_every_type_of_the_public_interface_is_known() -> None:
    run = run_pyright("--verifytypes", "openai_steps", "--ignoreexternal", "--outputjson")
    report = json.loads(run.stdout)["typeCompleteness"]
    unknown = [symbol["name"] for symbol in report["symbols"] if symbol["isTypeAmbiguous"] or not symbol["isTypeKnown"]]
    assert report["symbols"]
    assert (report["completenessScore"], unknown) == (1, [])


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_checked(name: str) -> None:
    assert name in json.loads((HERE / "pyrightconfig.json").read_text("utf-8"))["include"]
    assert {path.name for path in HERE.glob("*.py")} == {*FILES, "test_typing.py"}
