"""Rooms: imports point down only, and clocks, dice and sockets stay in one room. ``docs/design.md`` has the picture."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import openai_steps

PACKAGE = Path(openai_steps.__file__).parent
TESTS = Path(__file__).parent
ROOT = TESTS.parent

# From the bottom up. A room of the core imports from floors below its own and from itself, never from a neighbour.
FLOORS = [
    {"_errors", "_settings", "_secrets", "_words", "_public", "_version", "_extras", "_files"},
    {"_models"},
    {"_arguments", "_json"},
    {"_endpoint", "_walks"},
    {"_http", "_tasks"},
    {"_sending"},
    {"_client"},
    {"__init__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
CORE = set(FLOOR)
BESIDE = "emulator"  # an oracle that is built on the code under test repeats its mistakes
BOUNDED_SERVER = "_bounded_server"  # of all our servers, the emulator among them
SENDING = "_sending"
LONGEST_MODULE = 400


def module_name(path: Path) -> str:
    """Return the name inside the package: ``_walks.forward``, ``__init__``; a package has the name of its folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


PATHS = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
SOURCES = {name: ast.parse(path.read_text("utf-8")) for name, path in PATHS.items()}
ROOMS = {name.split(".")[0] for name in SOURCES}


def room(name: str) -> str:
    return name.split(".")[0]


def imports(name: str) -> Iterator[str]:
    """Yield the full name of every module that a module imports, wherever in it and however it is written."""
    package = name if PATHS[name].name == "__init__.py" else name.rpartition(".")[0]
    parents = ["openai_steps", *filter(None, package.split("."))]
    for node in ast.walk(SOURCES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def rooms_imported(name: str) -> set[str]:
    """Return the other rooms of this package from which a module imports."""
    found = set()
    for module in imports(name):
        first, _, rest = module.partition(".")
        if first == "openai_steps":
            inside = room(rest)
            found.add(inside if inside in ROOMS else "__init__")
    return found - {room(name)}


def libraries(name: str) -> set[str]:
    return {module.split(".")[0] for module in imports(name)} - {"openai_steps"} - sys.stdlib_module_names


def in_core() -> list[str]:
    return [name for name in SOURCES if room(name) in CORE]


def test_every_room_with_a_private_name_is_on_a_floor() -> None:
    private = {name for name in ROOMS if name.startswith("_")}
    assert private - {"__main__", BOUNDED_SERVER} == CORE


@pytest.mark.parametrize("name", in_core())
def test_imports_point_down(name: str) -> None:
    below = set().union(*FLOORS[: FLOOR[room(name)]])
    assert rooms_imported(name) - {"__init__"} <= below


@pytest.mark.parametrize("name", [name for name in SOURCES if room(name) in (BESIDE, BOUNDED_SERVER)])
def test_the_emulator_imports_nothing_of_ours(name: str) -> None:
    assert rooms_imported(name) <= {BOUNDED_SERVER}


def test_no_imports_lead_round_in_a_circle() -> None:
    """The core's floors forbid it there; this is about the rooms above, which have no order of their own."""
    graph: dict[str, set[str]] = {}
    for name in SOURCES:
        graph.setdefault(room(name), set()).update(rooms_imported(name) - {"__init__"})
    assert len(list(TopologicalSorter(graph).static_order())) == len(ROOMS)  # a CycleError names the circle


def test_the_check_sees_imports() -> None:
    assert rooms_imported("_client.lists") >= {"_walks", "_models", "_tasks"}
    assert libraries("_sending.transport") >= {"aiohttp"}


@pytest.mark.parametrize("library", ["aiohttp", "yarl", "multidict", "stamina"])
def test_only_one_room_touches_the_network(library: str) -> None:
    """The client alone names the type of the session besides."""
    users = {name for name in in_core() if library in libraries(name)}
    assert {room(name) for name in users} <= {SENDING, "_client"}
    assert {name for name in users if room(name) == "_client"} <= {"_client.client"}


def test_only_one_room_knows_cattrs() -> None:
    assert {room(name) for name in in_core() if "cattrs" in libraries(name)} == {"_json"}


CLOCKS_AND_DICE = re.compile(
    r"\b(?:time\.(?:time|monotonic|perf_counter|sleep)\w*|random\.\w+|datetime\.(?:now|utcnow)|date\.today|os\.urandom)\b"
)

# Above the core: what serves, draws on a terminal, writes files, or makes up ids. All else is given the time.
EDGES = {
    *("cli._follow_view", "cli._key", "cli._waiting", "cli.commands.console"),
    *("console._api", "console._app", "gateway._gateway", "emulator._answer"),
    *("archive._batch", "export._cluster_threads", "export._workers", "export.cluster"),
    "otel._ids",
}


def clocks_and_dice(name: str) -> set[str]:
    """Return what a module calls to learn the time or to leave it to chance."""
    calls = {ast.unparse(node) for node in ast.walk(SOURCES[name]) if isinstance(node, ast.Attribute)}
    of_loop = {call for call in calls if re.search(r"loop\(?\)?\.time$", call)}
    of_modules = {module for module in imports(name) if module.split(".")[0] in ("time", "random", "secrets", "uuid")}
    return {call for call in calls if CLOCKS_AND_DICE.fullmatch(call)} | of_loop | of_modules


@pytest.mark.parametrize("name", [name for name in SOURCES if room(name) != SENDING])
def test_clocks_and_dice_are_named_in_one_room_and_at_the_edges(name: str) -> None:
    if name in EDGES:
        assert clocks_and_dice(name)
    else:
        assert clocks_and_dice(name) == set()


def test_the_check_sees_clocks_and_dice() -> None:
    assert any(clocks_and_dice(name) for name in in_core() if room(name) == SENDING)


PURE = [name for name in in_core() if FLOOR[room(name)] < FLOOR["_http"] or room(name) == "_http"]


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_awaits_nothing(name: str) -> None:
    assert not {"asyncio", "socket"} & {module.split(".")[0] for module in imports(name)}
    assert not any(isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for node in ast.walk(SOURCES[name]))


@pytest.mark.parametrize("name", [name for name in in_core() if room(name) == "_tasks"])
def test_tasks_know_no_socket(name: str) -> None:
    assert libraries(name) <= {"attrs"}


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_needs_what_only_tests_have(name: str) -> None:
    if room(name) != "testing":
        assert not libraries(name) & {"hypothesis", "pytest", "aioresponses"}


@pytest.mark.parametrize("name", SOURCES)
def test_no_module_is_long(name: str) -> None:
    assert len(PATHS[name].read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_the_page_on_design_names_every_room() -> None:
    named = set(re.findall(r"`(\w+)/?`", (ROOT / "docs" / "design.md").read_text("utf-8")))
    assert ROOMS - {"__init__", "__main__"} <= named


def has_logic(name: str) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(SOURCES[name]))


def home_of_tests(name: str) -> Path:
    """Return where the tests of a module lie: ``_walks.forward`` has ``walks/test_walks_forward.py``."""
    parts = [part.strip("_") for part in name.split(".")]
    names = parts if len(parts) < 3 else [parts[0], parts[-1]]  # cli.commands.list: commands/test_cli_list.py
    is_package = PATHS[name].name == "__init__.py"
    return Path(*(parts if is_package else parts[:-1]), f"test_{'_'.join(names)}.py")


# Modules whose tests have another home: what a command shows is tested by that command.
TESTED_ELSEWHERE = {
    "__init__": "test_public.py",
    "cli": "cli/test_cli_app.py",
    "cli.__main__": "cli/test_cli_app.py",
    "cli._console": "cli/test_cli_terminal.py",
    "cli._command": "cli/test_cli_app.py",
    "cli._demo_view": "cli/commands/test_cli_demo.py",
    "cli._doctor_view": "cli/commands/test_cli_doctor.py",
    "cli._export_view": "cli/commands/test_cli_export.py",
    "cli._step_view": "cli/commands/test_cli_get.py",
    "cli._streams": "cli/test_cli_terminal.py",
    "cli.commands.tables": "cli/commands/test_cli_tables_command.py",  # there is a test_cli_tables.py already
    "cli._usage_view": "cli/commands/test_cli_usage.py",
}
# These wait for tests of their own.
NOT_YET: set[str] = set()


@pytest.mark.parametrize("name", [name for name in SOURCES if has_logic(name) and name not in NOT_YET])
def test_every_module_with_logic_has_its_test_module(name: str) -> None:
    """Folder for folder, so that who knows the one finds the other."""
    assert (TESTS / TESTED_ELSEWHERE.get(name, home_of_tests(name))).is_file()


def test_no_two_test_modules_share_a_name() -> None:
    names = [path.name for path in TESTS.rglob("test_*.py")]
    assert len(names) == len(set(names))


def loaded_by(script: str) -> set[str]:
    script += "; import sys; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


def test_importing_the_package_loads_no_extra() -> None:
    """A service that only reads steps pays for no terminal, no emulator, no retries before the first."""
    loaded = loaded_by("import openai_steps; openai_steps.AsyncStepsClient")
    assert "openai_steps._client.client" in loaded
    unwanted = {"click", "rich", "stamina", "tenacity", "pyarrow", "opentelemetry", "distributed", "pytest"}
    assert not loaded & (unwanted | {f"openai_steps.{name}" for name in ROOMS - CORE})


def test_who_only_decodes_does_not_load_the_network() -> None:
    loaded = loaded_by("from openai_steps import structure_page")
    assert "openai_steps._json.converter" in loaded
    assert not loaded & {"aiohttp", "openai_steps._client.client", "openai_steps._sending.transport"}
