"""Run every client at every job, in turn, and print ratios of medians.

usage: python tests/bench [--rounds N] [--peers FOLDER] [--write]

Machines are noisy: within a round the clients take turns, so that noise hits all alike, and only ratios are worth
quoting. Each peer gets a virtual environment of its own. ``--write`` also writes the table and the picture of the page
on performance.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
import venv
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from picture import draw_bars

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
PEERS = {"openai": "openai[aiohttp]", "azure": "azure-ai-agents aiohttp"}  # their newest releases
NAMES = {"ours": "openai_steps", "floor": "plain dicts", "openai": "openai", "azure": "azure-ai-agents"}


@frozen(kw_only=True)
class Row:
    """One line of the table: a job, what counts in it, and what is divided by what."""

    title: str
    job: str
    figure: str  # cpu, clock or mib
    inverse: bool = False  # the other's divided by ours
    against: str
    delay: float = 0.0
    goal: str


ROWS = (
    Row(title="stream: their CPU / ours", job="stream", figure="cpu", inverse=True, against="openai", goal="10.5"),
    Row(title="stream: their CPU / ours", job="stream", figure="cpu", inverse=True, against="azure", goal=""),
    Row(title="stream: our CPU / theirs", job="stream", figure="cpu", against="floor", goal="at most 1.4"),
    Row(title="touch: our CPU / theirs", job="touch", figure="cpu", against="floor", goal="at most 1.9"),
    Row(
        title="fleet: their CPU / ours",
        job="fleet",
        figure="cpu",
        inverse=True,
        against="openai",
        delay=0.05,
        goal="10.5",
    ),
    Row(title="fleet: our CPU / theirs", job="fleet", figure="cpu", against="floor", delay=0.05, goal=""),
    Row(title="collect: time", job="collect", figure="clock", against="floor", delay=0.05, goal="at most 0.58"),
    Row(title="slow consumer: time", job="slow", figure="clock", against="floor", delay=0.05, goal="at most 0.60"),
    Row(title="import: CPU", job="import", figure="cpu", against="floor", goal="at most 1.35"),
    Row(title="import: CPU", job="import", figure="cpu", against="openai", goal=""),
    Row(title="100,000 steps: peak memory, MiB more", job="long", figure="mib", against="floor", goal="at most 15"),
)

# Jobs of ours alone: the key of the figure, what it is, its unit, and the goal.
ALONE = (
    ("growth", "CPU per step of 100,000, of that of 1,000", "", "at most 1.15"),
    ("odd", "a page with one odd tool in a hundred steps, of a plain page", "", "at most 1.05"),
    ("block", "a page of 64 MiB holds the loop", " s", "at most 0.4 s"),
    ("million", "memory for a walk of 1,000,000 steps", " MiB", "at most 60 MiB"),
)

Figures = dict[tuple[str, str], list[dict[str, float]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=Path, default=HERE.parent.parent / ".nox" / "bench-peers")
    parser.add_argument("--write", action="store_true", help="write the table and the picture into docs/")
    asked = parser.parse_args()
    pythons = {"ours": sys.executable, "floor": sys.executable}
    pythons |= {name: make_peer(asked.peers / name, wants) for name, wants in PEERS.items()}
    NAMES.update({name: f"{NAMES[name]} {version_of(NAMES[name], pythons[name])}" for name in PEERS})
    figures = run(pythons, asked.rounds)
    table = make_table(figures)
    print(table)
    if asked.write:
        (DOCS / "performance_figures.md").write_text(table)
        (DOCS / "_static" / "performance.svg").write_text(draw_bars(*bars(figures)))


def make_peer(folder: Path, wants: str) -> str:
    """Return the Python of a virtual environment with a peer in it."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wants.split()], check=True)
    return str(python)


def version_of(distribution: str, python: str) -> str:
    """Return the version of what is installed for another Python."""
    script = f"from importlib.metadata import version; print(version({distribution!r}))"
    return subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout.strip()


def run(pythons: dict[str, str], rounds: int) -> Figures:
    """Run all rounds; return the figures by client and job."""
    figures: Figures = defaultdict(list)
    alone = {job: 0.0 for job, *_ in ALONE}
    delays = {row.job: row.delay for row in ROWS} | alone
    wanted = {(client, row.job) for row in ROWS for client in ("ours", row.against)} | {("ours", job) for job in alone}
    with serving(0.0) as quick, serving(0.05) as slow:
        for number in range(rounds):
            for client, job in sorted(wanted, key=lambda pair: pair[::-1]):
                port = slow if delays[job] else quick
                command = [pythons[client], str(HERE / "work.py"), client, job, str(port)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                figures[client, job].append(json.loads(done.stdout))
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return figures


@contextmanager
def serving(delay: float) -> Iterator[int]:
    """Run the server in a process of its own; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(HERE / "server.py"), str(port), "--delay", str(delay)])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def make_table(figures: Figures) -> str:
    """Return the table as Markdown."""
    lines = ["| | compared with | ratio | lowest to highest | goal |", "|---|---|---|---|---|"]
    for row in ROWS:
        ours, other = ([per_step(run, row) for run in figures[client, row.job]] for client in ("ours", row.against))
        if row.inverse:
            ours, other = other, ours
        compare = operator.sub if row.figure == "mib" else operator.truediv
        middle = compare(statistics.median(ours), statistics.median(other))
        each = [compare(a, b) for a, b in zip(ours, other, strict=True)]
        shown = show(middle, row)
        spread = f"{show(min(each), row)} to {show(max(each), row)}"
        lines.append(f"| {row.title} | {NAMES[row.against]} | **{shown}** | {spread} | {row.goal} |")
    for job, title, unit, goal in ALONE:
        found = [run[job] for run in figures["ours", job]]
        spread = f"{min(found):.2f} to {max(found):.2f}"
        lines.append(f"| {title} | | **{statistics.median(found):.2f}{unit}** | {spread} | {goal} |")
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {len(figures['ours', 'stream'])} rounds."
    return "\n".join([*lines, "", machine, ""])


def per_step(run: dict[str, float], row: Row) -> float:
    """Return what counts in this row: seconds for each step (or import), or memory as it is."""
    return run[row.figure] if row.figure == "mib" else run[row.figure] / max(run["steps"], 1)


def show(ratio: float, row: Row) -> str:
    if row.figure == "mib":
        return f"{ratio:+.0f} MiB"
    return f"1/{1 / ratio:.1f}" if ratio < 0.4 else f"{ratio:.1f}" if ratio > 4 else f"{ratio:.2f}"


def bars(figures: Figures) -> tuple[str, dict[str, float]]:
    """Return the title and the bars of the picture."""
    micro = {
        NAMES[client]: statistics.median(run["cpu"] / run["steps"] * 1e6 for run in figures[client, "stream"])
        for client in ("floor", "ours", "openai", "azure")
    }
    return "Microseconds of CPU per step, streaming 10,000 steps", micro


if __name__ == "__main__":
    main()
