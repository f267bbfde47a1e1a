"""The header with the key or token, and its renewal.

A key may be text, a function that is called before each request, or an Entra token, which is kept until shortly before
it expires, or until it expires if no new one can be fetched.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Final

from openai_steps._arguments import check_key
from openai_steps._endpoint.credentials import AccessToken, ApiKey
from openai_steps._endpoint.endpoint import Endpoint
from openai_steps._secrets import hide

# Tokens live for about an hour; azure-core's policy renews them five minutes early, too. A token that lives less than
# twice as long is renewed half-way.
_RENEW_BEFORE_EXPIRY: Final = 300.0


class Authorizer:
    """Makes the header with the key or token, for one endpoint.

    Args:
        endpoint: Whose key or credential to use.
        now: Returns the time in seconds since 1970.
    """

    def __init__(self, endpoint: Endpoint, *, now: Callable[[], float]) -> None:
        self._endpoint = endpoint
        self._now = now
        self._token: AccessToken | None = None
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()
        if isinstance(endpoint.api_key, str):
            check_key(endpoint.api_key)

    @property
    def fixed_header(self) -> dict[str, str] | None:
        """The header, if it is the same for each request; None if the key or token has to be fetched."""
        key = self._endpoint.api_key
        if self._endpoint.credential is not None or not (key is None or isinstance(key, str)):
            return None
        return self._header_with(key)

    @property
    def can_renew(self) -> bool:
        """Whether a new key can be fetched after a 401."""
        return self._endpoint.credential is not None

    @property
    def header_names(self) -> tuple[str, ...]:
        """The name of the header that will carry the key, if there is one."""
        without = self._endpoint.api_key is None and self._endpoint.credential is None
        return () if without else (self._endpoint.key_header,)

    async def header(self) -> dict[str, str]:
        """Return the header with the key or token; empty if the server needs none."""
        return self._header_with(await self._key())

    def _header_with(self, key: str | None) -> dict[str, str]:
        return {} if key is None else {self._endpoint.key_header: hide(self._endpoint.key_prefix + key)}

    def secrets(self, header: Mapping[str, str]) -> tuple[str, ...]:
        """Return the secrets in this header."""
        return tuple(hide(value.removeprefix(self._endpoint.key_prefix)) for value in header.values())

    def forget(self, header: Mapping[str, str]) -> None:
        """Drop the token in this header, which the server did not accept."""
        if self._token is not None and self._token.token in self.secrets(header):
            self._token = None

    async def _key(self) -> str | None:
        endpoint = self._endpoint
        if endpoint.credential is not None:
            return check_key((await self._fresh_token()).token)
        if endpoint.api_key is None or isinstance(endpoint.api_key, str):
            return endpoint.api_key
        return check_key(await _ask(endpoint.api_key))

    async def _fresh_token(self) -> AccessToken:
        if self._token is None or self._now() >= self._renew_at:
            async with self._renewing:  # the first one renews for all
                if self._token is None or self._now() >= self._renew_at:
                    self._token = await self._new_or_valid_token()
                    time_left = self._token.expires_on - self._now()
                    self._renew_at = self._token.expires_on - min(_RENEW_BEFORE_EXPIRY, time_left / 2)
        return self._token

    async def _new_or_valid_token(self) -> AccessToken:
        try:
            return await self._new_token()
        except Exception:  # credentials raise anything
            if self._token is None or self._token.expires_on <= self._now():
                raise
            return self._token

    async def _new_token(self) -> AccessToken:
        credential, scope = self._endpoint.credential, self._endpoint.scope
        assert credential is not None
        assert scope is not None
        token = credential.get_token(scope)
        if not inspect.isawaitable(token):
            del token  # it is here already: remove it from this frame
            kind = type(credential).__name__
            raise ValueError(f"{kind}.get_token is not async. Take the credential of that name in azure.identity.aio.")
        return await token


async def _ask(source: ApiKey) -> str:
    assert not isinstance(source, str)
    key = source()
    return await key if inspect.isawaitable(key) else key
