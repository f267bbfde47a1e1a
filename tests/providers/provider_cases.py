"""Each provider as its users meet it: the emulator's profile, and the constructor with which they reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from attrs import field, frozen
from sample_steps import make_steps
from serving import serving

from openai_steps import AsyncStepsClient, Endpoint
from openai_steps.emulator import Emulator

KEY = "sk-right"


@frozen
class Token:
    token: str
    expires_on: int = 4_000_000_000


@frozen
class StaticCredential:
    """A token that somebody else has got."""

    token: str

    async def get_token(self, *scopes: str) -> Token:
        return Token(self.token)


@frozen(kw_only=True)
class Provider:
    """A profile of the emulator and the constructor that fits, given the base URL and a key.

    Args:
        profile: The profile's name.
        endpoint: Makes the endpoint.
        verify_paging: Whether walks need ``verify_paging``, since the server's has_more lies.
        unauthorized: The code in the body of a 401.
        not_found: What its 404 says of a run that is not there.
        tells_all: Whether it tells all of a step, and as others do.
        rate_limited: The body of a 429, and the code and message in it.
    """

    profile: str
    endpoint: Callable[[str, str], Endpoint]
    verify_paging: bool = False
    tells_all: bool = True
    unauthorized: str | None = "invalid_api_key"
    not_found: str = "No run found with id 'run_none'."
    rate_limited: tuple[Any, str | None, str] = field(
        default=(
            {"error": {"message": "Slow down.", "code": "rate_limit", "type": "requests"}},
            "rate_limit",
            "Slow down.",
        )
    )


def by_compatible(**options: Any) -> Callable[[str, str], Endpoint]:
    return lambda base_url, key: Endpoint.compatible(base_url, api_key=key, **options)


AZURE_429 = ({"error": {"code": "429", "message": "Rate limit is exceeded."}}, "429", "Rate limit is exceeded.")
FLAT_429 = (
    {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded.", "request_id": "r"},
    "Throttling.RateQuota",
    "Requests rate limit exceeded.",
)
DETAIL_429 = ({"detail": "Too many requests"}, None, "Too many requests")

PROVIDERS: dict[str, Provider] = {
    "openai": Provider(
        profile="openai", endpoint=lambda base_url, key: Endpoint.openai(base_url=base_url, api_key=key)
    ),
    "azure_openai": Provider(
        profile="azure_openai",
        endpoint=lambda base_url, key: Endpoint.azure_openai(base_url, api_key=key),
        unauthorized="Unauthorized",
        rate_limited=AZURE_429,
    ),
    "azure_openai with Entra": Provider(
        profile="azure_openai",
        endpoint=lambda base_url, key: Endpoint.azure_openai(base_url, credential=StaticCredential(key)),
        unauthorized="Unauthorized",
        rate_limited=AZURE_429,
    ),
    "azure_openai v1": Provider(
        profile="azure_openai_v1",
        endpoint=lambda base_url, key: Endpoint.azure_openai(base_url, api_key=key),
        unauthorized="Unauthorized",
        rate_limited=AZURE_429,
    ),
    "azure_foundry": Provider(
        profile="azure_foundry",
        endpoint=lambda base_url, key: Endpoint.azure_foundry(base_url, StaticCredential(key)),
        unauthorized="PermissionDenied",
        rate_limited=AZURE_429,
    ),
    "azure_foundry with a token": Provider(
        profile="azure_foundry",
        endpoint=lambda base_url, key: Endpoint.azure_foundry(base_url, api_key=key, api_version="2025-05-15-preview"),
        unauthorized="PermissionDenied",
        rate_limited=AZURE_429,
    ),
    "azure_foundry of a hub": Provider(
        profile="azure_hub",
        endpoint=lambda base_url, key: Endpoint.azure_foundry(base_url, StaticCredential(key)),
        unauthorized="PermissionDenied",
        rate_limited=AZURE_429,
    ),
    "foundry_local": Provider(
        profile="foundry_local",
        endpoint=lambda base_url, key: Endpoint.foundry_local(base_url, StaticCredential(key), scope="api://app"),
        tells_all=False,
    ),
    "fabric": Provider(
        profile="fabric",
        endpoint=lambda base_url, key: Endpoint.fabric(base_url, StaticCredential(key)),
        unauthorized="Unauthorized",
        rate_limited=AZURE_429,
    ),
    "dashscope": Provider(
        profile="dashscope",
        endpoint=lambda base_url, key: Endpoint.dashscope(base_url=base_url, api_key=key),
        unauthorized="InvalidApiKey",
        rate_limited=FLAT_429,
    ),
    "compatible": Provider(profile="compatible", endpoint=by_compatible(key_header="x-api-key")),
    "bee": Provider(profile="bee", endpoint=by_compatible(), unauthorized="auth_error"),
    "stdapi": Provider(profile="stdapi", endpoint=by_compatible()),
    "open_assistant_api": Provider(profile="open_assistant_api", endpoint=by_compatible()),
    "llamphouse": Provider(profile="llamphouse", endpoint=by_compatible(), unauthorized=None, rate_limited=DETAIL_429),
    "openai_responses": Provider(
        profile="openai_responses",
        endpoint=by_compatible(),
        verify_paging=True,
        unauthorized=None,
        not_found="no explanation",
        rate_limited=(b"", None, "no explanation"),
    ),
    "clicky_chats": Provider(profile="clicky_chats", endpoint=by_compatible(), not_found="invalid_request_error"),
}


@asynccontextmanager
async def connected(
    provider: Provider, steps: int | list[dict[str, Any]] = 250, *, key: str = KEY, **of_client: Any
) -> AsyncIterator[tuple[AsyncStepsClient, Emulator]]:
    """Serve the steps as this provider would, and connect with this key. The right one is demanded."""
    async with serving(
        make_steps(steps) if isinstance(steps, int) else steps,
        profile=provider.profile,
        api_key=KEY,
        endpoint=lambda base_url: provider.endpoint(base_url, key),
        **of_client,
    ) as (client, emulator):
        yield client, emulator
