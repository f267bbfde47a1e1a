"""What the environment stands in for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openai_steps import PROVIDERS, Endpoint

PROJECT = "https://res.services.ai.azure.com/api/projects/proj"


class Credential:
    async def get_token(self, *scopes: str) -> Any:
        raise AssertionError("nobody asks")


# --- Environment variables ---------------------------------------------------------------------------------------


# A provider, the arguments it cannot do without, a variable, the argument that wins over it, and where it goes.
VARIABLES = [
    ("openai", {}, "OPENAI_API_KEY", "api_key", "api_key"),
    ("openai", {"api_key": "k"}, "OPENAI_BASE_URL", "base_url", "base_url"),
    ("openai", {"api_key": "k"}, "OPENAI_ORG_ID", "organization", "headers.OpenAI-Organization"),
    ("openai", {"api_key": "k"}, "OPENAI_PROJECT_ID", "project", "headers.OpenAI-Project"),
    ("azure_openai", {"api_key": "k"}, "AZURE_OPENAI_ENDPOINT", "azure_endpoint", "base_url"),
    ("azure_openai", {"azure_endpoint": "https://a"}, "AZURE_OPENAI_API_KEY", "api_key", "api_key"),
    ("azure_openai", {"azure_endpoint": "https://a"}, "AZURE_OPENAI_AD_TOKEN", "api_key", "api_key"),
    ("azure_openai", {"azure_endpoint": "https://a", "api_key": "k"}, "OPENAI_API_VERSION", "api_version", "query"),
    ("azure_foundry", {"api_key": "k"}, "PROJECT_ENDPOINT", "project_endpoint", "base_url"),
    ("azure_foundry", {"api_key": "k"}, "AZURE_AI_PROJECT_ENDPOINT", "project_endpoint", "base_url"),
    ("azure_foundry", {"project_endpoint": PROJECT}, "AZURE_AI_TOKEN", "api_key", "api_key"),
    ("dashscope", {}, "DASHSCOPE_API_KEY", "api_key", "api_key"),
    ("dashscope", {"api_key": "k"}, "DASHSCOPE_HTTP_BASE_URL", "base_url", "base_url"),
    ("dashscope", {"api_key": "k"}, "DASHSCOPE_WORKSPACE_ID", "workspace", "headers.X-DashScope-WorkSpace"),
]


VALUES = {  # of the variable and of the argument, by the argument's name; other names take any text
    "base_url": ("https://from-env/v1", "https://given/v1"),
    "azure_endpoint": ("https://from-env", "https://given"),
    "project_endpoint": ("https://from-env/api/projects/p", "https://given/api/projects/p"),
    "api_version": ("2025-01-01-preview", "2026-01-01-preview"),
}


def read(endpoint: Endpoint, place: str) -> str:
    field, _, key = place.partition(".")
    value = getattr(endpoint, field)
    return str(value[key] if key else value)


@pytest.mark.parametrize(("provider", "needed", "variable", "argument", "place"), VARIABLES)
def test_a_variable_stands_in_for_an_argument(
    provider: str,
    needed: dict[str, str],
    variable: str,
    argument: str,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from_env, given = VALUES.get(argument, ("from-env", "given"))
    monkeypatch.setenv(variable, f"{from_env}\n")
    make = PROVIDERS[provider]
    assert from_env in read(make(**needed), place)
    assert given in read(make(**needed, **{argument: given}), place)
    assert from_env not in read(make(**needed, **{argument: given}), place)


@pytest.mark.parametrize(("provider", "needed", "variable"), [case[:3] for case in VARIABLES])
def test_an_empty_variable_is_none(
    provider: str, needed: dict[str, str], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, " ")
    make = PROVIDERS[provider]

    def attempt() -> Endpoint | str:
        try:
            return make(**needed)
        except ValueError as error:
            return str(error)

    with_empty = attempt()
    monkeypatch.delenv(variable)
    assert with_empty == attempt()


def test_an_empty_argument_wins_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-env")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://env.example/v1")
    assert "OpenAI-Organization" not in Endpoint.openai(organization="").headers
    with pytest.raises(ValueError, match="base_url '' has no http"):
        Endpoint.openai(base_url="")
    with pytest.raises(ValueError, match="api_key is empty"):
        Endpoint.openai(api_key="")


def test_an_error_names_the_variable_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "gateway.example/v1")
    with pytest.raises(ValueError, match=r"^OPENAI_BASE_URL 'gateway.example/v1' has no http"):
        Endpoint.openai(api_key="k")


def test_azure_s_entra_token_goes_before_its_key_as_with_openai_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key")
    assert Endpoint.azure_openai("https://a").key_header == "api-key"
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "token")
    endpoint = Endpoint.azure_openai("https://a")
    assert (endpoint.api_key, endpoint.key_header, endpoint.key_prefix) == ("token", "Authorization", "Bearer ")
    assert Endpoint.azure_openai("https://a", api_key="mine").key_header == "api-key"


def test_a_credential_wins_over_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key")
    monkeypatch.setenv("AZURE_AI_TOKEN", "token")
    assert Endpoint.azure_openai("https://a", credential=Credential()).api_key is None
    assert Endpoint.azure_foundry(PROJECT, Credential()).api_key is None


def test_a_region_wins_over_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "https://from-env/api/v1")
    endpoint = Endpoint.dashscope(api_key="k", region="international")
    assert endpoint.base_url == "https://dashscope-intl.aliyuncs.com/api/v1"


# --- What is missing, or makes no sense --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "arguments", "named"),
    [
        ("openai", {}, ["api_key is missing", "OPENAI_API_KEY", "base URL", "OPENAI_BASE_URL"]),
        ("openai", {"base_url": "https://eu.api.openai.com/v1"}, ["api_key is missing", "OPENAI_API_KEY"]),
        (
            "azure_openai",
            {},
            ["azure_endpoint is missing", "AZURE_OPENAI_ENDPOINT", "https://RESOURCE.openai.azure.com"],
        ),
        ("azure_openai", {"azure_endpoint": "https://a"}, ["api_key is missing", "credential", "AZURE_OPENAI_API_KEY"]),
        ("azure_foundry", {}, ["project_endpoint is missing", "PROJECT_ENDPOINT", "/api/projects/PROJECT"]),
        ("azure_foundry", {"project_endpoint": PROJECT}, ["credential is missing", "API key", "AZURE_AI_TOKEN"]),
        ("azure_foundry", {"project_endpoint": "https://res.services.ai.azure.com"}, ["/api/projects/PROJECT"]),
        ("azure_foundry", {"project_endpoint": f"{PROJECT}/assistants"}, ["/api/projects/PROJECT"]),
        ("dashscope", {}, ["api_key is missing", "DASHSCOPE_API_KEY"]),
        ("dashscope", {"api_key": "k", "region": "mars"}, ["mars", "beijing", "international"]),
        ("dashscope", {"api_key": "k", "region": "beijing", "base_url": "https://a"}, ["region", "base URL"]),
        ("azure_openai", {"azure_endpoint": "https://a", "api_key": "k", "credential": Credential()}, ["not both"]),
        ("azure_foundry", {"project_endpoint": PROJECT, "api_key": "k", "credential": Credential()}, ["not both"]),
        ("azure_foundry", {"project_endpoint": PROJECT, "credential": "token"}, ["credential", "get_token", "str"]),
        ("openai", {"api_key": 7}, ["api_key", "int"]),
        ("openai", {"api_key": b"sk"}, ["api_key", "bytes"]),
        ("compatible", {"base_url": "host/v1"}, ["base_url", "http://"]),
        ("compatible", {"base_url": "https://a", "api_key": ""}, ["api_key is empty"]),
    ],
)
def test_what_is_missing_is_named(provider: str, arguments: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        PROVIDERS[provider](**arguments)
    assert [name for name in named if name not in str(caught.value)] == []


def test_why_the_system_does_not_give_the_file_with_the_key_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(tmp_path / "missing"))
    with pytest.raises(ValueError, match=r"missing' that DASHSCOPE_API_KEY_FILE_PATH names: No such file"):
        Endpoint.dashscope()
