"""The official clients read a whole archive that is served again: threads, runs, messages, steps and files."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from test_peers_threads import Nobody
from thread_samples import BODIES, write_archive

from openai_steps.archive import Archive, ArchiveWriter
from openai_steps.archive._layout import content_file
from openai_steps.archive._store import ArchiveStore
from openai_steps.emulator import Emulator

PICTURE = bytes(range(256)) * 9
FILE = {"id": "assistant-plot1", "object": "file", "bytes": len(PICTURE), "created_at": 1, "filename": "plot.png"}
WANTED = {
    thread_id: {
        "runs": [run["id"] for run in body["runs"]],
        "messages": [message["id"] for message in body["messages"]],
        "steps": [step["id"] for own in body["steps"].values() for step in own],
    }
    for thread_id, body in BODIES.items()
}


@asynccontextmanager
async def served(folder: Path, profile: str, *, objects: bool = True) -> AsyncIterator[str]:
    """Serve an archive of three threads, a fourth that is empty, and a file; give the address."""
    write_archive(folder, objects=objects)
    with ArchiveWriter(folder, server={"provider": "x", "base_url": "http://x"}, asked={"include": []}) as writer:
        checksum = sha256(PICTURE).hexdigest()
        content_file(folder, checksum).parent.mkdir(exist_ok=True)
        content_file(folder, checksum).write_bytes(PICTURE)
        about = {**FILE, "purpose": "assistants_output", "status": "processed"}
        writer.add_file("assistant-plot1", json.dumps(about).encode(), sha256=checksum, size=len(PICTURE))
        writer.add_thread("thread_empty", b'{"id":"thread_empty","object":"thread","created_at":1}', [])
        writer.complete()
    with Archive(folder) as archive:
        emulator = Emulator(store=ArchiveStore(archive), profile=profile, recorded=True)
        async with emulator.serve() as base_url:
            yield base_url


@pytest.mark.parametrize("objects", [True, False])
@pytest.mark.parametrize(("profile", "strict"), [("compatible", True), ("openai", True), ("openai", False)])
async def test_openai(tmp_path: Path, profile: str, strict: bool, objects: bool) -> None:
    openai = pytest.importorskip("openai", reason="openai is of the group peers")
    warnings.simplefilter("ignore", DeprecationWarning)  # pytest brings back what it was
    async with (
        served(tmp_path / "a", profile, objects=objects) as base_url,
        openai.AsyncOpenAI(
            api_key="key", base_url=base_url, max_retries=0, _strict_response_validation=strict
        ) as client,
    ):
        threads = client.beta.threads
        # The others have kinds of tools and calls that are Azure's, and not in OpenAI's schema.
        for thread_id, wanted in [("thread_weather", WANTED["thread_weather"])] if strict else WANTED.items():
            assert (await threads.retrieve(thread_id)).id == thread_id
            runs = [run async for run in threads.runs.list(thread_id, order="asc", limit=1)]
            assert [run.id for run in runs] == wanted["runs"]
            assert [await threads.runs.retrieve(run.id, thread_id=thread_id) for run in runs] == runs
            messages = [message async for message in threads.messages.list(thread_id, order="asc", limit=2)]
            assert [message.id for message in messages] == wanted["messages"]
            assert await threads.messages.retrieve(messages[0].id, thread_id=thread_id) == messages[0]
            steps = []
            for run in runs:
                listed = threads.runs.steps.list(run.id, thread_id=thread_id, order="asc", limit=1)
                found = [step async for step in listed]
                one = await threads.runs.steps.retrieve(found[0].id, run_id=run.id, thread_id=thread_id)
                assert one == found[0]
                steps += [step.id for step in found]
            assert steps == wanted["steps"]
        assert [message async for message in threads.messages.list("thread_empty")] == []
        file = await client.files.retrieve("assistant-plot1")
        content = await client.files.content("assistant-plot1")
        assert (file.filename, content.content) == ("plot.png", PICTURE)


@pytest.mark.parametrize("profile", ["compatible", "openai", "azure_openai_v1"])
async def test_the_ids_of_an_empty_page_are_texts_as_the_schema_requires(tmp_path: Path, profile: str) -> None:
    headers = {"OpenAI-Beta": "assistants=v2", "api-key": "key", "Authorization": "Bearer key"}
    async with served(tmp_path / "a", profile) as base_url, aiohttp.ClientSession(headers=headers) as session:
        for path in ("/threads/thread_empty/messages", "/threads/thread_empty/runs"):
            async with session.get(
                base_url + path, headers={"api-key": "key", "Authorization": "Bearer key"}
            ) as answer:
                page = await answer.json()
            assert page == {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}


async def test_azure_ai_agents(tmp_path: Path) -> None:
    agents = pytest.importorskip("azure.ai.agents.aio", reason="azure-ai-agents is of the group peers")
    policies = pytest.importorskip("azure.core.pipeline.policies")
    over_http = policies.HeadersPolicy({"Authorization": "Bearer token"})  # its own policy wants TLS
    async with (
        served(tmp_path / "a", "azure_foundry") as base_url,
        agents.AgentsClient(endpoint=base_url, credential=Nobody(), authentication_policy=over_http) as client,
    ):
        assert {thread.id async for thread in client.threads.list()} == {*WANTED, "thread_empty"}
        for thread_id, wanted in WANTED.items():
            assert (await client.threads.get(thread_id)).id == thread_id
            runs = [run async for run in client.runs.list(thread_id, order="asc", limit=1)]
            assert [run.id for run in runs] == wanted["runs"]
            listed = client.messages.list(thread_id, order="asc", limit=2)
            assert [message.id async for message in listed] == wanted["messages"]
            steps = [
                step.id for run in runs async for step in client.run_steps.list(thread_id, run.id, order="asc", limit=1)
            ]
            assert steps == wanted["steps"]
        assert [message async for message in client.messages.list("thread_empty")] == []
        content = b"".join([part async for part in await client.files.get_content("assistant-plot1")])
        assert content == PICTURE


READ = """import OpenAI from "openai";
const client = new OpenAI({ baseURL: process.argv[2], apiKey: "unused", maxRetries: 0 });
const threads = client.beta.threads, told = {};
const all = async (list) => { const found = []; for await (const item of list) found.push(item); return found; };
for (const id of process.argv.slice(3)) {
  await threads.retrieve(id);
  const runs = await all(threads.runs.list(id, { order: "asc", limit: 1 }));
  const messages = await all(threads.messages.list(id, { order: "asc", limit: 2 }));
  const steps = [];
  for (const run of runs) {
    if ((await threads.runs.retrieve(run.id, { thread_id: id })).status !== run.status) throw run;
    steps.push(...await all(threads.runs.steps.list(run.id, { thread_id: id, order: "asc", limit: 1 })));
  }
  for (const message of messages) await threads.messages.retrieve(message.id, { thread_id: id });
  told[id] = Object.fromEntries(Object.entries({ runs, messages, steps }).map(([k, v]) => [k, v.map((i) => i.id)]));
}
const file = await client.files.retrieve("assistant-plot1");
const bytes = await (await client.files.content(file.id)).arrayBuffer();
console.log(JSON.stringify({ told, filename: file.filename, bytes: bytes.byteLength }));
"""


def node_modules() -> Path:
    """Return the folder with openai-node: CONSOLE_NODE names the one around it."""
    folder = Path(os.environ.get("CONSOLE_NODE", "nowhere"), "node_modules")
    if shutil.which("node") is None or not (folder / "openai").is_dir():
        pytest.skip("CONSOLE_NODE names no folder with openai-node: nox -s console has one")
    return folder


@pytest.mark.parametrize("profile", ["compatible", "openai"])
async def test_openai_node(tmp_path: Path, profile: str) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules())
    script = tmp_path / "read.mjs"
    script.write_text(READ)
    async with served(tmp_path / "a", profile) as base_url:
        process = await asyncio.create_subprocess_exec(
            "node", str(script), base_url, *WANTED, "thread_empty", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    found: dict[str, Any] = json.loads(output)
    empty: dict[str, list[str]] = {"runs": [], "messages": [], "steps": []}
    assert found["told"] == {**WANTED, "thread_empty": empty}
    assert (found["filename"], found["bytes"]) == ("plot.png", len(PICTURE))
