"""What is public: exported, documented, of one version."""

import ast
import importlib
import inspect
import re
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest

import openai_steps
from openai_steps._version import VERSION

PUBLIC_MODULES = ["openai_steps", "openai_steps.emulator"]


def natural(name: str) -> tuple[int, str]:
    """Return the key that sorts constants, classes, then functions, each by name."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("module_name", PUBLIC_MODULES)
def test_all_is_what_is_imported_from_our_modules_sorted(module_name: str) -> None:
    """Names that are loaded when they are asked for are imported for type checkers."""
    module = importlib.import_module(module_name)
    imports = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ImportFrom)]
    ours = {
        alias.name
        for node in imports
        if "openai_steps" in str(node.module) and node.module != "openai_steps._public"
        for alias in node.names
    }
    assert module.__all__ == sorted(ours, key=natural)
    assert all(hasattr(module, name) for name in module.__all__)
    assert not hasattr(module, "NoSuchName")


def members() -> dict[str, Any]:
    """Return every public class, function, method and property of the package by its name."""
    found: dict[str, Any] = {}
    for name in openai_steps.__all__:
        value = getattr(openai_steps, name)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        found[name] = value
        for owner in value.__mro__ if inspect.isclass(value) else ():
            if owner.__module__.startswith("openai_steps"):
                for key, member in vars(owner).items():
                    if not key.startswith("_") and isinstance(member, classmethod | staticmethod | property):
                        found[f"{name}.{key}"] = getattr(member, "__func__", member)
                    elif not key.startswith("_") and inspect.isfunction(member):
                        found[f"{name}.{key}"] = member
    return found


MEMBERS = members()
FUNCTIONS = {name: value for name, value in MEMBERS.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in MEMBERS.items() if inspect.isclass(value)}


def sections(doc: str) -> dict[str, str]:
    parts = re.split(r"^(Args|Attributes|Yields|Returns|Raises):\n", doc, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(section: str) -> list[str]:
    return re.findall(r"^    (\w+): \S", section, flags=re.MULTILINE)


def parameters(function: Any) -> list[str]:
    names = list(inspect.signature(function).parameters)
    return [name.lstrip("*") for name in names if name not in ("self", "cls")]


@pytest.mark.parametrize("name", MEMBERS)
def test_everything_public_has_a_docstring_of_one_sentence_and_more(name: str) -> None:
    doc = inspect.cleandoc(MEMBERS[name].__doc__ or "")
    first, _, rest = doc.partition("\n")
    assert re.search(r"[.:]$", first), f"{name}: {first!r} is no sentence"
    assert not rest or rest.startswith("\n"), f"{name}: the first line stands alone"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_documented_in_order(name: str) -> None:
    function = FUNCTIONS[name]
    told = sections(inspect.cleandoc(function.__doc__ or ""))
    assert documented(told.get("Args", "")) == parameters(function)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_generators_tell_what_they_yield_and_verbs_what_they_raise(name: str) -> None:
    function = FUNCTIONS[name]
    told = sections(inspect.cleandoc(function.__doc__ or ""))
    assert ("Yields" in told) is str(inspect.signature(function).return_annotation).startswith("AsyncGenerator")
    if name.startswith(("AsyncStepsClient.", "structure_")) and parameters(function):
        assert "Raises" in told


@pytest.mark.parametrize(
    "name", [name for name, cls in CLASSES.items() if "__init__" in vars(cls) and not attrs.has(cls)]
)
def test_every_argument_of_a_class_is_documented(name: str) -> None:
    cls = CLASSES[name]
    inherited = {"message"}  # told once, in StepsError
    told = sections(inspect.cleandoc(cls.__doc__ or ""))
    named = documented(told.get("Args", "") + told.get("Attributes", ""))
    if not getattr(cls, "_is_protocol", False):
        assert set(parameters(cls)) - inherited <= set(named)


def test_constants_and_aliases_have_a_docstring_below_them() -> None:
    wanted = set(openai_steps.__all__) - set(MEMBERS)
    found = set()
    for path in Path(openai_steps.__file__).parent.rglob("*.py"):
        body = ast.parse(path.read_text("utf-8")).body
        for statement, follower in pairwise(body):
            is_text = isinstance(follower, ast.Expr) and isinstance(follower.value, ast.Constant)
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and is_text:
                found.add(statement.target.id)
    assert wanted <= found
    assert wanted >= {"Order", "PROVIDERS", "ToolCall"}


def test_the_versions_agree() -> None:
    assert version("openai-steps") == VERSION


def test_the_package_is_typed() -> None:
    assert (Path(openai_steps.__file__).parent / "py.typed").read_bytes() == b""
