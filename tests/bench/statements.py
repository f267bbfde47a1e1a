"""Count statements: how much code there is, whatever its layout. Docstrings, comments and blank lines do not count.

``python tests/bench/statements.py [FOLDER]`` counts the core, room by room.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "openai_steps"


def statements(source: str) -> int:
    return sum(isinstance(node, ast.stmt) and not _is_docstring(node) for node in ast.walk(ast.parse(source)))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def of_core(package: Path) -> Counter[str]:
    """Return the statements of each room of the core: private modules and folders, and ``__init__``."""
    counted: Counter[str] = Counter()
    for path in package.rglob("*.py"):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if room.startswith("_") and room != "__main__":
            counted[room] += statements(path.read_text("utf-8"))
    return counted


if __name__ == "__main__":
    rooms = of_core(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE)
    for room, count in rooms.most_common():
        print(f"{count:6,}  {room}")
    print(f"{rooms.total():6,}  in all")
