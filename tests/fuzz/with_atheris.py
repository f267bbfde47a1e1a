"""Fuzzing by coverage, for as long as you like: ``pip install atheris; python tests/fuzz/with_atheris.py page``.

Further arguments go to libFuzzer, such as ``-max_total_time=3600``. What it finds interesting it keeps in
``fuzz-corpus/`` below the system's folder for temporary files; what it finds wrong it writes to the current folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["openai_steps"]):
    from targets import CORPUS, DICTIONARY, TARGETS


def main() -> None:
    name, *options = sys.argv[1:] or ["page"]
    corpus = Path(tempfile.gettempdir()) / "fuzz-corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate([*CORPUS, *DICTIONARY]):
        (corpus / f"seed-{number}").write_bytes(body)
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
