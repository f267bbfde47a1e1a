"""Logging in to Azure."""

from __future__ import annotations

import sys

import pytest
from command_line import invoke, serving
from connecting import connect

FOUNDRY = "https://res.services.ai.azure.com/api/projects/proj"


def test_without_a_key_azure_identity_is_asked() -> None:
    pytest.importorskip("azure.identity.aio")
    connection, _ = connect("--provider", "azure_foundry", "--base-url", FOUNDRY)
    assert connection is not None
    assert connection.endpoint.credential is not None
    assert connection.endpoint.key_source == "the login of Azure's tools (DefaultAzureCredential)"


def test_without_azure_identity_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity.aio", None)
    connection, result = connect("--provider", "azure_foundry", "--base-url", FOUNDRY)
    assert (connection, result.exit_code) == (None, 2)
    assert "set AZURE_AI_TOKEN (azure_foundry)" in result.stderr
    assert "pip install azure-identity" in result.stderr


async def test_no_login_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    aio = pytest.importorskip("azure.identity.aio")
    exceptions = pytest.importorskip("azure.core.exceptions")
    closed = []

    class NoLogin:
        async def get_token(self, *_: str) -> None:
            raise exceptions.ClientAuthenticationError("No login.\nAttempted credentials: …\n")

        async def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr(aio, "DefaultAzureCredential", NoLogin)
    async with serving() as served:
        url = served.base_url.removesuffix("/v1") + "/api/projects/PROJ"
        result = await invoke("list", "t", "r", "--provider", "azure_foundry", "--base-url", url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: Azure gave no token: No login. Try `az login`.\n"
    assert closed == [True]
