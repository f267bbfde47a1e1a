# /// script
# dependencies = ["nox>=2025.5.1", "packaging"]
# ///
"""Every check of this project, each in a virtual environment of its own: ``nox -l`` lists them.

``nox`` alone runs what a developer needs before a change is sent. GitHub's workflow runs ``tests`` for each Python, and
for one of them on Windows and macOS; and ``lint``, ``typing``, ``docs``, ``build``, ``lowest`` and ``audit``. Another
runs ``outputs``, ``ragas``, ``backends``, ``console`` and ``walks`` once a week. Read the Docs runs ``docs``.
``.ci/run`` runs the README's own command instead of ``tests``, what that skips without the peers and examples, and then
``lint``, ``typing`` and ``docs``. Only people run ``bench`` and ``compare``, whose figures go into the documentation.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "typing", "tests", "docs", "build"]
nox.options.error_on_missing_interpreters = False  # the versions that are there are tested

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)  # from the classifiers
EXTRAS = ",".join(PYPROJECT["project"]["optional-dependencies"])


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests against the installed package and report the branches that they cover."""
    _install(session, "test", "--group", "peers", "--group", "examples")
    if session.python == PYTHONS[0]:  # they are the same files on each
        _install_prices(session)
    _test(session)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that pyproject.toml allows."""
    constraints = Path(session.create_tmp()) / "lowest.txt"
    constraints.write_text("\n".join(_lowest_versions()) + "\n")
    _install(session, "test", "--constraint", str(constraints))
    session.run("pip", "list")
    _test(session)


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Look for mistakes and for lines that are not formatted."""
    session.install("--group", "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session(python=PYTHONS[0])
def typing(session: nox.Session) -> None:
    """Check the types, as mypy and as pyright see them, and that all public ones are known."""
    _install(session, "typing")
    session.run("mypy", "--cache-dir", str(Path(session.create_tmp()) / "mypy"))  # it trips over another environment's
    session.run("pyright")
    session.run("pytest", "-q", "-p", "no:cacheprovider", "tests/typing")  # both checkers, on what users may write


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning or a link to nowhere is an error."""
    _install(session, "docs")
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session(python=PYTHONS[0])
def console(session: nox.Session) -> None:
    """Check the console with what npm has: the types of its scripts, openai-node for its code, axe-core for its page.

    FOLLOW_SECONDS=3600 follows a live run for an hour.
    """
    _install(session, "test")
    folder = session.create_tmp()
    session.run("npm", "install", "--prefix", folder, "openai", "typescript", "axe-core", external=True)
    compiler = str(Path(folder) / "node_modules" / ".bin" / "tsc")
    options = ["--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022", "--module", "es2022"]
    options += ["--lib", "es2022,dom,dom.iterable"]
    session.run(compiler, *options, "openai_steps/console/assets/main.js", external=True)
    session.env["CONSOLE_NODE"] = folder
    session.run("pytest", "tests/console", "tests/gateway/test_gateway_clients.py", "tests/peers", *session.posargs)


@nox.session(python=PYTHONS[0])
def walks(session: nox.Session) -> None:
    """Lead walks through the whole matrix of servers, lists and cursors: half an hour; or a part, as ``-- 0.1``."""
    _install(session, "test")
    session.run("python", "tests/walks/matrix.py", *(session.posargs or ["1"]))


@nox.session(python=PYTHONS[0])
def build(session: nox.Session) -> None:
    """Make sdist and wheel, look into them, and run the demo from the wheel in an empty environment.

    With ``-- release`` it is an error if the package has no public address yet.
    """
    session.install("--group", "build")
    dist = Path(session.create_tmp()) / "dist"
    session.run("python", "-m", "build", "--outdir", str(dist), silent=True)
    wheel, sdist = _newest(dist, "*.whl"), _newest(dist, "*.tar.gz")
    session.run("twine", "check", "--strict", str(wheel), str(sdist))
    session.run("check-wheel-contents", str(wheel))
    for name in sorted(zipfile.ZipFile(wheel).namelist()):
        session.log(name)
    _check_readme(session, wheel)
    empty = Path(session.create_tmp()) / "empty"
    session.run("python", "-m", "venv", "--clear", str(empty))
    session.run(str(empty / "bin" / "python"), "-m", "pip", "install", "-q", f"{wheel}[cli]", external=True)
    session.run(str(empty / "bin" / "openai-steps"), "demo", external=True)


@nox.session(python=PYTHONS[0])
def audit(session: nox.Session) -> None:
    """Ask whether a dependency has a known vulnerability."""
    _install(session, "audit")
    asked = session.run(
        "pip-audit", "--skip-editable", "--progress-spinner", "off", success_codes=range(256), silent=True
    )
    shown = str(asked).strip()
    if "ConnectionError" in shown or re.search(r"^aiohttp .*could not be audited", shown, re.M):
        session.skip("the database of vulnerabilities cannot be reached from here")
    session.log(shown)
    if "No known vulnerabilities found" not in shown:
        session.error("pip-audit found something")


@nox.session(python=PYTHONS[0])
def bench(session: nox.Session) -> None:
    """Measure this client and its peers at the same work on loopback."""
    _install(session, "bench")
    session.run("python", "tests/bench/micro.py", "--fast", "--quiet")
    session.run("python", "tests/bench", *session.posargs)


@nox.session(python=PYTHONS[0])
def compare(session: nox.Session) -> None:
    """Measure what other clients do, for the page on them."""
    _install(session, "peers")
    session.run("python", "tests/comparison/measure.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def outputs(session: nox.Session) -> None:
    """Show what others make of our rows: azure-ai-evaluation and DeepEval."""
    _install(session, "outputs")
    session.env["DEEPEVAL_TELEMETRY_OPT_OUT"] = "YES"
    session.run("pytest", "-p", "no:cacheprovider", "tests/evaluation", *session.posargs)


@nox.session(python=PYTHONS[0])
def ragas(session: nox.Session) -> None:
    """Show what Ragas makes of our rows: it needs an older langchain-community than others bring."""
    _install(session, "ragas")
    session.run("pytest", "-p", "no:cacheprovider", "tests/evaluation/test_evaluation_formats.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def backends(session: nox.Session) -> None:
    """Send traces to a Phoenix and an MLflow of their own, and compare what they stored with the truth."""
    _install(session, "backends")
    session.run("pytest", "-W", "default", "tests/otel/test_otel_backends.py", *session.posargs)


def _install(session: nox.Session, group: str, *options: str) -> None:
    session.install(f".[{EXTRAS}]", "--group", group, *options)


def _install_prices(session: nox.Session) -> None:
    session.install("--no-deps", "--no-compile", "--group", "prices")


def _test(session: nox.Session) -> None:
    # A safe path leaves the checkout out of sys.path, so that the installed package is what is tested.
    session.env["PYTHONSAFEPATH"] = "1"
    session.env["COVERAGE_FILE"] = str(Path(session.create_tmp()) / "coverage")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "report")


def _check_readme(session: nox.Session, wheel: Path) -> None:
    """Check that the README, as a package index shows it, has no link that only a checkout can follow."""
    with zipfile.ZipFile(wheel) as package:
        (name,) = (name for name in package.namelist() if name.endswith(".dist-info/METADATA"))
        metadata, _, readme = package.read(name).decode().partition("\n\n")
    source = PYPROJECT["project"]["urls"]["Source"]
    for link in re.findall(r"\]\(([^)]+)\)", readme):
        path = link.removeprefix(f"{source}/").partition("#")[0]
        if not link.startswith("https://") or (link.startswith(source) and not (ROOT / path).is_file()):
            session.error(f"The README links to {link}, which leads nowhere from a package index.")
    placeholders = sorted(set(re.findall(r"https://[\w.-]+\.example\b", metadata + readme)))
    if "release" in session.posargs and placeholders:
        session.error(f"{', '.join(placeholders)}: put the real addresses into pyproject.toml.")


def _lowest_versions() -> list[str]:
    """Return a constraint ``name==version`` for each ``name>=version`` among the dependencies and extras."""
    project = PYPROJECT["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    return [
        f"{requirement.name}=={bound.version}"
        for requirement in map(Requirement, texts)
        for bound in requirement.specifier
        if bound.operator == ">="
    ]


def _newest(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
