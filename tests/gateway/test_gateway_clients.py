"""Other clients read through the gateway, with no key, what they would read straight."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from gateway_setup import KEY, STEPS, TOKEN, gateway
from sample_steps import RUN, THREAD, make_steps
from serving import ids

from openai_steps import AsyncStepsClient
from openai_steps.emulator import DIALECTS
from openai_steps.gateway import Gateway

COUNT = 23


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_this_client_reads_the_same(dialect: str) -> None:
    async with gateway(COUNT, dialect=dialect) as served, AsyncStepsClient(base_url=served.base_url) as through:
        for query in ({"limit": 5, "order": "asc"}, {"limit": 5}, {"limit": 5, "order": "asc", "after": "step_0003"}):
            page: dict[str, Any] = query
            pages = [await client.list_steps_page(THREAD, RUN, **page) for client in (served.client, through)]
            # One dialect stamps each answer with its own time.
            straight, read = ((ids(page), page.has_more, page.first_id, page.last_id) for page in pages)
            assert read == straight


async def test_openai_python() -> None:
    openai = pytest.importorskip("openai")
    async with gateway(COUNT, token=TOKEN) as served:
        async with openai.AsyncOpenAI(base_url=served.base_url, api_key=TOKEN) as client:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                pages = client.beta.threads.runs.steps.list(RUN, thread_id=THREAD, limit=7, order="asc")
                read = [step.id async for step in pages]
                missing = client.beta.threads.runs.retrieve("run_2", thread_id=THREAD)
            assert read == [step["id"] for step in make_steps(COUNT)]
            with pytest.raises(openai.NotFoundError):
                await missing
        assert {request.headers["Authorization"] for request in served.emulator.requests} == {f"Bearer {KEY}"}


def tls(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not here to make a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


async def test_azure_ai_agents_over_tls(tmp_path: Path) -> None:
    agents = pytest.importorskip("azure.ai.agents.aio")
    from azure.core.credentials import AccessToken

    class NoCredential:
        async def get_token(self, *_: str, **__: Any) -> AccessToken:
            return AccessToken("unused", 4_000_000_000)

    certificate, context = tls(tmp_path)
    async with gateway(COUNT) as served, Gateway(served.client).serve(ssl_context=context) as base_url:
        assert base_url.startswith("https://")
        client = agents.AgentsClient(base_url, NoCredential(), connection_verify=str(certificate))
        async with client:
            steps = client.run_steps.list(THREAD, RUN, limit=7, order="asc")
            read = [step.id async for step in steps]
        assert read == [step["id"] for step in make_steps(COUNT)]
        assert {request.headers["Authorization"] for request in served.emulator.requests} == {f"Bearer {KEY}"}


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"]}
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl(tmp_path: Path) -> None:
    async with gateway(3) as served:
        url = served.base_url + STEPS.removeprefix("/v1")
        told = json.loads(
            await run(
                "curl",
                "-fsS",
                "-g",
                f"{url}?limit=2&include[]=step_details.tool_calls[*].file_search.results[*].content",
            )
        )
        assert [step["id"] for step in told["data"]] == ["step_0002", "step_0001"]
        path = tmp_path / "s"
        async with Gateway(served.client).serve(socket_path=path):
            told = json.loads(await run("curl", "-fsS", "--unix-socket", str(path), f"http://localhost{STEPS}"))
            assert len(told["data"]) == 3


def openai_node() -> Path | None:
    """Return openai-node, if somebody has it: CONSOLE_NODE names the folder that holds node_modules."""
    folder = Path(os.environ.get("CONSOLE_NODE", "nowhere"), "node_modules", "openai")
    return folder if folder.is_dir() else None


@pytest.mark.skipif(
    openai_node() is None, reason="CONSOLE_NODE names no folder with openai-node: nox -s console has one"
)
async def test_openai_node(tmp_path: Path) -> None:
    folder = openai_node()
    assert folder is not None
    (tmp_path / "node_modules").symlink_to(folder.parent)
    script = tmp_path / "read.mjs"
    async with gateway(COUNT, dialect="openai_responses", repair=True) as served:
        script.write_text(f"""import OpenAI from "openai";
const client = new OpenAI({{ baseURL: {json.dumps(served.base_url)}, apiKey: "unused" }});
const read = [];
for await (const step of client.beta.threads.runs.steps.list({json.dumps(RUN)},
  {{ thread_id: {json.dumps(THREAD)}, limit: 7, order: "asc" }})) read.push(step.id);
console.log(JSON.stringify(read));
""")
        assert json.loads(await run("node", str(script))) == [step["id"] for step in make_steps(COUNT)]
        assert {request.headers["Authorization"] for request in served.emulator.requests} == {f"Bearer {KEY}"}


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
async def test_nodes_fetch() -> None:
    async with gateway(3) as served:
        url = served.base_url + STEPS.removeprefix("/v1")
        script = f"const r = await fetch({json.dumps(url)}); console.log((await r.json()).data.length)"
        assert await run("node", "--input-type=module", "-e", script) == "3\n"
