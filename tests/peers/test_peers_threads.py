"""The official clients read the emulator's threads, runs, messages, steps and files."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from sample_steps import RUN, THREAD, make_step

from openai_steps.emulator import DEMO_RUN, DEMO_THREAD, Emulator
from openai_steps.export import load_archive

PICTURE = b"\x89PNG\r\n\x1a\n"


def demo(profile: str) -> Emulator:
    emulator = Emulator.demo(profile=profile)
    emulator.store.add_file({"id": "file_1", "filename": "plot.png"}, PICTURE)
    return emulator


def newest_first(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in reversed(items)]


async def test_openai_reads_the_contract_with_strict_validation() -> None:
    openai = pytest.importorskip("openai", reason="openai is of the group peers")
    emulator = demo("compatible")
    async with (
        emulator.serve() as base_url,
        openai.AsyncOpenAI(api_key="key", base_url=base_url, max_retries=0, _strict_response_validation=True) as client,
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            threads = client.beta.threads
            thread = await threads.retrieve(DEMO_THREAD)
            runs = [run async for run in threads.runs.list(DEMO_THREAD)]
            run = await threads.runs.retrieve(DEMO_RUN, thread_id=DEMO_THREAD)
            messages = [message async for message in threads.messages.list(DEMO_THREAD, limit=2)]
            message = await threads.messages.retrieve(messages[-1].id, thread_id=DEMO_THREAD)
        file = await client.files.retrieve("file_1")
        content = await client.files.content("file_1")
    assert thread.id == DEMO_THREAD
    assert runs == [run]
    assert [message.id for message in messages] == newest_first(emulator.store.messages(DEMO_THREAD))
    assert message == messages[-1]
    assert (file.filename, file.bytes, content.content) == ("plot.png", len(PICTURE), PICTURE)


async def test_openai_reads_steps_of_kinds_that_its_schema_does_not_know() -> None:
    openai = pytest.importorskip("openai", reason="openai is of the group peers")
    emulator = demo("openai")
    async with emulator.serve() as base_url, openai.AsyncOpenAI(api_key="key", base_url=base_url) as client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            listed = client.beta.threads.runs.steps.list(DEMO_RUN, thread_id=DEMO_THREAD, limit=5)
            steps = [step async for step in listed]
    assert [step.id for step in steps] == newest_first(emulator.store.steps(DEMO_THREAD, DEMO_RUN))


class Nobody:
    """A credential that is never asked."""

    async def get_token(self, *_: str, **__: Any) -> Any:
        raise AssertionError

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Nobody:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_azure_reads_foundry() -> None:
    agents = pytest.importorskip("azure.ai.agents.aio", reason="azure-ai-agents is of the group peers")
    policies = pytest.importorskip("azure.core.pipeline.policies")
    emulator = demo("azure_foundry")
    over_http = policies.HeadersPolicy({"Authorization": "Bearer token"})  # its own policy wants TLS
    async with (
        emulator.serve() as base_url,
        agents.AgentsClient(endpoint=base_url, credential=Nobody(), authentication_policy=over_http) as client,
    ):
        threads = [thread async for thread in client.threads.list()]
        runs = [run async for run in client.runs.list(DEMO_THREAD)]
        messages = [message async for message in client.messages.list(DEMO_THREAD, limit=2)]
        message = await client.messages.get(DEMO_THREAD, messages[-1].id)
        steps = [step async for step in client.run_steps.list(DEMO_THREAD, DEMO_RUN, limit=5)]
        file = await client.files.get("file_1")
        content = b"".join([part async for part in await client.files.get_content("file_1")])
    assert [thread.id for thread in threads] == [DEMO_THREAD]
    assert [run.id for run in runs] == [DEMO_RUN]
    assert [message.id for message in messages] == newest_first(emulator.store.messages(DEMO_THREAD))
    assert message.text_messages[0].text.value.startswith("How much should we bake")
    assert [step.id for step in steps] == newest_first(emulator.store.steps(DEMO_THREAD, DEMO_RUN))
    assert (file.filename, content) == ("plot.png", PICTURE)


@pytest.mark.parametrize("profile", ["openai", "azure_openai_v1"])
async def test_steps_of_another_server_are_served_as_openai_would(tmp_path: Path, profile: str) -> None:
    """Times of a fraction of a second become whole ones; runs that no export has, have the keys of the schema."""
    lines = (json.dumps({**make_step(number), "created_at": 1_700_000_000.25 + number}) for number in range(3))
    (tmp_path / "steps.jsonl").write_text("\n".join(lines))
    openai = pytest.importorskip("openai", reason="openai is of the group peers")
    emulator = Emulator(store=load_archive(tmp_path / "steps.jsonl"), profile=profile, recorded=True)
    warnings.simplefilter("ignore", DeprecationWarning)  # pytest brings back what it was
    async with (
        emulator.serve() as base_url,
        openai.AsyncOpenAI(api_key="key", base_url=base_url, max_retries=0, _strict_response_validation=True) as client,
    ):
        threads = client.beta.threads
        steps = [step async for step in threads.runs.steps.list(RUN, thread_id=THREAD, order="asc")]
        run = await threads.runs.retrieve(RUN, thread_id=THREAD)
        runs = [found async for found in threads.runs.list(THREAD)]
        messages = [message async for message in threads.messages.list(THREAD)]
        thread = await threads.retrieve(THREAD)
    assert [step.created_at for step in steps] == [1_700_000_000, 1_700_000_001, 1_700_000_002]
    assert (run.id, [found.id for found in runs], messages, thread.id) == (RUN, [RUN], [], THREAD)
