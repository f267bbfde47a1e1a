"""A server's address, credentials and differences. Values only: nothing here sends a request.

A new provider is one function here that returns an `Endpoint`, and one row in `PROVIDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import field, fields, frozen

from openai_steps._arguments import ArgumentError, check_headers
from openai_steps._endpoint import azure, model_studio
from openai_steps._endpoint.base_url import Query, hidden_query, is_at, names_alone, parse_base_url, with_path
from openai_steps._endpoint.credentials import (
    ApiKey,
    AsyncTokenCredential,
    check_api_key,
    check_credential,
    check_key_header,
    check_key_prefix,
    hidden_key,
)
from openai_steps._endpoint.environment import find, key_file, token_or_key
from openai_steps._secrets import without_trace

IncludeStyle: TypeAlias = Literal["repeated", "comma", "unsupported"]
"""How a server takes ``include``: ``include[]`` once for each name, once with commas between, or not at all."""

Read: TypeAlias = Literal["threads", "thread", "runs", "run", "messages", "message", "steps", "step", "file"]
"""What can be read: a list in the plural, one thing in the singular; a file with its content."""


@frozen(kw_only=True, repr=False)
class Endpoint:
    """A server: its address, its credentials, and the details in which it differs from others.

    Use one of the constructors: `openai`, `azure_openai`, `azure_foundry`, `foundry_local`, `fabric`, `dashscope`,
    `compatible`. The attributes are there for reading and for ``attrs.evolve``.

    Attributes:
        provider: The constructor's name.
        base_url: The URL to which ``/threads/…`` is appended.
        query: Parameters sent with each request, such as ``api-version``.
        headers: Headers sent with each request, besides the key's.
        api_key: The key, or a function that gives it.
        credential: The object that gives tokens instead of a key.
        scope: What the credential's tokens are for.
        key_header: The header that carries the key or token.
        key_prefix: The text before the key in that header.
        key_source: Where the key came from, in words, for error messages.
        include_style: How ``include`` is sent.
        both_cursors: Whether one request may carry ``after`` and ``before``.
        absent: What this server is known not to have, such as a list of ``threads``; asking for it raises an error
            before any request.
    """

    provider: str
    base_url: str
    query: Query = field(default=(), converter=hidden_query, repr=names_alone)
    headers: Mapping[str, str] = field(
        converter=check_headers,  # type: ignore[misc]  # mypy's plugin for attrs knows no decorated functions
        factory=dict,
        hash=False,
        repr=names_alone,
    )
    api_key: ApiKey | None = field(default=None, repr=False, converter=hidden_key, validator=check_api_key)
    credential: AsyncTokenCredential | None = field(default=None, repr=False, validator=check_credential)
    scope: str | None = None
    key_header: str = field(default="Authorization", validator=check_key_header)
    key_prefix: str = field(default="Bearer ", validator=check_key_prefix)
    key_source: str = "none"
    include_style: IncludeStyle = "repeated"
    both_cursors: bool = True
    absent: frozenset[Read] = frozenset()

    def __attrs_post_init__(self) -> None:
        if self.credential is not None and self.scope is None:
            raise ArgumentError("scope", "is missing: it says what the credential's tokens are for.")

    def __repr__(self) -> str:
        # attrs' own would fail on a half-made instance, and with it any tool that shows locals.
        values = ((a, getattr(self, a.name)) for a in fields(Endpoint) if a.repr and hasattr(self, a.name))
        shown = (f"{a.name}={a.repr(value) if callable(a.repr) else repr(value)}" for a, value in values)
        return f"Endpoint({', '.join(shown)})"

    @property
    def host(self) -> str:
        """The host's name."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def ended_on(self) -> str | None:
        """The announced last day of run steps on this host, or None if there is none."""
        return next((date for host, date in _ENDED.items() if is_at(self.base_url, host)), None)

    @classmethod
    @without_trace
    def openai(
        cls,
        *,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        credential: AsyncTokenCredential | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of OpenAI, or of any server at ``base_url`` that takes OpenAI's headers.

        OpenAI itself stopped serving this API on 2026-08-26.

        Args:
            api_key: Default: ``OPENAI_API_KEY``. Only OpenAI itself needs one: gateways add their own.
            base_url: Default: ``OPENAI_BASE_URL``, or else OpenAI's.
            organization: Default: ``OPENAI_ORG_ID``.
            project: Default: ``OPENAI_PROJECT_ID``.
            credential: Gives tokens instead of a key, for a gateway that wants them. Closing it is yours to do.
            scope: What its tokens are for.

        Raises:
            ValueError: If the base URL is malformed, or the key for OpenAI itself is missing.
        """
        given, name = find(base_url, "base_url", "OPENAI_BASE_URL")
        url, query = parse_base_url(_OPENAI_URL if given is None else given, name=name, form=_OPENAI_URL)
        auth = token_or_key(api_key, credential, scope=scope, variables=("OPENAI_API_KEY",))
        is_openai = is_at(url, _OPENAI_HOST)
        if is_openai:
            url = with_path(url, "/v1")
            if auth.get("api_key") is None:
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
            absent=_NO_THREADS if is_openai else frozenset(),
            **auth,
        )

    @classmethod
    @without_trace
    def azure_openai(
        cls,
        azure_endpoint: str | None = None,
        *,
        api_key: ApiKey | None = None,
        credential: AsyncTokenCredential | None = None,
        api_version: str | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of Azure OpenAI, on its dated route or ``/openai/v1``. Announced to end on 2026-08-26.

        Args:
            azure_endpoint: ``https://RESOURCE.openai.azure.com``. Default: ``AZURE_OPENAI_ENDPOINT``.
            api_key: Default: ``AZURE_OPENAI_AD_TOKEN`` (an Entra token), or else ``AZURE_OPENAI_API_KEY``.
            credential: An Entra credential instead of a key. Closing it is yours to do.
            api_version: A dated version, or ``v1``. Default: the one in the endpoint's path or query, or
                ``OPENAI_API_VERSION``, or ``2024-05-01-preview``.
            scope: What the credential's tokens are for. Default: that of the host's cloud, such as
                ``https://cognitiveservices.azure.us/.default``.

        Raises:
            ValueError: If the endpoint, or both key and credential, are missing.
        """
        site = azure.openai_site(
            azure_endpoint, api_key=api_key, credential=credential, api_version=api_version, scope=scope
        )
        return cls(provider="azure_openai", headers=_BETA, **site)

    @classmethod
    @without_trace
    def azure_foundry(
        cls,
        project_endpoint: str | None = None,
        credential: AsyncTokenCredential | None = None,
        *,
        api_key: ApiKey | None = None,
        api_version: str | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of Azure AI Foundry Agents (classic), which serve this API until 2027-03-31.

        Args:
            project_endpoint: ``https://RESOURCE.services.ai.azure.com/api/projects/PROJECT``; of a project in a hub,
                ``https://REGION.api.azureml.ms/agents/v1.0/subscriptions/…/workspaces/WORKSPACE``. Default:
                ``PROJECT_ENDPOINT``, ``FOUNDRY_PROJECT_ENDPOINT`` or ``AZURE_AI_PROJECT_ENDPOINT``.
            credential: Such as ``azure.identity.aio.DefaultAzureCredential()``. Closing it is yours to do.
            api_key: An Entra token of your own making, or a function that gives one, instead of a credential.
                Default: ``AZURE_AI_TOKEN``.
            api_version: Default: the one in the endpoint's query, or ``v1``, or a hub's ``2024-12-01-preview``.
            scope: What the credential's tokens are for. Default: that of the host's cloud, such as
                ``https://ai.azure.us/.default``.

        Raises:
            ValueError: If the endpoint is missing or is not a project's, or there is nothing to get a token from.
        """
        site = azure.foundry_site(
            project_endpoint, api_key=api_key, credential=credential, api_version=api_version, scope=scope
        )
        return cls(provider="azure_foundry", **site)

    @classmethod
    @without_trace
    def foundry_local(
        cls,
        base_url: str,
        credential: AsyncTokenCredential | None = None,
        *,
        api_key: ApiKey | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of Foundry Local's Agents Runtime.

        It serves a run by its id, and has no list of runs and no files.

        Args:
            base_url: ``https://HOST``, or ``http://HOST:8001``.
            credential: An Entra credential. Closing it is yours to do. Without it and without a token, no
                credentials are sent, which a runtime with ``IS_AUTH_ENABLED=false`` accepts.
            api_key: An Entra token of your own making, or a function that gives one, instead of a credential.
            scope: What the credential's tokens are for: ``api://CLIENT_ID/.default``, with the id of the app
                registration that the runtime was set up with.

        Raises:
            ValueError: If the base URL is malformed, or a credential has no scope.
        """
        url, query = parse_base_url(base_url, form="https://HOST:8001")
        auth = token_or_key(api_key, credential, scope=scope)
        absent: frozenset[Read] = frozenset({"runs", "file"})
        return cls(
            provider="foundry_local",
            base_url=url,
            query=query,
            include_style="unsupported",  # a call's result is text, without parts to include
            absent=absent,
            **auth,
        )

    @classmethod
    @without_trace
    def fabric(
        cls,
        base_url: str,
        credential: AsyncTokenCredential | None = None,
        *,
        api_key: ApiKey | None = None,
        api_version: str | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of a data agent of Microsoft Fabric.

        Args:
            base_url: The agent's published URL:
                ``https://api.fabric.microsoft.com/v1/workspaces/WORKSPACE/dataagents/AGENT/aiassistant/openai``.
            credential: Such as ``azure.identity.aio.DefaultAzureCredential()``. Closing it is yours to do.
            api_key: An Entra token of your own making, or a function that gives one, instead of a credential.
            api_version: Default: the one in the URL's query, or ``2024-05-01-preview``.
            scope: What the credential's tokens are for. Default: ``https://api.fabric.microsoft.com/.default``.

        Raises:
            ValueError: If the URL is not a data agent's, or there is nothing to get a token from.
        """
        site = azure.fabric_site(base_url, api_key=api_key, credential=credential, api_version=api_version, scope=scope)
        return cls(provider="fabric", headers=_BETA, absent=_NO_THREADS, **site)

    @classmethod
    @without_trace
    def dashscope(
        cls,
        *,
        api_key: ApiKey | None = None,
        region: str | None = None,
        workspace: str | None = None,
        base_url: str | None = None,
        credential: AsyncTokenCredential | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of DashScope (Alibaba Cloud Model Studio).

        Args:
            api_key: Default: ``DASHSCOPE_API_KEY``, or else the file that ``DASHSCOPE_API_KEY_FILE_PATH`` names, or
                ``~/.dashscope/api_key``.
            region: ``beijing``, ``international``, or the region of a workspace such as ``ap-southeast-1``. Default:
                ``DASHSCOPE_API_REGION``, or else Beijing.
            workspace: The workspace's id, if it is not the default one. Default: ``DASHSCOPE_WORKSPACE_ID``.
            base_url: Any other site. Default if no region is given: ``DASHSCOPE_HTTP_BASE_URL``.
            credential: Gives tokens instead of a key. Closing it is yours to do.
            scope: What its tokens are for.

        Raises:
            ValueError: If the key is missing, the region is unknown, or both region and base URL are given.
        """
        workspace, _ = find(workspace, "workspace", "DASHSCOPE_WORKSPACE_ID")
        url, query = model_studio.site(region, workspace, base_url)
        auth = token_or_key(
            api_key,
            credential,
            scope=scope,
            variables=("DASHSCOPE_API_KEY",),
            file=lambda: key_file("DASHSCOPE_API_KEY_FILE_PATH", "~/.dashscope/api_key"),
            missing=ArgumentError("api_key", "is missing: pass one for DashScope, or set DASHSCOPE_API_KEY."),
        )
        return cls(
            provider="dashscope",
            base_url=url,
            query=query,
            headers={"X-DashScope-WorkSpace": workspace} if workspace else {},
            include_style="unsupported",
            both_cursors=False,
            absent=_NO_THREADS | {"file"},  # its files are another API  # pyright: ignore[reportArgumentType]
            **auth,
        )

    @classmethod
    @without_trace
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
        credential: AsyncTokenCredential | None = None,
        scope: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of any other server or gateway. It reads no environment variables.

        Args:
            base_url: The URL to which ``/threads/…`` is appended.
            api_key: The key, if the server wants one.
            key_header: The header that carries it.
            key_prefix: The text before it. Default: ``"Bearer "`` in ``Authorization``, nothing elsewhere.
            headers: More headers.
            query: More query parameters.
            include_style: How the server takes ``include``.
            credential: Gives tokens instead of a key, such as Entra's. Closing it is yours to do.
            scope: What its tokens are for.

        Raises:
            ValueError: If the base URL is malformed.
        """
        url, pasted = parse_base_url(base_url)
        if key_prefix is None:
            key_prefix = "Bearer " if key_header.lower() == "authorization" else ""
        more = dict(query or {})
        return cls(
            provider="compatible",
            base_url=url,
            query=(*(pair for pair in pasted if pair[0] not in more), *more.items()),
            headers={**_BETA, **(headers or {})},
            key_header=key_header,
            key_prefix=key_prefix,
            include_style=include_style,
            **token_or_key(api_key, credential, scope=scope),
        )


# attrs.evolve calls it, too, and its validators raise.
Endpoint.__init__ = without_trace(Endpoint.__init__)  # type: ignore[method-assign]

PROVIDERS: Final[Mapping[str, Callable[..., Endpoint]]] = {
    "openai": Endpoint.openai,
    "azure_openai": Endpoint.azure_openai,
    "azure_foundry": Endpoint.azure_foundry,
    "foundry_local": Endpoint.foundry_local,
    "fabric": Endpoint.fabric,
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

# Without it OpenAI answers 400 invalid_beta; other servers ignore it.
_BETA: Final = {"OpenAI-Beta": "assistants=v2"}

_OPENAI_HOST: Final = "api.openai.com"
_OPENAI_URL: Final = f"https://{_OPENAI_HOST}/v1"

_NO_THREADS: Final[frozenset[Read]] = frozenset({"threads"})
