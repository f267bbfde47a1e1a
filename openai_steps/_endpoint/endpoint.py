"""Where a server lives and how it wants to be asked. Values only: nothing here sends a request.

A new provider is one function here that returns an `Endpoint`, and one row in `PROVIDERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from openai_steps._arguments import ArgumentError, check_headers, check_name, check_value
from openai_steps._endpoint.base_url import Query, is_at, parse_base_url, with_path
from openai_steps._endpoint.credentials import ApiKey, AsyncTokenCredential, check_api_key, check_credential
from openai_steps._endpoint.environment import entra_or_key, find, find_key, with_version
from openai_steps._secrets import hide, hide_values

IncludeStyle: TypeAlias = Literal["repeated", "comma", "unsupported"]
"""How a server takes ``include``: ``include[]`` once for each name, once with commas between, or not at all."""


def _names(pairs: Mapping[str, str] | Query) -> str:
    """Show the names alone: some gateways take their key in a header or parameter of their own."""
    return repr(list(dict(pairs)))


def _hidden(key: ApiKey | None) -> ApiKey | None:
    return hide(key)


def _check_key_header(_: Any, __: Any, name: object) -> None:
    check_name(name)


def _check_key_prefix(_: Any, __: Any, prefix: object) -> None:
    check_value("key_prefix", prefix)


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
    query: Query = field(default=(), repr=_names)
    headers: Mapping[str, str] = field(factory=dict, converter=check_headers, hash=False, repr=_names)
    api_key: ApiKey | None = field(default=None, repr=False, converter=_hidden, validator=check_api_key)
    credential: AsyncTokenCredential | None = field(default=None, repr=False, validator=check_credential)
    scope: str | None = None
    key_header: str = field(default="Authorization", validator=_check_key_header)
    key_prefix: str = field(default="Bearer ", validator=_check_key_prefix)
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
        return next((date for host, date in _ENDED.items() if is_at(self.base_url, host)), None)

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
            ValueError: If the base URL is malformed, or the key for OpenAI itself is missing.
        """
        api_key = hide(api_key)  # for tracebacks that show locals
        given, name = find(base_url, "base_url", "OPENAI_BASE_URL")
        url, query = parse_base_url(_OPENAI_URL if given is None else given, name=name, form=_OPENAI_URL)
        key, source = find_key(api_key, "OPENAI_API_KEY")
        if is_at(url, _OPENAI_HOST):
            url = with_path(url, "/v1")
            if key is None:
                raise ArgumentError(
                    "api_key",
                    "is missing: pass one for OpenAI, or set OPENAI_API_KEY. "
                    "For another server, pass its base URL, or set OPENAI_BASE_URL.",
                )
        headers = {
            **_BETA,
            "OpenAI-Organization": find(organization, "organization", "OPENAI_ORG_ID")[0],
            "OpenAI-Project": find(project, "project", "OPENAI_PROJECT_ID")[0],
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
        azure_endpoint: str | None = None,
        *,
        api_key: ApiKey | None = None,
        credential: AsyncTokenCredential | None = None,
        api_version: str | None = None,
    ) -> Endpoint:
        """Azure OpenAI, on its dated route or on ``/openai/v1``. It retired this API on 2026-08-26.

        Args:
            azure_endpoint: ``https://RESOURCE.openai.azure.com``. Default: ``AZURE_OPENAI_ENDPOINT``.
            api_key: Default: ``AZURE_OPENAI_AD_TOKEN`` (an Entra token), or else ``AZURE_OPENAI_API_KEY``.
            credential: An Entra credential instead of a key. Closing it is yours to do.
            api_version: A dated version, or ``v1``. Default: the one in the endpoint's path or query, or
                ``OPENAI_API_VERSION``, or ``2024-05-01-preview``, the first that knows this API.

        Raises:
            ValueError: If the endpoint, or both key and credential, are missing.
        """
        api_key = hide(api_key)  # for tracebacks that show locals
        given, name = find(azure_endpoint, "azure_endpoint", "AZURE_OPENAI_ENDPOINT")
        if given is None:
            raise ArgumentError(
                "azure_endpoint",
                f"is missing: pass one of the form {_AZURE_OPENAI_FORM!r}, or set AZURE_OPENAI_ENDPOINT.",
            )
        url, query = parse_base_url(given, name=name, form=_AZURE_OPENAI_FORM)
        on_v1 = url.endswith("/openai/v1")
        version = (
            api_version
            or dict(query).get("api-version")
            or ("v1" if on_v1 else find(None, "api_version", "OPENAI_API_VERSION")[0])
            or _AZURE_OPENAI_VERSION
        )
        route = "/openai" if re.match(r"\d{4}-", version) else "/openai/v1"
        auth = entra_or_key(
            api_key,
            credential,
            scope=_AZURE_OPENAI_SCOPE,
            variables=("AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY"),
            missing=ArgumentError(
                "api_key", "is missing: pass one for Azure OpenAI, or a credential, or set AZURE_OPENAI_API_KEY."
            ),
        )
        if credential is None and "AZURE_OPENAI_AD_TOKEN" not in auth["key_source"]:
            auth |= {"key_header": "api-key", "key_prefix": ""}
        return cls(
            provider="azure_openai",
            base_url=url.removesuffix("/v1").removesuffix("/openai") + route,
            query=with_version(query, None if version == "v1" else version),
            headers=_BETA,
            **auth,
        )

    @classmethod
    def azure_foundry(
        cls,
        project_endpoint: str | None = None,
        credential: AsyncTokenCredential | None = None,
        *,
        api_key: ApiKey | None = None,
        api_version: str | None = None,
    ) -> Endpoint:
        """Azure AI Foundry Agents (classic), which serve this API until 2027-03-31.

        Args:
            project_endpoint: ``https://RESOURCE.services.ai.azure.com/api/projects/PROJECT``. Default:
                ``PROJECT_ENDPOINT`` or ``AZURE_AI_PROJECT_ENDPOINT``.
            credential: Such as ``azure.identity.aio.DefaultAzureCredential()``. Closing it is yours to do.
            api_key: An Entra token of your own making, or a function that gives one, instead of a credential.
                Default: ``AZURE_AI_TOKEN``.
            api_version: Default: the one in the endpoint's query, or ``v1``.

        Raises:
            ValueError: If the endpoint is missing or not a project's, or there is nothing to get a token from.
        """
        api_key = hide(api_key)  # for tracebacks that show locals
        given, name = find(project_endpoint, "project_endpoint", "PROJECT_ENDPOINT", "AZURE_AI_PROJECT_ENDPOINT")
        if given is None:
            raise ArgumentError(
                "project_endpoint",
                f"is missing: pass one of the form {_FOUNDRY_FORM!r}, or set PROJECT_ENDPOINT.",
            )
        url, query = parse_base_url(given, name=name, form=_FOUNDRY_FORM)
        if not re.search(r"/api/projects/[^/]+$", urlsplit(url).path):
            raise ArgumentError(name, f"{url!r} is not a project's. It has the form {_FOUNDRY_FORM!r}.")
        auth = entra_or_key(
            api_key,
            credential,
            scope=_FOUNDRY_SCOPE,
            variables=("AZURE_AI_TOKEN",),
            missing=ArgumentError(
                "credential",
                "is missing: pass a DefaultAzureCredential() from azure.identity.aio for Azure AI Foundry, "
                "or a token as the API key, or set AZURE_AI_TOKEN.",
            ),
        )
        version = api_version or dict(query).get("api-version") or "v1"
        return cls(provider="azure_foundry", base_url=url, query=with_version(query, version), **auth)

    @classmethod
    def dashscope(
        cls,
        *,
        api_key: ApiKey | None = None,
        region: Literal["beijing", "international"] | None = None,
        workspace: str | None = None,
        base_url: str | None = None,
    ) -> Endpoint:
        """DashScope (Alibaba Cloud Model Studio).

        Args:
            api_key: Default: ``DASHSCOPE_API_KEY``.
            region: Which of its two sites. Default: that of ``base_url``, or else Beijing.
            workspace: The workspace's id, where it is not the default one. Default: ``DASHSCOPE_WORKSPACE_ID``.
            base_url: Any other site. Default, where no region is given: ``DASHSCOPE_HTTP_BASE_URL``.

        Raises:
            ValueError: If the key is missing, the region is unknown, or both region and base URL are given.
        """
        api_key = hide(api_key)  # for tracebacks that show locals
        if region is not None and region not in _DASHSCOPE_URLS:
            raise ArgumentError("region", f"must be one of {', '.join(_DASHSCOPE_URLS)}, not {region!r}.")
        if region is not None and base_url is not None:
            raise ArgumentError("region", "names a site, and so does the base URL: pass one, not both.")
        site = base_url if region is None else _DASHSCOPE_URLS[region]
        given, name = find(site, "base_url", "DASHSCOPE_HTTP_BASE_URL")
        default = _DASHSCOPE_URLS["beijing"]
        url, query = parse_base_url(default if given is None else given, name=name, form=default)
        if is_at(url, *_DASHSCOPE_HOSTS.values()):
            url = with_path(url, "/api/v1")
        key, source = find_key(api_key, "DASHSCOPE_API_KEY")
        if key is None:
            raise ArgumentError("api_key", "is missing: pass one for DashScope, or set DASHSCOPE_API_KEY.")
        workspace, _ = find(workspace, "workspace", "DASHSCOPE_WORKSPACE_ID")
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
            ValueError: If the base URL is malformed.
        """
        api_key, headers = hide(api_key), hide_values(headers)  # for tracebacks that show locals
        url, pasted = parse_base_url(base_url)
        if key_prefix is None:
            key_prefix = "Bearer " if key_header.lower() == "authorization" else ""
        key, source = find_key(api_key)
        more = dict(query or {})
        return cls(
            provider="compatible",
            base_url=url,
            query=(*(pair for pair in pasted if pair[0] not in more), *more.items()),
            headers={**_BETA, **(headers or {})},
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

# OpenAI's and Microsoft's announcements.
_ENDED: Final = {
    "api.openai.com": "2026-08-26",
    "openai.azure.com": "2026-08-26",
    "cognitiveservices.azure.com": "2026-08-26",  # the other name of Azure OpenAI's hosts
}

# Without it OpenAI answers 400 invalid_beta; no other server minds it.
_BETA: Final = {"OpenAI-Beta": "assistants=v2"}

_OPENAI_HOST: Final = "api.openai.com"
_OPENAI_URL: Final = f"https://{_OPENAI_HOST}/v1"
_AZURE_OPENAI_FORM: Final = "https://RESOURCE.openai.azure.com"
_AZURE_OPENAI_VERSION: Final = "2024-05-01-preview"
_AZURE_OPENAI_SCOPE: Final = "https://cognitiveservices.azure.com/.default"
_FOUNDRY_SCOPE: Final = "https://ai.azure.com/.default"
_FOUNDRY_FORM: Final = "https://RESOURCE.services.ai.azure.com/api/projects/PROJECT"
_DASHSCOPE_HOSTS: Final = {"beijing": "dashscope.aliyuncs.com", "international": "dashscope-intl.aliyuncs.com"}
_DASHSCOPE_URLS: Final = {region: f"https://{host}/api/v1" for region, host in _DASHSCOPE_HOSTS.items()}
