"""What one page of a hundred steps costs without a network, by pyperf: `python tests/bench/micro.py --fast`."""

from __future__ import annotations

import orjson
import pyperf
from server import page

from openai_steps import StepPage, dumps, structure_page
from openai_steps._json.decoder import decode
from openai_steps._walks.start import start_walk
from openai_steps._walks.trust import Trust

BODY = page(10_000, 100, "asc", None)
RAW = orjson.loads(BODY)
PAGE = structure_page(RAW)
TRUST = Trust()


def main() -> None:
    runner = pyperf.Runner()
    runner.bench_func("orjson alone", orjson.loads, BODY, inner_loops=1)
    runner.bench_func("JSON text to models", decode, BODY, StepPage, inner_loops=1)
    runner.bench_func("JSON objects to models", structure_page, RAW, inner_loops=1)
    runner.bench_func("models to JSON text", dumps, PAGE, inner_loops=1)
    runner.bench_func("one step of a walk", lambda: start_walk(order="asc", trust=TRUST).feed(PAGE), inner_loops=1)


if __name__ == "__main__":
    main()
