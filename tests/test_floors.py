"""Each module imports only from below it: see the picture of the house in ``docs/design.md``."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import openai_steps

PACKAGE = Path(openai_steps.__file__).parent

FLOORS = [
    ["_errors", "_models", "_leaves", "_settings", "_headers", "_base_url", "_collector"],
    ["_structuring", "_converter", "_endpoint", "_walk", "_ends", "_retry", "_follow"],
    ["_places", "_fleet", "_gate", "_ahead"],
    ["_auth", "_protocol"],
    ["_clock", "_call", "_admission", "_aiohttp", "_transport"],
    ["_client"],
    ["__init__"],
]
CORE = [name for floor in FLOORS for name in floor]
BESIDE = "emulator"
PRIVATE_FOR_TESTS_ONLY = {"hypothesis", "pytest", "aioresponses"}


def module_name(path: Path) -> str:
    """Return the name inside the package: ``_walk``, ``emulator._store``, ``__init__``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


SOURCES = {module_name(path): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
FOREIGN = {name.split(".")[0] for name in SOURCES} - set(CORE)


def imports(name: str) -> Iterator[str]:
    """Yield the full name of every module that a module imports, wherever in it and however it is written."""
    parents = ["openai_steps", *name.split(".")[:-1]]
    for node in ast.walk(SOURCES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield module
            if module == "openai_steps" or not node.module:  # names of modules, perhaps
                yield from (f"{module}.{alias.name}" for alias in node.names)


def own(name: str) -> set[str]:
    """Return the modules of this package that a module imports, by their first name."""
    found = {module.split(".")[1] for module in imports(name) if module.startswith("openai_steps.")}
    return {first for first in found if first in CORE or first in FOREIGN}


def libraries(name: str) -> set[str]:
    return {module.split(".")[0] for module in imports(name)} - {"openai_steps"} - sys.stdlib_module_names


def test_every_core_module_is_on_a_floor() -> None:
    assert {name for name in SOURCES if "." not in name} == set(CORE)


@pytest.mark.parametrize("name", CORE)
def test_a_core_module_imports_only_those_named_before_it(name: str) -> None:
    assert own(name) <= set(CORE[: CORE.index(name)])


def test_the_check_sees_imports() -> None:
    assert own("_client") >= {"_transport", "_walk", "_models"}
    assert libraries("_transport") >= {"aiohttp"}


@pytest.mark.parametrize("library", ["aiohttp", "yarl", "multidict"])
def test_only_the_transport_touches_the_network(library: str) -> None:
    """And the client names the session's type."""
    users = {name for name in CORE if library in libraries(name)}
    assert users <= {"_aiohttp", "_transport", "_client"}


def test_only_the_converter_knows_cattrs() -> None:
    assert {name for name in CORE if "cattrs" in libraries(name)} == {"_converter", "_structuring"}


@pytest.mark.parametrize("name", ["_errors", "_leaves", "_headers", "_base_url"])
def test_the_ground_floor_needs_no_library(name: str) -> None:
    assert libraries(name) == set()


@pytest.mark.parametrize("name", ["_models", "_settings", "_endpoint", "_walk", "_ends", "_follow"])
def test_values_and_state_machines_need_only_attrs(name: str) -> None:
    assert libraries(name) <= {"attrs"}


IMPURE = {"_fleet", "_ahead", "_collector", "_places"}
PURE = [name for floor in FLOORS[:3] for name in floor if name not in IMPURE] + ["_protocol"]


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_waits_for_nothing_and_rolls_no_die(name: str) -> None:
    assert not {"asyncio", "socket", "random", "time", "threading"} & {module.split(".")[0] for module in imports(name)}
    assert not any(isinstance(node, ast.Await) for node in ast.walk(SOURCES[name]))


@pytest.mark.parametrize("name", [name for name in SOURCES if name.split(".")[0] == BESIDE])
def test_the_emulator_imports_nothing_of_ours(name: str) -> None:
    assert own(name) <= {BESIDE}
    assert "openai_steps" not in set(imports(name))


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_needs_what_only_tests_have(name: str) -> None:
    if name.split(".")[0] != "testing":
        assert not libraries(name) & PRIVATE_FOR_TESTS_ONLY


def loaded_by(script: str) -> set[str]:
    script += "; import sys; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


def test_importing_the_package_loads_no_extra() -> None:
    """A service that only reads steps pays for no terminal, no emulator, no retries before the first."""
    loaded = loaded_by("import openai_steps; openai_steps.AsyncStepsClient")
    assert "openai_steps._client" in loaded
    unwanted = {"click", "rich", "stamina", "tenacity", "pyarrow", "opentelemetry", "distributed", "pytest"}
    assert not loaded & (unwanted | {f"openai_steps.{name}" for name in FOREIGN})


def test_who_only_decodes_does_not_load_the_network() -> None:
    loaded = loaded_by("from openai_steps import structure_page")
    assert "openai_steps._converter" in loaded
    assert not loaded & {"aiohttp", "openai_steps._client", "openai_steps._transport"}
