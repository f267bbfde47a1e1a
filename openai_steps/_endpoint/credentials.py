"""The credentials that a user may pass: a key, a function that returns one, or a token credential."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from openai_steps._arguments import ArgumentError, check_name, check_value
from openai_steps._secrets import hide

ApiKey: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A key, or a plain or async function that is called for it before each request."""


class AccessToken(Protocol):
    """A credential's token, and when it expires (seconds since 1970)."""

    @property
    def token(self) -> str:
        """The bearer token."""
        ...

    @property
    def expires_on(self) -> int:
        """When it expires, in seconds since 1970."""
        ...


class AsyncTokenCredential(Protocol):
    """Any object that gives tokens, such as the credentials of ``azure.identity.aio``."""

    async def get_token(self, *scopes: str) -> AccessToken:
        """Return a token for the scopes.

        Args:
            scopes: What the token is for. This package passes one at a time.
        """
        ...


def hidden_key(key: ApiKey | None) -> ApiKey | None:
    """Return the key, hidden if it is text."""
    return hide(key)


def check_key_header(_: Any, __: Any, name: object) -> None:
    check_name(name)


def check_key_prefix(_: Any, __: Any, prefix: object) -> None:
    check_value("key_prefix", prefix)


def check_api_key(_: Any, __: Any, key: object) -> None:
    if key == "":
        raise ArgumentError("api_key", "is empty. Where the server needs no key, leave it out.")
    if key is not None and not isinstance(key, str) and not callable(key):
        raise ArgumentError("api_key", f"must be text or a function that returns it, not {type(key).__name__}.")


def check_credential(_: Any, __: Any, credential: object) -> None:
    if credential is not None and not callable(getattr(credential, "get_token", None)):
        kind = type(credential).__name__
        raise ArgumentError(
            "credential", f"must have an async get_token, as those of azure.identity.aio do, not {kind}."
        )
