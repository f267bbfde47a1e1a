from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from openai_steps import PROVIDERS, AsyncStepsClient, Endpoint

PROJECT = "https://res.services.ai.azure.com/api/projects/proj"


class Credential:
    async def get_token(self, *scopes: str) -> Any:
        raise AssertionError("nobody asks")


# --- Where, and how to be asked: with arguments alone ------------------------------------------------------------

PROVIDER_CASES: dict[str, tuple[Callable[[], Endpoint], dict[str, Any]]] = {
    "openai": (
        lambda: Endpoint.openai(api_key="sk-1", organization="org-1", project="proj-1"),
        {
            "base_url": "https://api.openai.com/v1",
            "headers": {
                "OpenAI-Beta": "assistants=v2",
                "OpenAI-Organization": "org-1",
                "OpenAI-Project": "proj-1",
            },
            "key_header": "Authorization",
            "key_prefix": "Bearer ",
            "include_style": "repeated",
        },
    ),
    "azure_openai": (
        lambda: Endpoint.azure_openai("https://res.openai.azure.com", api_key="k"),
        {
            "base_url": "https://res.openai.azure.com/openai",
            "query": (("api-version", "2024-05-01-preview"),),
            "headers": {"OpenAI-Beta": "assistants=v2"},
            "key_header": "api-key",
            "key_prefix": "",
        },
    ),
    "azure_openai with a credential": (
        lambda: Endpoint.azure_openai("https://res.openai.azure.com", credential=Credential(), api_version="v1"),
        {
            "base_url": "https://res.openai.azure.com/openai/v1",
            "query": (),
            "scope": "https://cognitiveservices.azure.com/.default",
            "key_header": "Authorization",
            "key_prefix": "Bearer ",
            "key_source": "the credential (Credential)",
        },
    ),
    "azure_foundry": (
        lambda: Endpoint.azure_foundry(PROJECT, Credential()),
        {
            "base_url": PROJECT,
            "query": (("api-version", "v1"),),
            "headers": {},
            "scope": "https://ai.azure.com/.default",
            "key_header": "Authorization",
            "key_prefix": "Bearer ",
        },
    ),
    "dashscope": (
        lambda: Endpoint.dashscope(api_key="k", workspace="ws-1"),
        {
            "base_url": "https://dashscope.aliyuncs.com/api/v1",
            "headers": {"X-DashScope-WorkSpace": "ws-1"},
            "include_style": "unsupported",
            "both_cursors": False,
        },
    ),
    "dashscope abroad": (
        lambda: Endpoint.dashscope(api_key="k", region="international"),
        {"base_url": "https://dashscope-intl.aliyuncs.com/api/v1", "headers": {}},
    ),
    "compatible": (
        lambda: Endpoint.compatible("http://localhost:8000/api/v1/"),
        {
            "base_url": "http://localhost:8000/api/v1",
            "api_key": None,
            "key_source": "none",
            "headers": {"OpenAI-Beta": "assistants=v2"},
        },
    ),
    "compatible with all": (
        lambda: Endpoint.compatible(
            "https://gateway.example/llm?tenant=1&mode=a",
            api_key="k",
            key_header="X-Gateway-Key",
            headers={"OpenAI-Beta": "assistants=v1", "X-Team": "a"},
            query={"mode": "b"},
            include_style="comma",
        ),
        {
            "base_url": "https://gateway.example/llm",
            "query": (("tenant", "1"), ("mode", "b")),
            "headers": {"OpenAI-Beta": "assistants=v1", "X-Team": "a"},
            "key_header": "X-Gateway-Key",
            "key_prefix": "",
            "key_source": "the api_key argument",
            "include_style": "comma",
        },
    ),
    "compatible with a prefix of its own": (
        lambda: Endpoint.compatible("https://host", api_key="k", key_prefix="Token "),
        {"key_header": "Authorization", "key_prefix": "Token "},
    ),
}


@pytest.mark.parametrize("name", PROVIDER_CASES)
def test_each_provider_is_one_line(name: str) -> None:
    make, expected = PROVIDER_CASES[name]
    endpoint = make()
    assert endpoint.provider == name.partition(" ")[0]
    assert {field: getattr(endpoint, field) for field in expected} == expected


def test_the_table_of_providers_names_all_constructors() -> None:
    constructors = {
        name for name, member in inspect.getmembers(Endpoint, inspect.ismethod) if member.__self__ is Endpoint
    }
    assert set(PROVIDERS) == {name for name in constructors if not name.startswith("_")}


# --- Environment variables ---------------------------------------------------------------------------------------

# A provider, the arguments it can not do without, a variable, the argument that wins over it, and where it goes.
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


def test_the_key_s_source_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "k")
    assert Endpoint.dashscope().key_source == "the environment variable DASHSCOPE_API_KEY"
    assert Endpoint.dashscope(api_key="k").key_source == "the api_key argument"


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
        ("openai", {}, ["api_key=", "OPENAI_API_KEY", "base_url=", "OPENAI_BASE_URL"]),
        ("openai", {"base_url": "https://eu.api.openai.com/v1"}, ["api_key=", "OPENAI_API_KEY"]),
        ("azure_openai", {}, ["azure_endpoint=", "AZURE_OPENAI_ENDPOINT", "https://RESOURCE.openai.azure.com"]),
        ("azure_openai", {"azure_endpoint": "https://a"}, ["api_key=", "credential=", "AZURE_OPENAI_API_KEY"]),
        ("azure_foundry", {}, ["project_endpoint=", "PROJECT_ENDPOINT", "/api/projects/PROJECT"]),
        ("azure_foundry", {"project_endpoint": PROJECT}, ["credential=", "api_key=", "AZURE_AI_TOKEN"]),
        ("azure_foundry", {"project_endpoint": "https://res.services.ai.azure.com"}, ["/api/projects/PROJECT"]),
        ("azure_foundry", {"project_endpoint": f"{PROJECT}/assistants"}, ["/api/projects/PROJECT"]),
        ("dashscope", {}, ["api_key=", "DASHSCOPE_API_KEY"]),
        ("dashscope", {"api_key": "k", "region": "mars"}, ["mars", "beijing", "international"]),
        ("dashscope", {"api_key": "k", "region": "beijing", "base_url": "https://a"}, ["region", "base_url"]),
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


# --- Pasted addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "base_url", "query"),
    [
        (lambda: Endpoint.openai(base_url="https://api.openai.com", api_key="k"), "https://api.openai.com/v1", ()),
        (lambda: Endpoint.openai(base_url="http://api.openai.com/v1/", api_key="k"), "https://api.openai.com/v1", ()),
        (
            lambda: Endpoint.openai(base_url="https://eu.api.openai.com", api_key="k"),
            "https://eu.api.openai.com/v1",
            (),
        ),
        (lambda: Endpoint.openai(base_url="https://gateway.example"), "https://gateway.example", ()),
        (
            lambda: Endpoint.azure_openai("https://r.openai.azure.com/", api_key="k"),
            "https://r.openai.azure.com/openai",
            (("api-version", "2024-05-01-preview"),),
        ),
        (
            lambda: Endpoint.azure_openai("https://r.openai.azure.com/openai/v1/", api_key="k"),
            "https://r.openai.azure.com/openai/v1",
            (),
        ),
        (
            lambda: Endpoint.azure_openai("https://r.openai.azure.com/openai/v1/?api-version=preview", api_key="k"),
            "https://r.openai.azure.com/openai/v1",
            (("api-version", "preview"),),
        ),
        (
            lambda: Endpoint.azure_openai(
                "https://r.openai.azure.com/openai/v1", api_key="k", api_version="2025-01-01"
            ),
            "https://r.openai.azure.com/openai",
            (("api-version", "2025-01-01"),),
        ),
        (
            lambda: Endpoint.azure_openai(
                "https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01-preview",
                api_key="k",
            ),
            "https://r.openai.azure.com/openai",
            (("api-version", "2025-01-01-preview"),),
        ),
        (
            lambda: Endpoint.azure_openai("https://gateway.example/azure?team=a", api_key="k", api_version="v1"),
            "https://gateway.example/azure/openai/v1",
            (("team", "a"),),
        ),
        (
            lambda: Endpoint.azure_foundry(f"{PROJECT}/threads/t/runs/r/steps?api-version=2025-05-01", api_key="k"),
            PROJECT,
            (("api-version", "2025-05-01"),),
        ),
        (
            lambda: Endpoint.azure_foundry(f"{PROJECT}?api-version=2025-05-01", api_key="k", api_version="v1"),
            PROJECT,
            (("api-version", "v1"),),
        ),
        (
            lambda: Endpoint.dashscope(base_url="https://dashscope.aliyuncs.com/compatible-mode/v1", api_key="k"),
            "https://dashscope.aliyuncs.com/api/v1",
            (),
        ),
        (
            lambda: Endpoint.dashscope(base_url="https://ws.eu-central-1.maas.aliyuncs.com/api/v1", api_key="k"),
            "https://ws.eu-central-1.maas.aliyuncs.com/api/v1",
            (),
        ),
    ],
)
def test_a_pasted_address_is_repaired(
    make: Callable[[], Endpoint], base_url: str, query: tuple[tuple[str, str], ...]
) -> None:
    endpoint = make()
    assert (endpoint.base_url, endpoint.query) == (base_url, query)


# --- A value -----------------------------------------------------------------------------------------------------


def test_no_secret_is_shown() -> None:
    endpoint = Endpoint.compatible(
        "https://host/v1?code=secret-1", api_key="secret-2", headers={"X-Key": "secret-3"}, query={"k": "secret-4"}
    )
    shown = repr(endpoint)
    assert "secret" not in shown
    assert "X-Key" in shown
    assert "secret" not in repr(AsyncStepsClient(endpoint))


def test_an_endpoint_is_a_value() -> None:
    one, other = (Endpoint.compatible("https://host/v1", headers={"A": "b"}) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert attrs.evolve(one, base_url="https://elsewhere/v1").host == "elsewhere"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.provider = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("base_url", "ended_on"),
    [
        ("https://api.openai.com/v1", "2026-08-26"),
        ("https://eu.api.openai.com/v1", "2026-08-26"),
        ("https://res.openai.azure.com/openai", "2026-08-26"),
        ("https://res.cognitiveservices.azure.com/openai", "2026-08-26"),
        ("https://res.services.ai.azure.com/api/projects/p", None),
        ("https://dashscope.aliyuncs.com/api/v1", None),
        ("http://127.0.0.1:8000/v1", None),
        ("https://api.openai.com.example/v1", None),
    ],
)
def test_when_a_host_stopped_serving(base_url: str, ended_on: str | None) -> None:
    assert Endpoint.compatible(base_url).ended_on == ended_on
