"""The call as a program in Python, curl and TypeScript that runs as pasted, whatever the values are. Pure.

No snippet has a key in it. They read through this console, whose token they take from an environment variable.
"""

from __future__ import annotations

import json
import shlex
from typing import Any, Final

from attrs import evolve

from openai_steps._arguments import MAX_PAGE_SIZE
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._http.requests import list_request
from openai_steps.console._form import Call

TOKEN_VARIABLE: Final = "OPENAI_STEPS_CONSOLE_TOKEN"  # noqa: S105 - a name


def snippets(call: Call, *, base_url: str, whole: bool) -> dict[str, str]:
    """Return the call in each language.

    Args:
        call: What to ask for.
        base_url: The base URL to ask.
        whole: Whether to follow the cursors to the end, instead of reading one page.
    """
    return {
        "Python": _python(call, base_url, whole=whole),
        "curl": _curl(call, base_url, whole=whole),
        "TypeScript": _typescript(call, base_url, whole=whole),
    }


def _python(call: Call, base_url: str, *, whole: bool) -> str:
    query = {("page_size" if whole and name == "limit" else name): value for name, value in call.query.items()}
    arguments = [_literal(call.thread_id), _literal(call.run_id)]
    arguments += [f"{name}={_literal(value)}" for name, value in query.items()]
    read = f"client.{'iter_steps' if whole else 'list_steps_page'}({', '.join(arguments)})"
    loop = f"async for step in {read}:" if whole else f"page = await {read}\n        for step in page.data:"
    return f"""\
import asyncio
import os

from openai_steps import AsyncStepsClient


async def main() -> None:
    token = os.environ[{_literal(TOKEN_VARIABLE)}]
    async with AsyncStepsClient(base_url={_literal(base_url)}, api_key=token) as client:
        {loop}
            print(step.id, step.type, step.status)


asyncio.run(main())
"""


def _curl(call: Call, base_url: str, *, whole: bool) -> str:
    asked = evolve(call, limit=call.limit or MAX_PAGE_SIZE) if whole else call
    url = list_request(Endpoint.compatible(base_url), asked.thread_id, asked.run_id, **asked.query).url
    note = "# curl follows no cursors: this is one page.\n" if whole else ""
    # In single quotes a shell changes nothing.
    return f'{note}curl -fsS -g -H "Authorization: Bearer ${TOKEN_VARIABLE}" \\\n  {shlex.quote(url)}\n'


def _typescript(call: Call, base_url: str, *, whole: bool) -> str:
    options = _literal({"thread_id": call.thread_id, **call.query})
    read = f"client.beta.threads.runs.steps.list({_literal(call.run_id)}, {options})"
    loop = (
        f"for await (const step of {read}) {{"
        if whole
        else f"const page = await {read};\nfor (const step of page.data) {{"
    )
    return f"""\
import OpenAI from "openai";

const client = new OpenAI({{ baseURL: {_literal(base_url)}, apiKey: process.env.{TOKEN_VARIABLE} }});
{loop}
  console.log(step.id, step.type, step.status);
}}
"""


def _literal(value: Any) -> str:
    """Return a value as JSON, which Python and TypeScript read alike, with unsafe characters escaped."""
    return json.dumps(value, ensure_ascii=False)


def token_line(token: str) -> str:
    """Return the shell command that sets the token."""
    return f"export {TOKEN_VARIABLE}={shlex.quote(token)}"
