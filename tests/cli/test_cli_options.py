"""The options that all commands have."""

from __future__ import annotations

from command_line import invoke, serving

from openai_steps import PROVIDERS

SECRET = "sk-very-secret"


async def test_every_provider_can_be_named() -> None:
    result = await invoke("list", "--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in PROVIDERS)


async def test_headers_and_key_are_sent() -> None:
    async with serving(api_key=SECRET) as served:
        result = await invoke("list", *served.run, "--header", "X-One: 1", OPENAI_STEPS_API_KEY=SECRET)
        requests = served.emulator.requests
    assert result.exit_code == 0
    assert {(sent.headers["X-One"], sent.headers["Authorization"]) for sent in requests} == {("1", f"Bearer {SECRET}")}
    assert SECRET not in result.output
