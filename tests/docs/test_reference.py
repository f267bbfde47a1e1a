"""Every public name has its place in the reference, and the pages lead only to files that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import FunctionType

import pytest

import openai_steps

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"

DOCUMENTED = re.compile(r"^\.\. auto(?:class|function|data|exception|type):: (\w+)", re.M)


def documented(*pages: Path) -> list[str]:
    return [name for page in pages for name in DOCUMENTED.findall(page.read_text())]


SUBPACKAGES = (
    *("archive", "console", "conversation", "cost", "doctor", "emulator", "evaluation", "export", "gateway", "history"),
    *("migration", "otel", "tables", "testing", "timeline", "turns"),
)


def test_every_public_name_is_in_the_reference_once() -> None:
    pages = [page for page in sorted(REFERENCE.glob("*.md")) if page.stem not in SUBPACKAGES]
    assert sorted(documented(*pages)) == sorted(openai_steps.__all__)


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_every_public_name_of_a_subpackage_is_on_its_page(name: str) -> None:
    try:
        package = import_module(f"openai_steps.{name}")
    except ImportError as error:
        pytest.skip(str(error))  # its extra is not installed
    assert set(package.__all__) <= set(documented(REFERENCE / f"{name}.md"))


def methods(kind: type) -> Iterator[tuple[type, str]]:
    """The public methods and properties of a class, each with the class that defines it."""
    for base in kind.__mro__:
        if base.__module__.startswith("openai_steps"):
            for name, value in vars(base).items():
                if not name.startswith("_") and isinstance(value, FunctionType | property | classmethod):
                    yield base, name


def test_every_method_of_every_public_class_is_in_the_reference() -> None:
    pages = "".join(page.read_text() for page in sorted(REFERENCE.glob("*.md")))
    by_name = re.findall(r"^\.\. auto(?:method|property):: ([\w.]+)", pages, re.M)
    blocks = re.findall(r"^\.\. auto(?:class|exception):: (\w+)\n((?:   :.*\n)*)", pages, re.M)
    options = {name: set(re.findall(r":([\w-]+):", given)) for name, given in blocks}
    kinds = {name: kind for name in openai_steps.__all__ if isinstance(kind := getattr(openai_steps, name), type)}
    missing = [
        f"{name}.{method}"
        for name, kind in kinds.items()
        for base, method in methods(kind)
        if f"{name}.{method}" not in by_name
        and "members" not in options.get(base.__name__, ())
        and not (base is not kind and "inherited-members" in options[name])
    ]
    assert missing == []


@pytest.mark.parametrize("page", [ROOT / "README.md"], ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    # Sphinx looks after those between the pages of the documentation.
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert links
    assert missing == []


def test_the_changelog_knows_this_version() -> None:
    assert version("openai-steps") in (ROOT / "docs" / "changelog.md").read_text()
