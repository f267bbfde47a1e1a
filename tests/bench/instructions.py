"""How many instructions a step takes, which no busy machine changes: `python tests/bench/instructions.py`.

Needs valgrind. A program decodes one page of a hundred steps some times, and some times more: the difference, divided
by the steps, is what one of them takes, without the program's start.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
FEW, MORE, STEPS = 20, 60, 100
SETUP = f"""import sys
sys.path.insert(0, {str(FOLDER)!r})
from server import page
body = page(10_000, {STEPS}, 'asc', None)
"""
WORK = {
    "orjson, to plain dicts": "import orjson\nfor _ in range({times}): orjson.loads(body)",
    "this package, to models": "from openai_steps import StepPage\nfrom openai_steps._json.decoder import decode\n"
    "for _ in range({times}): decode(body, StepPage)",
    "… and what each step did": "from openai_steps import StepPage\nfrom openai_steps._json.decoder import decode\n"
    "for _ in range({times}):\n    for step in decode(body, StepPage).data: step.step_details",
}


def count(program: str) -> int:
    """Return how many instructions a Python with this program takes."""
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        done = subprocess.run([*valgrind, sys.executable, "-c", program], check=True, capture_output=True, text=True)
    (collected,) = re.findall(r"Collected : (\d+)", done.stderr)
    return int(collected)


def main() -> None:
    for name, work in WORK.items():
        few, more = (count(SETUP + work.format(times=times)) for times in (FEW, MORE))
        print(f"{(more - few) / (MORE - FEW) / STEPS:9,.0f}  {name}")


if __name__ == "__main__":
    main()
