"""Microsoft's servers: the form of their addresses, and the scopes of their tokens.

Each function turns its constructor's arguments into those of `Endpoint`. The scopes and hosts of clouds other than the
public one come from Microsoft's own clients (the US government's) or from those of others (China's).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from openai_steps._arguments import ArgumentError
from openai_steps._endpoint.base_url import VERSION_PARAMETER, is_at, parse_base_url
from openai_steps._endpoint.credentials import ApiKey, AsyncTokenCredential
from openai_steps._endpoint.environment import find, token_or_key, with_version

_OPENAI_FORM: Final = "https://RESOURCE.openai.azure.com"
_FOUNDRY_FORM: Final = "https://RESOURCE.services.ai.azure.com/api/projects/PROJECT"
_FABRIC_FORM: Final = "https://api.fabric.microsoft.com/v1/workspaces/WORKSPACE/dataagents/AGENT/aiassistant/openai"
_HUB_PATH: Final = (
    "/agents/v1.0/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}"
)
_HUB_HOST: Final = "api.azureml.ms"

_CLOUDS: Final = {"azure.us": "us", "azure.cn": "cn"}


def _scope(audience: str, url: str) -> str:
    """Return the scope of tokens in a host's cloud: ``https://ai.azure.com/.default`` in the public one."""
    cloud = next((cloud for suffix, cloud in _CLOUDS.items() if is_at(url, suffix)), "com")
    return f"https://{audience}.azure.{cloud}/.default"


def openai_site(
    azure_endpoint: str | None,
    *,
    api_key: ApiKey | None,
    credential: AsyncTokenCredential | None,
    api_version: str | None,
    scope: str | None,
) -> Mapping[str, Any]:
    """Return the arguments for Azure OpenAI, on its dated route or on ``/openai/v1``."""
    given, name = find(azure_endpoint, "azure_endpoint", "AZURE_OPENAI_ENDPOINT")
    if given is None:
        raise ArgumentError(
            "azure_endpoint", f"is missing: pass one of the form {_OPENAI_FORM!r}, or set AZURE_OPENAI_ENDPOINT."
        )
    url, query = parse_base_url(given, name=name, form=_OPENAI_FORM)
    on_v1 = url.endswith("/openai/v1")
    version = (
        api_version
        or dict(query).get(VERSION_PARAMETER)
        or ("v1" if on_v1 else find(None, "api_version", "OPENAI_API_VERSION")[0])
        or "2024-05-01-preview"
    )
    route = "/openai" if re.match(r"\d{4}-", version) else "/openai/v1"
    auth = token_or_key(
        api_key,
        credential,
        scope=scope or _scope("cognitiveservices", url),
        variables=("AZURE_OPENAI_AD_TOKEN", "AZURE_OPENAI_API_KEY"),
        missing=ArgumentError(
            "api_key", "is missing: pass one for Azure OpenAI, or a credential, or set AZURE_OPENAI_API_KEY."
        ),
    )
    if credential is None and "AZURE_OPENAI_AD_TOKEN" not in auth["key_source"]:
        auth |= {"key_header": "api-key", "key_prefix": ""}
    return {
        "base_url": url.removesuffix("/v1").removesuffix("/openai") + route,
        "query": with_version(query, None if version == "v1" else version),
        **auth,
    }


def foundry_site(
    project_endpoint: str | None,
    *,
    api_key: ApiKey | None,
    credential: AsyncTokenCredential | None,
    api_version: str | None,
    scope: str | None,
) -> Mapping[str, Any]:
    """Return the arguments for Azure AI Foundry Agents: a project, or a project in a hub, which has another host."""
    given, name = find(
        project_endpoint,
        "project_endpoint",
        *("PROJECT_ENDPOINT", "FOUNDRY_PROJECT_ENDPOINT", "AZURE_AI_PROJECT_ENDPOINT"),
    )
    if given is None:
        raise ArgumentError(
            "project_endpoint", f"is missing: pass one of the form {_FOUNDRY_FORM!r}, or set PROJECT_ENDPOINT."
        )
    _refuse_connection_string(name, given)
    url, query = parse_base_url(given, name=name, form=_FOUNDRY_FORM)
    path = urlsplit(url).path
    of_hub = is_at(url, _HUB_HOST) or path.startswith("/agents/")
    form = _HUB_PATH.format(*(("[^/]+",) * 3)) if of_hub else "/api/projects/[^/]+"
    if not re.search(f"{form}$", path):
        form = f"https://REGION.{_HUB_HOST}{_hub_path()}" if of_hub else _FOUNDRY_FORM
        raise ArgumentError(name, f"{url!r} is not a project's. It has the form {form!r}.")
    auth = token_or_key(
        api_key,
        credential,
        # azure-ai-projects 1.0.0b10 asks for these two in a hub's projects.
        scope=scope or _scope("ml" if of_hub else "ai", url),
        variables=("AZURE_AI_TOKEN",),
        missing=ArgumentError(
            "credential",
            "is missing: pass a DefaultAzureCredential() from azure.identity.aio for Azure AI Foundry, "
            "or a token as the API key, or set AZURE_AI_TOKEN.",
        ),
    )
    version = api_version or dict(query).get(VERSION_PARAMETER) or ("2024-12-01-preview" if of_hub else "v1")
    return {"base_url": url, "query": with_version(query, version), **auth}


def _hub_path(*names: str) -> str:
    return _HUB_PATH.format(*(names or ("SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE")))


def _refuse_connection_string(name: str, given: object) -> None:
    """Refuse ``HOST;SUBSCRIPTION;GROUP;WORKSPACE``, which older clients of hub projects took, and name its URL."""
    if not isinstance(given, str) or ";" not in given:
        return
    host, *names = (part.strip() for part in given.split(";"))
    host = re.sub(r"^https?://", "", host).rstrip("/")
    if len(names) != 3 or not all(names) or not re.fullmatch(r"[A-Za-z0-9.-]+", host):
        raise ArgumentError(name, f"has a semicolon in it. It has the form {_FOUNDRY_FORM!r}.")
    raise ArgumentError(name, f"is a connection string. As an endpoint, it is 'https://{host}{_hub_path(*names)}'.")


def fabric_site(
    base_url: str,
    *,
    api_key: ApiKey | None,
    credential: AsyncTokenCredential | None,
    api_version: str | None,
    scope: str | None,
) -> Mapping[str, Any]:
    """Return the arguments for a data agent of Microsoft Fabric."""
    url, query = parse_base_url(base_url, form=_FABRIC_FORM)
    if not re.search(r"/workspaces/[^/]+/(dataagents|aiskills)/[^/]+/aiassistant/openai$", urlsplit(url).path):
        raise ArgumentError("base_url", f"{url!r} is not a data agent's. It has the form {_FABRIC_FORM!r}.")
    auth = token_or_key(
        api_key,
        credential,
        scope=scope or "https://api.fabric.microsoft.com/.default",
        variables=(),
        missing=ArgumentError(
            "credential",
            "is missing: pass a DefaultAzureCredential() from azure.identity.aio for Fabric, "
            "or a token as the API key.",
        ),
    )
    version = api_version or dict(query).get(VERSION_PARAMETER) or "2024-05-01-preview"
    return {"base_url": url, "query": with_version(query, version), **auth}
