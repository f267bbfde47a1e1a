"""A server of run steps whose pages are serialised once and then sent from memory, so that it costs next to nothing.

usage: server.py PORT [--delay SECONDS]

A run called run_N has N steps: messages, code, functions and file searches with their content, a quarter each.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import random
from typing import Any

import orjson
from aiohttp import web

Details = dict[str, Any]


def message(number: int) -> Details:
    return {"type": "message_creation", "message_creation": {"message_id": f"msg_{number}"}}


def code(number: int) -> Details:
    source = "import pandas as pd\nsales = pd.read_csv('sales.csv')\nprint(sales.describe())\n" * 3
    outputs = [{"type": "logs", "logs": "a  b  c\n1  2  3\n" * 20}, {"type": "image", "image": {"file_id": "file-1"}}]
    return tool_calls(number, "code_interpreter", {"input": source, "outputs": outputs})


def functions(number: int) -> Details:
    call = {"name": "get_weather", "arguments": '{"city":"Paris","unit":"c"}', "output": '{"temperature":20}'}
    return tool_calls(number, "function", call, call)


def file_search(number: int) -> Details:
    results = [
        {
            "file_id": f"file-{place}",
            "file_name": f"report{place}.pdf",
            "score": 0.9 - place / 20,
            "attributes": {},
            "content": [{"type": "text", "text": "so it is written in the report " * 6}],
        }
        for place in range(5)
    ]
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    return tool_calls(number, "file_search", {"ranking_options": ranking, "results": results})


def tool_calls(number: int, kind: str, *payloads: dict[str, Any]) -> Details:
    calls = [{"id": f"call_{number}_{place}", "type": kind, kind: payload} for place, payload in enumerate(payloads)]
    return {"type": "tool_calls", "tool_calls": calls}


KINDS = (message, code, functions, file_search)


@functools.cache
def steps(count: int) -> list[dict[str, Any]]:
    """The steps of a run, oldest first."""
    chance = random.Random(7)
    made = []
    for number in range(count):
        details = KINDS[number % len(KINDS)](number)
        prompt, completion = chance.randrange(5000), chance.randrange(900)
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_token_details": {"cached_tokens": 0},
        }
        made.append(
            {
                "id": f"step_{count}_{number:08d}",
                "object": "thread.run.step",
                "created_at": 1_700_000_000 + number,
                "run_id": f"run_{count}",
                "assistant_id": "asst_bench",
                "thread_id": "thread_bench",
                "type": details["type"],
                "status": "completed",
                "cancelled_at": None,
                "completed_at": 1_700_000_002 + number,
                "expires_at": None,
                "failed_at": None,
                "last_error": None,
                "step_details": details,
                "usage": usage,
            }
        )
    return made


@functools.cache
def page(count: int, limit: int, order: str, after: str | None) -> bytes:
    """One page as JSON text."""
    ordered = steps(count) if order == "asc" else steps(count)[::-1]
    start = 0
    if after is not None:
        number = int(after.rpartition("_")[2])
        start = (number if order == "asc" else count - 1 - number) + 1
    data = ordered[start : start + limit]
    return orjson.dumps(
        {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": start + limit < count,
        }
    )


def application(delay: float) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        if delay:
            await asyncio.sleep(delay)
        count = int(request.match_info["run"].rpartition("_")[2])
        query = request.query
        body = page(count, int(query.get("limit", 20)), query.get("order", "desc"), query.get("after"))
        return web.Response(body=body, content_type="application/json", headers={"x-request-id": "req_bench"})

    app = web.Application()
    app.router.add_get("/{prefix:.*}/threads/{thread}/runs/{run}/steps", answer)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--delay", type=float, default=0.0)
    asked = parser.parse_args()
    web.run_app(application(asked.delay), host="127.0.0.1", port=asked.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
