"""Where a server lives and how it wants to be asked. Values only: nothing here sends a request.

A new provider is one function here that returns an `Endpoint`, and one row in `PROVIDERS`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from openai_steps._base_url import parse_base_url

IncludeStyle: TypeAlias = Literal["repeated", "comma", "unsupported"]
"""How a server takes ``include``: ``include[]`` once for each name, once with commas between, or not at all."""

ApiKey: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A key, or a function, plain or async, that is asked for it before each request."""


class AccessToken(Protocol):
    """What a token credential gives: the token, and when it expires (seconds since 1970)."""

    @property
    def token(self) -> str:
        """The bearer token."""
        ...

    @property
    def expires_on(self) -> int:
        """When it expires, in seconds since 1970."""
        ...


class AsyncTokenCredential(Protocol):
    """Any object that gives tokens, such as those of ``azure.identity.aio``."""

    async def get_token(self, *scopes: str) -> AccessToken:
        """Return a token for the scopes."""
        ...


def _headers(value: Mapping[str, str] | None) -> dict[str, str]:
    return dict(value or {})


@frozen(kw_only=True)
class Endpoint:
    """A server: its address, how it knows who asks, and the details in which it differs from others.

    Use one of the constructors: `openai`, `azure_openai`, `azure_foundry`, `dashscope`, `compatible`. The
    attributes are there for reading and for ``attrs.evolve``.

    Attributes:
        provider: The constructor's name.
        base_url: What ``/threads/…`` is appended to.
        query: Parameters sent with each request, such as ``api-version``.
        headers: Headers sent with each request, besides the key's.
        api_key: The key, or a function that gives it.
        credential: What gives tokens instead of a key.
        scope: What the credential's tokens are for.
        key_header: The header that carries the key or token.
        key_prefix: What stands in it before the key.
        key_source: Where the key came from, in words, for a person who looks for it.
        include_style: How ``include`` is sent.
        both_cursors: Whether one request may carry ``after`` and ``before``.
    """

    provider: str
    base_url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(factory=dict, converter=_headers, hash=False)
    api_key: ApiKey | None = field(default=None, repr=False)
    credential: AsyncTokenCredential | None = field(default=None, repr=False)
    scope: str | None = None
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    key_source: str = "none"
    include_style: IncludeStyle = "repeated"
    both_cursors: bool = True

    @property
    def host(self) -> str:
        """The host's name."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def ended_on(self) -> str | None:
        """The date on which this host stopped serving run steps, or None while it serves them."""
        return next((date for end, date in _ENDED.items() if self.host.endswith(end)), None)

    @classmethod
    def openai(
        cls,
        *,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        organization: str | None = None,
        project: str | None = None,
    ) -> Endpoint:
        """OpenAI, or any server at ``base_url`` that takes OpenAI's headers.

        OpenAI itself stopped serving this API on 2026-08-26.

        Args:
            api_key: Default: ``OPENAI_API_KEY``. Only OpenAI itself needs one: gateways put in their own.
            base_url: Default: ``OPENAI_BASE_URL``, or else OpenAI's.
            organization: Default: ``OPENAI_ORG_ID``.
            project: Default: ``OPENAI_PROJECT_ID``.

        Raises:
            ValueError: If the base URL is none, or the key for OpenAI itself is missing.
        """
        url, query = parse_base_url(base_url or _env("OPENAI_BASE_URL") or _OPENAI_URL)
        key, source = _find_key(api_key, "OPENAI_API_KEY")
        if key is None and urlsplit(url).hostname == _OPENAI_HOST:
            raise ValueError(
                "No API key for OpenAI: pass api_key=… or set OPENAI_API_KEY. "
                "For another server, pass base_url=… or set OPENAI_BASE_URL."
            )
        headers = {
            "OpenAI-Beta": "assistants=v2",
            "OpenAI-Organization": organization or _env("OPENAI_ORG_ID"),
            "OpenAI-Project": project or _env("OPENAI_PROJECT_ID"),
        }
        return cls(
            provider="openai",
            base_url=url,
            query=query,
            headers={name: value for name, value in headers.items() if value},
            api_key=key,
            key_source=source,
        )

    @classmethod
    def azure_openai(
        cls,
        endpoint: str | None = None,
        *,
        api_key: ApiKey | None = None,
        credential: AsyncTokenCredential | None = None,
        api_version: str | None = None,
    ) -> Endpoint:
        """Azure OpenAI, on its dated route or on ``/openai/v1``.

        Args:
            endpoint: ``https://RESOURCE.openai.azure.com``. Default: ``AZURE_OPENAI_ENDPOINT``.
            api_key: Default: ``AZURE_OPENAI_API_KEY``.
            credential: An Entra credential instead of a key.
            api_version: A dated version, or ``v1``. Default: the one in the endpoint's query, or
                ``OPENAI_API_VERSION``, or ``2024-05-01-preview``, the first that knows this API.

        Raises:
            ValueError: If the endpoint, or both key and credential, are missing.
        """
        given = endpoint or _env("AZURE_OPENAI_ENDPOINT")
        if not given:
            raise ValueError(
                "No Azure OpenAI endpoint: pass endpoint='https://RESOURCE.openai.azure.com' "
                "or set AZURE_OPENAI_ENDPOINT."
            )
        url, query = parse_base_url(given)
        version = (
            api_version
            or dict(query).get("api-version")
            or ("v1" if url.endswith("/openai/v1") else None)
            or _env("OPENAI_API_VERSION")
            or _AZURE_OPENAI_VERSION
        )
        root = url.removesuffix("/v1").removesuffix("/openai")
        rest = tuple(pair for pair in query if pair[0] != "api-version")
        key, source = _find_key(None if credential else api_key, None if credential else "AZURE_OPENAI_API_KEY")
        if key is None and credential is None:
            raise ValueError("No key for Azure OpenAI: pass api_key=… or credential=…, or set AZURE_OPENAI_API_KEY.")
        auth = (
            _by_credential(credential, _AZURE_OPENAI_SCOPE)
            if credential
            else {
                "api_key": key,
                "key_source": source,
                "key_header": "api-key",
                "key_prefix": "",
            }
        )
        return cls(
            provider="azure_openai",
            base_url=f"{root}/openai/v1" if version == "v1" else f"{root}/openai",
            query=rest if version == "v1" else (*rest, ("api-version", version)),
            headers={"OpenAI-Beta": "assistants=v2"},
            **auth,
        )

    @classmethod
    def azure_foundry(
        cls,
        project_endpoint: str | None = None,
        credential: AsyncTokenCredential | None = None,
        *,
        api_key: ApiKey | None = None,
        api_version: str = "v1",
    ) -> Endpoint:
        """Azure AI Foundry Agents (classic), which serve this API until 2027-03-31.

        Args:
            project_endpoint: ``https://RESOURCE.services.ai.azure.com/api/projects/PROJECT``. Default:
                ``PROJECT_ENDPOINT`` or ``AZURE_AI_PROJECT_ENDPOINT``.
            credential: Such as ``azure.identity.aio.DefaultAzureCredential()``. Closing it is yours to do.
            api_key: An Entra token of your own making, or a function that gives one, instead of a credential.
                Default: ``AZURE_AI_TOKEN``.
            api_version: The version of the API.

        Raises:
            ValueError: If the endpoint is missing or is no project's, or there is nothing to get a token from.
        """
        given = project_endpoint or _env("PROJECT_ENDPOINT") or _env("AZURE_AI_PROJECT_ENDPOINT")
        if not given:
            raise ValueError(f"No project endpoint: pass project_endpoint={_FOUNDRY_FORM!r} or set PROJECT_ENDPOINT.")
        url, query = parse_base_url(given)
        if not re.search(r"/api/projects/[^/]+$", urlsplit(url).path):
            raise ValueError(f"{url!r} is no project endpoint. It has the form {_FOUNDRY_FORM!r}.")
        key, source = _find_key(None if credential else api_key, None if credential else "AZURE_AI_TOKEN")
        if key is None and credential is None:
            raise ValueError(
                "No credential for Azure AI Foundry: pass credential=DefaultAzureCredential() "
                "(from azure.identity.aio), or a token as api_key=… or in AZURE_AI_TOKEN."
            )
        auth = (
            _by_credential(credential, _FOUNDRY_SCOPE)
            if credential
            else {
                "api_key": key,
                "key_source": source,
            }
        )
        rest = tuple(pair for pair in query if pair[0] != "api-version")
        return cls(provider="azure_foundry", base_url=url, query=(*rest, ("api-version", api_version)), **auth)

    @classmethod
    def dashscope(
        cls,
        *,
        api_key: ApiKey | None = None,
        region: Literal["beijing", "international"] = "beijing",
        workspace: str | None = None,
        base_url: str | None = None,
    ) -> Endpoint:
        """DashScope (Alibaba Cloud Model Studio).

        Args:
            api_key: Default: ``DASHSCOPE_API_KEY``.
            region: Which of its two sites.
            workspace: The workspace's id, where it is not the default one. Default: ``DASHSCOPE_WORKSPACE_ID``.
            base_url: Instead of the region's. Default: ``DASHSCOPE_HTTP_BASE_URL``.

        Raises:
            ValueError: If the key is missing or the region is unknown.
        """
        if region not in _DASHSCOPE_URLS:
            raise ValueError(f"Unknown region {region!r}: one of {', '.join(_DASHSCOPE_URLS)}.")
        url, query = parse_base_url(base_url or _env("DASHSCOPE_HTTP_BASE_URL") or _DASHSCOPE_URLS[region])
        key, source = _find_key(api_key, "DASHSCOPE_API_KEY")
        if key is None:
            raise ValueError("No API key for DashScope: pass api_key=… or set DASHSCOPE_API_KEY.")
        workspace = workspace or _env("DASHSCOPE_WORKSPACE_ID")
        return cls(
            provider="dashscope",
            base_url=url,
            query=query,
            headers={"X-DashScope-WorkSpace": workspace} if workspace else {},
            api_key=key,
            key_source=source,
            include_style="unsupported",
            both_cursors=False,
        )

    @classmethod
    def compatible(
        cls,
        base_url: str,
        *,
        api_key: ApiKey | None = None,
        key_header: str = "Authorization",
        key_prefix: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        include_style: IncludeStyle = "repeated",
    ) -> Endpoint:
        """Any other server or gateway. It reads no environment variables.

        Args:
            base_url: What ``/threads/…`` is appended to.
            api_key: The key, where the server wants one.
            key_header: The header that carries it.
            key_prefix: What stands before it. Default: ``"Bearer "`` in ``Authorization``, nothing elsewhere.
            headers: More headers.
            query: More query parameters.
            include_style: How the server takes ``include``.

        Raises:
            ValueError: If the base URL is none.
        """
        url, pasted = parse_base_url(base_url)
        if key_prefix is None:
            key_prefix = "Bearer " if key_header.lower() == "authorization" else ""
        key, source = _find_key(api_key, None)
        return cls(
            provider="compatible",
            base_url=url,
            query=(*pasted, *(query or {}).items()),
            headers={"OpenAI-Beta": "assistants=v2", **(headers or {})},
            api_key=key,
            key_source=source,
            key_header=key_header,
            key_prefix=key_prefix,
            include_style=include_style,
        )


PROVIDERS: Final[Mapping[str, Callable[..., Endpoint]]] = {
    "openai": Endpoint.openai,
    "azure_openai": Endpoint.azure_openai,
    "azure_foundry": Endpoint.azure_foundry,
    "dashscope": Endpoint.dashscope,
    "compatible": Endpoint.compatible,
}
"""Each provider's constructor by its name."""

# OpenAI's and Microsoft's announcements; the hosts by how their names end.
_ENDED: Final = {"api.openai.com": "2026-08-26", ".openai.azure.com": "2026-08-26"}

_OPENAI_HOST: Final = "api.openai.com"
_OPENAI_URL: Final = f"https://{_OPENAI_HOST}/v1"
_AZURE_OPENAI_VERSION: Final = "2024-05-01-preview"
_AZURE_OPENAI_SCOPE: Final = "https://cognitiveservices.azure.com/.default"
_FOUNDRY_SCOPE: Final = "https://ai.azure.com/.default"
_FOUNDRY_FORM: Final = "https://RESOURCE.services.ai.azure.com/api/projects/PROJECT"
_DASHSCOPE_URLS: Final = {
    "beijing": "https://dashscope.aliyuncs.com/api/v1",
    "international": "https://dashscope-intl.aliyuncs.com/api/v1",
}


def _env(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def _find_key(given: ApiKey | None, variable: str | None) -> tuple[ApiKey | None, str]:
    if given == "":
        raise ValueError("The api_key is empty. Where the server needs none, leave it out.")
    if given is not None:
        return given, "the api_key argument"
    found = _env(variable) if variable else None
    return (found, f"the environment variable {variable}") if found else (None, "none")


def _by_credential(credential: AsyncTokenCredential, scope: str) -> dict[str, Any]:
    source = f"the credential ({type(credential).__name__})"
    return {"credential": credential, "scope": scope, "key_source": source}
