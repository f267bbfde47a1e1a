"""Requests as each provider wants them."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from openai_steps.emulator import Emulator

KEY = "sk-secret"


STEPS = "/threads/thread_demo/runs/run_demo/steps"


# What a well-behaved client sends to each profile that wants more than a Bearer key.
HEADERS: Mapping[str, Mapping[str, str]] = {
    "openai": {"OpenAI-Beta": "assistants=v2"},
    "openai_responses": {"OpenAI-Beta": "assistants=v2"},
}


QUERY: Mapping[str, Mapping[str, str]] = {
    "azure_openai": {"api-version": "2024-05-01-preview"},
    "azure_foundry": {"api-version": "v1"},
    "azure_hub": {"api-version": "2025-05-15-preview"},
    "fabric": {"api-version": "2024-05-01-preview"},
}


async def ask(
    emulator: Emulator,
    path: str = STEPS,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    async with (
        emulator.serve() as base_url,
        aiohttp.ClientSession() as session,
        session.get(base_url + path, headers=headers, params=params) as response,
    ):
        assert response.headers["x-request-id"] == "req_00000001"
        text = await response.text()
        return response.status, json.loads(text) if text else None


def good(name: str, **headers: str) -> dict[str, Any]:
    return {
        "headers": {"Authorization": f"Bearer {KEY}", **HEADERS.get(name, {}), **headers},
        "params": QUERY.get(name),
    }
