"""What proves who asks: what is taken for a key or a credential, and what is refused before any request."""

from __future__ import annotations

from typing import Any

import pytest

from openai_steps import Endpoint

BASE = "https://host.test/v1"
PROJECT = "https://res.services.ai.azure.com/api/projects/proj"


class Credential:
    async def get_token(self, *scopes: str) -> Any:
        raise AssertionError


async def fetch_key() -> str:
    return "k"


@pytest.mark.parametrize("key", [None, "k", lambda: "k", fetch_key])
def test_a_key_is_text_or_a_function(key: Any) -> None:
    assert Endpoint.compatible(BASE, api_key=key).api_key == key


@pytest.mark.parametrize("key", ["", 7, b"k", ["k"], True])
def test_anything_else_is_refused_and_not_told(key: Any) -> None:
    with pytest.raises(ValueError, match="api_key") as caught:
        Endpoint.compatible(BASE, api_key=key)
    if key:
        assert repr(key) not in str(caught.value)


@pytest.mark.parametrize("credential", ["token", object(), Endpoint])
def test_a_credential_gives_tokens(credential: Any) -> None:
    with pytest.raises(ValueError, match="credential must have an async get_token"):
        Endpoint.azure_foundry(PROJECT, credential)
    assert Endpoint.azure_foundry(PROJECT, Credential()).key_source == "the credential (Credential)"
