"""How much CPU the command takes to start, beyond Python's own: `python tests/bench/startup.py [ROUNDS]`."""

import resource
import statistics
import subprocess
import sys

COMMANDS = {"--version": ["--version"], "--help": ["--help"], "list --help": ["list", "--help"]}


def cpu_of(*arguments: str) -> float:
    """Return the milliseconds of CPU that a Python with these arguments takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    figures: dict[str, list[float]] = {name: [] for name in ("python", "click", *COMMANDS)}
    for _ in range(rounds):  # in turn, so that a busy moment is everybody's
        figures["python"].append(cpu_of("-c", ""))
        figures["click"].append(cpu_of("-c", "import click"))
        for name, arguments in COMMANDS.items():
            figures[name].append(cpu_of("-m", "openai_steps", *arguments))
    own = statistics.median(figures["python"])
    print(f"{own:6.0f} ms  Python's own")
    for name in list(figures)[1:]:
        print(f"{statistics.median(figures[name]) - own:6.0f} ms  {name}")


if __name__ == "__main__":
    main()
